// <button data-ticks="people" data-most="10">: tick the first so many boxes of that name.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-ticks]");
  if (!button) return;
  const boxes = document.querySelectorAll(`input[type="checkbox"][name="${CSS.escape(button.dataset.ticks)}"]:not(:disabled)`);
  [...boxes].forEach((box, index) => {
    if (index < Number(button.dataset.most)) box.checked = true;
  });
});

// A list that is fetched anew while somebody ticks keeps the ticks as they are on the page, not as they were when asked.
let ticked = new Map();
const boxesIn = (place) => place.querySelectorAll?.('input[type="checkbox"][id]') ?? [];

document.addEventListener("htmx:beforeSwap", (event) => {
  ticked = new Map([...boxesIn(event.detail.target)].map((box) => [box.id, box.checked]));
});

document.addEventListener("htmx:afterSwap", (event) => {
  for (const box of boxesIn(event.detail.target)) {
    if (!box.disabled && ticked.has(box.id)) box.checked = ticked.get(box.id);
  }
});

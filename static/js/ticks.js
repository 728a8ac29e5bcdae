// <button data-ticks="people" data-most="10">: tick the first so many boxes of that name.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-ticks]");
  if (!button) return;
  const boxes = document.querySelectorAll(`input[type="checkbox"][name="${CSS.escape(button.dataset.ticks)}"]:not(:disabled)`);
  [...boxes].forEach((box, index) => {
    if (index < Number(button.dataset.most)) box.checked = true;
  });
});

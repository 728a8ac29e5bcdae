// A tablet that goes round: what one person typed is gone before the next one has it in her hands.
const WARNED = 40_000;
const LEFT = 60_000;

const own = document.querySelector(".own");
const soon = own?.querySelector(".own-soon");
let timers = [];

function leave() {
  own.reset?.();
  location.replace(own.dataset.back);
}

function begin() {
  timers.forEach(clearTimeout);
  soon.textContent = "";
  timers = [
    setTimeout(() => { soon.textContent = soon.dataset.words; }, WARNED),
    setTimeout(leave, LEFT),
  ];
}

if (own) {
  for (const touch of ["pointerdown", "keydown", "input", "scroll"]) {
    document.addEventListener(touch, begin, { passive: true, capture: true });
  }
  // A tablet that slept has not counted.
  let since = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) since = Date.now();
    else if (Date.now() - since >= LEFT) leave();
  });
  begin();
}

// What was typed is saved first; a way past that would lose it.
own?.addEventListener("input", () => {
  const entries = [...own.querySelectorAll("[data-entry]")];
  own.querySelector(".own-done").hidden = entries.some((entry) => entry.value !== entry.defaultValue);
});

// Back, to a page as it was left: ask for it anew.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
  else own?.reset?.();
});

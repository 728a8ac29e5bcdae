// The board: a value is saved when it is left, and nothing that was typed is lost.
const board = document.getElementById("board");
const spoken = document.getElementById("spoken");
const LONGEST_WAIT = 15_000;

// Cells that changed elsewhere while somebody stood in them: shown when she leaves without having typed.
const newer = new Map();
const tries = new WeakMap();

const entriesOf = (place) => [...place.querySelectorAll("[data-entry]")];
const isTyped = (form) => entriesOf(form).some((entry) => entry.value !== entry.defaultValue);
const isOnItsWay = (form) => form.classList.contains("htmx-request");
const formOf = (element) => element.closest?.("form.reading");

function save(form) {
  if (isOnItsWay(form)) return;
  form.sent = new Map(entriesOf(form).map((entry) => [entry.name, entry.value]));
  form.dispatchEvent(new CustomEvent("leave"));
}

board?.addEventListener("focusout", (event) => {
  const form = formOf(event.target);
  if (!form || form.contains(event.relatedTarget)) return;
  if (isTyped(form)) {
    save(form);
  } else {
    const cell = form.closest(".cell");
    const fresh = newer.get(cell.id);
    if (fresh && !("trouble" in cell.dataset) && !cell.contains(event.relatedTarget)) show(cell, fresh);
  }
});

function show(cell, fresh) {
  newer.delete(cell.id);
  cell.replaceWith(fresh);
  htmx.process(document.getElementById(cell.id));
}

// The answer to a save: what was typed since it left goes on into the new fields, and is saved from there.
document.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
  if (!target.matches?.(".cell")) return;
  newer.delete(target.id);
  const sender = detail.requestConfig.elt;
  target.typedSince = new Map();
  for (const entry of entriesOf(target)) {
    const known = entry.form === sender && sender.sent ? sender.sent.get(entry.name) : entry.defaultValue;
    if (entry.value !== known) target.typedSince.set(entry.id, entry.value);
  }
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const typed = detail?.target?.typedSince;
  if (!typed?.size) return;
  const forms = new Set();
  for (const [id, value] of typed) {
    const entry = document.getElementById(id);
    if (entry) {
      entry.value = value;
      forms.add(entry.form);
    }
  }
  typed.clear();
  for (const form of forms) {
    if (!form.contains(document.activeElement) && !form.closest("[data-trouble]")) save(form);
  }
});

const isBusyIn = (place) => [...place.querySelectorAll("form.reading")].some(
  (form) => isTyped(form) || isOnItsWay(form) || form.classList.contains("unsaved"),
);

// Who went and came back has her row already, and who went keeps it while something is typed in it.
document.addEventListener("htmx:oobBeforeSwap", ({ target, detail }) => {
  if (target.id === "rows") {
    for (const row of detail.fragment.querySelectorAll("tr")) {
      if (document.getElementById(row.id)) row.remove();
    }
  } else if (target.matches?.("#rows > tr")) {
    detail.shouldSwap = !isBusyIn(target) && !target.contains(document.activeElement);
  }
});

// What came in on another screen waits where somebody types, or has something that was not taken.
document.addEventListener("htmx:oobBeforeSwap", ({ target, detail }) => {
  if (!target.matches?.(".cell")) return;
  const isBusy = "trouble" in target.dataset || isBusyIn(target);
  if (isBusy || target.contains(document.activeElement)) {
    detail.shouldSwap = false;
    newer.set(target.id, detail.fragment.cloneNode(true));
  }
});

// Two answers that cross: htmx finds what else changed only from who asked, and she is gone once another answer stands in
// her place. Such an answer is left out, and so is news while a review is on its way: the next question asks for all of it.
document.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
  if (target.id !== "waiting") return;
  const asked = detail.requestConfig.elt;
  const reviews = [...target.querySelectorAll("form.review.htmx-request")];
  if (!asked.isConnected || reviews.some((form) => form !== asked)) detail.shouldSwap = false;
});

// A save that did not get through stays, says so, and is tried again: sooner at first, and when the network is back.
function tryAgain(form) {
  if (form.isConnected && form.classList.contains("unsaved") && !isOnItsWay(form)) {
    if (form.pressed?.isConnected) form.pressed.click();
    else save(form);
  }
}

function keep({ target, detail }) {
  // Who was signed out has her value kept once she has signed in again; the rest of these would be refused again.
  const status = detail.xhr?.status;
  if (!target.matches?.("form.reading") || (status >= 400 && status < 500 && status !== 401)) return;
  if (!target.querySelector(".not-saved")) {
    const words = document.createElement("p");
    words.className = "cell-words not-saved";
    words.textContent = board.dataset.unsaved;
    target.append(words);
    spoken.textContent = board.dataset.unsaved;
  }
  target.pressed = detail.requestConfig?.triggeringEvent?.submitter;
  const count = (tries.get(target) ?? 0) + 1;
  tries.set(target, count);
  setTimeout(() => tryAgain(target), Math.min(1000 * 2 ** count, LONGEST_WAIT));
}

document.addEventListener("htmx:sendError", keep);
document.addEventListener("htmx:timeout", keep);
document.addEventListener("htmx:responseError", keep);
function tryAll() {
  board?.querySelectorAll("form.reading.unsaved").forEach(tryAgain);
}
window.addEventListener("online", tryAll);
document.addEventListener("visibilitychange", () => document.hidden || tryAll());

window.addEventListener("beforeunload", (event) => {
  const forms = [...(board?.querySelectorAll("form.reading") ?? [])];
  if (forms.some((form) => isTyped(form) || form.classList.contains("unsaved"))) event.preventDefault();
});

// Who reviews and has gone down the board is told above it that something waits.
let watch;
function watchWaiting() {
  watch?.disconnect();
  const panel = document.querySelector(".waiting-panel");
  const bar = document.querySelector(".waiting-bar");
  if (!panel || !bar) return;
  watch = new IntersectionObserver(([entry]) => { bar.hidden = entry.isIntersecting; });
  watch.observe(panel);
}
watchWaiting();
document.addEventListener("htmx:afterSettle", watchWaiting);

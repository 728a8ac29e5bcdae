// The evening on several tablets at once: sheets of seats, and answers that were overtaken on the way.
const asOf = new Map();

function younger(target, xhr) {
  const moment = xhr.getResponseHeader("X-As-Of");
  if (!moment || !target.id) return true;
  const shown = asOf.get(target.id) ?? target.dataset.asOf ?? "0";
  // Nanoseconds are too large for a number.
  if (BigInt(moment) < BigInt(shown)) return false;
  asOf.set(target.id, moment);
  return true;
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.shouldSwap && !younger(detail.target, detail.xhr)) detail.shouldSwap = false;
});

// Asking for news waits while a sheet is open that the answer would take away, or the page is out of sight.
document.addEventListener("htmx:beforeRequest", (event) => {
  const poll = event.detail.elt.getAttribute("hx-trigger")?.startsWith("every");
  if (poll && (document.hidden || event.detail.target.querySelector(".sheet:popover-open"))) event.preventDefault();
  if (!poll) event.detail.elt.closest?.(".sheet:popover-open")?.hidePopover();
});

// What waits for who looks comes in above all else, and nothing moves under the finger for it.
let above;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.shouldSwap && detail.target.closest(".calls")) above = document.documentElement.scrollHeight;
});
document.addEventListener("htmx:afterSwap", () => {
  if (above === undefined) return;
  scrollBy({ top: document.documentElement.scrollHeight - above, behavior: "instant" });
  above = undefined;
});

// The second tap of a hasty finger falls on what has come in the place of what it tapped: that was not meant.
const HASTE = 700;
const NEAR = 24;
let tapped;
document.addEventListener("click", (event) => {
  const act = event.target.closest?.("button, a, [data-sheet]");
  // A key makes a click without a number.
  if (!act || !event.detail) return;
  const again = tapped && event.timeStamp - tapped.at < HASTE
    && Math.hypot(event.clientX - tapped.x, event.clientY - tapped.y) < NEAR;
  if (again && (act.id || act.name) !== tapped.what) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  tapped = { what: act.id || act.name, at: event.timeStamp, x: event.clientX, y: event.clientY };
}, { capture: true });

// What had the focus and is gone: its place is taken by what came there, else by the next in its list, else by the heading.
const rowsOf = (target) => [...target.querySelectorAll("li, tr")];
let place;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const focused = document.activeElement;
  // From a button or a link: whoever types is not taken to one that does something.
  const inside = detail.shouldSwap && focused.matches("button, a, summary") && detail.target.contains(focused);
  place = inside ? { target: detail.target.id, row: rowsOf(detail.target).indexOf(focused.closest("li, tr")) } : undefined;
});
document.addEventListener("htmx:afterSettle", () => {
  const left = place;
  place = undefined;
  if (!left || document.activeElement !== document.body) return;
  const target = document.getElementById(left.target) ?? document.getElementById("main");
  const row = rowsOf(target)[left.row] ?? (target.matches(".cell") ? target : undefined);
  const acts = ["form button:not([aria-hidden])", "[data-entry]", "a[href]"].flatMap(
    (kind) => [...(row?.querySelectorAll(kind) ?? [])],
  );
  const next = acts.find((act) => act.checkVisibility())
    ?? target.closest("section, main").querySelector("h1, h2");
  if (next.matches("h1, h2")) next.tabIndex = -1;
  next.focus({ preventScroll: true });
});

// A seat that has its outcome opens the sheet of that person; without this it leads to her page.
document.addEventListener("click", (event) => {
  const seat = event.target.closest?.("[data-sheet]");
  const sheet = seat && document.getElementById(seat.dataset.sheet);
  if (sheet?.showPopover && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    sheet.showPopover();
  }
});

// A long touch on a seat opens its sheet, also where a short one checks in; so does the menu key of a keyboard.
const LONG = 500;
const SETTLED = 350;
let holding;
let held;

function open(sheet) {
  if (sheet && !sheet.matches(":popover-open")) sheet.showPopover();
}

document.addEventListener("pointerdown", ({ target, button }) => {
  const seat = target.closest?.("[data-held]");
  clearTimeout(holding);
  held = undefined;
  if (!seat || button) return;
  holding = setTimeout(() => {
    held = document.getElementById(seat.dataset.held);
    open(held);
  }, LONG);
});
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => {
    clearTimeout(holding);
    if (!held) return;
    // Letting go beside a popover closes it.
    setTimeout(open, 0, held);
    setTimeout(() => { held = undefined; }, SETTLED);
  });
}
// Letting go after a long touch is no touch: not on the seat, and not on what the sheet has under the finger.
document.addEventListener("click", (event) => {
  if (!held) return;
  held = undefined;
  event.preventDefault();
  event.stopImmediatePropagation();
}, { capture: true });
document.addEventListener("contextmenu", (event) => {
  const seat = event.target.closest?.("[data-held]");
  if (!seat || event.pointerType === "mouse") return;
  event.preventDefault();
  open(document.getElementById(seat.dataset.held));
});

// The focus goes into a sheet that opens. Written in the page, `autofocus` would try so when the closed sheet comes in.
document.addEventListener(
  "beforetoggle",
  ({ target }) => target.matches(".sheet") && (target.querySelector("button").autofocus = true),
  true,
);

// What was just done is said in the live region of the page, whichever part of it came back, and makes room again.
const STAYS = 15_000;
let leaving;

document.addEventListener("htmx:afterSettle", () => {
  const said = document.getElementById("said");
  for (const words of document.querySelectorAll("[data-said]")) {
    // Without the blanks: an empty region is not shown.
    said.replaceChildren(...words.children);
    words.remove();
    clearTimeout(leaving);
    leaving = setTimeout(() => said.matches(":focus-within") || said.replaceChildren(), STAYS);
  }
});

// Babies come along with who is checked in: the panel beside the register follows, unless somebody is busy in it.
document.addEventListener("htmx:afterSettle", ({ target }) => {
  const company = document.getElementById("company");
  if (target.id !== "register" || !company) return;
  const [counted, shown] = [target, company].map((place) => place.querySelector("[data-babies]")?.dataset.babies);
  const isTyped = [...company.querySelectorAll("input[maxlength]")].some(({ value }) => value);
  if (counted && shown && counted !== shown && !isTyped && !company.matches(":focus-within")) {
    htmx.trigger(company, "refresh");
  }
});

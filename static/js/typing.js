// Numbers typed with one hand: the cursor goes on by itself, and both of a blood pressure may come in one go.
const entriesAround = (entry) => [...entry.closest("[data-typing]").querySelectorAll("[data-entry]")];
const after = (entry) => {
  const all = entriesAround(entry);
  return all[all.indexOf(entry) + 1];
};
// Who is used to ending each number with Enter or Tab does so right after the cursor has gone on. At the lower number
// that is never meant; after it, only who did so between the two has the habit, and anybody else skips a field.
const HABIT = 1500;
let arrived;
let isUsed = false;

function goOn(entry) {
  const next = after(entry);
  if (next) {
    next.focus();
    next.select();
  } else {
    entry.blur();
  }
  return next;
}

function goOnByItself(entry) {
  arrived = { entry: goOn(entry), at: performance.now() };
  if (arrived.entry && "lower" in arrived.entry.dataset) isUsed = false;
}

document.addEventListener("keydown", (event) => {
  const entry = event.target;
  if (!entry.matches?.("[data-typing] [data-entry]") || event.shiftKey) return;
  const ends = event.key === "Enter" || event.key === "Tab";
  const isLower = "lower" in entry.dataset;
  if (ends && arrived?.entry === entry && (isLower || isUsed) && performance.now() - arrived.at < HABIT) {
    event.preventDefault();
    isUsed = isLower;
  } else if (event.key === "Enter" && (after(entry) || !entry.closest("[data-submits]"))) {
    event.preventDefault();
    goOn(entry);
  }
  arrived = undefined;
});
document.addEventListener("pointerdown", () => { arrived = undefined; });

// "128/82" in one go is two numbers; the third digit, or the second of a small number, is the last.
const WHOLE = /^\s*(\d{2,3})\s*[/\\ -]\s*(\d{2,3})\s*$/;
const UPPER_ENDED = /^\s*(\d{2,3})\s*[/\\ ,.-]\s*$/;
const STROKE = /^\s*[/\\-]\s*/;
const UPPER = /^(\d{3}|[6-9]\d)$/;
const LOWER = /^(\d{3}|[3-9]\d)$/;

document.addEventListener("input", (event) => {
  const entry = event.target;
  arrived = undefined;
  if (!entry.matches?.("[data-typing] [data-entry]") || event.inputType?.startsWith("delete")) return;
  const isLower = "lower" in entry.dataset;
  const lower = isLower ? entry : after(entry);
  if (!("lower" in (lower?.dataset ?? {}))) return;
  // Who types "128/82" is at the lower number already when she comes to the stroke.
  if (isLower) entry.value = entry.value.replace(STROKE, "");
  const whole = WHOLE.exec(entry.value);
  if (whole) {
    const upper = isLower ? entriesAround(entry)[entriesAround(entry).indexOf(entry) - 1] : entry;
    [upper.value, lower.value] = [whole[1], whole[2]];
    goOnByItself(lower);
  } else if (!isLower && UPPER_ENDED.test(entry.value)) {
    entry.value = UPPER_ENDED.exec(entry.value)[1];
    goOnByItself(entry);
  } else if ((isLower ? LOWER : UPPER).test(entry.value) && entry.selectionStart === entry.value.length) {
    goOnByItself(entry);
  }
});

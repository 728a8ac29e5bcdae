// The planner: a session opens its sheet, and may be dragged to another day. Both lead to the page that moves it, which
// says first what is in the way and who will be told; without this a session leads to its place in the series.
const sheet = document.getElementById("chip-sheet");
const DAY = 86_400_000;
let dragged;

const asDay = (text) => new Date(`${text}T00:00Z`);
const asText = (day) => day.toISOString().slice(0, 10);
const addressOf = (link, session) => link.dataset.to.replace("/0/", `/${session}/`);

document.addEventListener("click", (event) => {
  const chip = event.target.closest?.("[data-session]");
  if (!chip || !sheet?.showPopover || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const named = chip.querySelector(".chip-name") ?? chip.closest(".planner-line").querySelector("h3");
  sheet.querySelector("h2").textContent = named.textContent;
  sheet.querySelector("p").textContent = chip.querySelector(".visually-hidden").textContent;
  for (const link of sheet.querySelectorAll("[data-to]")) link.href = addressOf(link, chip.dataset.session);
  for (const item of sheet.querySelectorAll("[data-movable]")) item.hidden = !chip.draggable || !chip.dataset.day;
  sheet.querySelector("[data-series]").href = chip.href;
  sheet.showPopover();
  sheet.querySelector("a").focus();
  sheet.addEventListener("toggle", ({ newState }) => newState === "closed" && chip.focus(), { once: true });
});

// Where a drop would put it: on the day of a calendar, or on the same weekday of another week of its own line.
function dayUnder({ target, clientX }) {
  const day = target.closest?.("[data-drop]");
  if (day) return { day: day.dataset.drop, place: day };
  const lane = target.closest?.("[data-lane]");
  if (!lane?.contains(dragged)) return null;
  const { left, width } = lane.getBoundingClientRect();
  const along = (clientX - left) / width;
  const isRtl = getComputedStyle(lane).direction === "rtl";
  const week = Math.min(11, Math.max(0, Math.floor(12 * (isRtl ? 1 - along : along))));
  const monday = asDay(lane.closest("[data-monday]").dataset.monday);
  const weekday = (asDay(dragged.dataset.day).getUTCDay() + 6) % 7;
  return { day: asText(new Date(monday.getTime() + (7 * week + weekday) * DAY)), place: lane, week: week + 1 };
}

function unmark() {
  for (const marked of document.querySelectorAll(".is-target")) marked.classList.remove("is-target");
  document.querySelector(".lane-target")?.remove();
}

function mark({ day, place, week }) {
  unmark();
  if (!week) return place.classList.add("is-target");
  const there = document.createElement("li");
  there.className = `lane-target week-${week}`;
  there.ariaHidden = "true";
  const words = new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short", timeZone: "UTC" });
  there.textContent = words.format(asDay(day));
  place.append(there);
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-session][data-day]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.href);
});

document.addEventListener("dragover", (event) => {
  const found = dragged && dayUnder(event);
  if (!found) return unmark();
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  mark(found);
});

document.addEventListener("drop", (event) => {
  const found = dragged && dayUnder(event);
  if (!found) return;
  event.preventDefault();
  const move = sheet.querySelector("[data-move]");
  if (found.day !== dragged.dataset.day) location.assign(`${addressOf(move, dragged.dataset.session)}?day=${found.day}`);
});

document.addEventListener("dragend", () => {
  dragged = undefined;
  unmark();
});

// A form that is on its way says so and does not go twice; the first mistake gets the focus; dialogs open.
const ON_ITS_WAY = 20_000;

// What stood in a button before it said that it is on its way.
const faces = new WeakMap();

function buttonsOf(form) {
  return [...form.elements].filter((element) => element.type === "submit");
}

function hold(form, pressed) {
  form.dataset.sending = "";
  form.setAttribute("aria-busy", "true");
  for (const button of buttonsOf(form)) {
    button.setAttribute("aria-disabled", "true");
  }
  const words = document.body.dataset.sendingWords;
  if (words && pressed?.classList.contains("btn") && !faces.has(pressed)) {
    faces.set(pressed, [...pressed.childNodes]);
    pressed.replaceChildren(words);
  }
}

function release(form) {
  delete form.dataset.sending;
  form.removeAttribute("aria-busy");
  for (const button of buttonsOf(form)) {
    button.removeAttribute("aria-disabled");
    if (faces.has(button)) {
      button.replaceChildren(...faces.get(button));
      faces.delete(button);
    }
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("sending" in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, { capture: true });

// Without a network the browser would show a page of its own, and what was typed would be gone.
document.addEventListener("submit", (event) => {
  const trouble = document.getElementById("trouble");
  if (navigator.onLine || event.defaultPrevented || event.target.method !== "post" || !trouble) return;
  event.preventDefault();
  trouble.querySelector("p").textContent = trouble.dataset.network;
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const stays = event.defaultPrevented || form.method === "dialog" || form.getAttribute("target") || "stays" in form.dataset;
  if (!stays) {
    hold(form, event.submitter);
    setTimeout(() => release(form), ON_ITS_WAY);
  }
});

document.addEventListener("htmx:beforeRequest", ({ target, detail }) => {
  if (target instanceof HTMLFormElement && detail.requestConfig.triggeringEvent?.type === "submit") {
    hold(target, detail.requestConfig.triggeringEvent.submitter);
  }
});
document.addEventListener("htmx:afterRequest", ({ target }) => {
  if (target instanceof HTMLFormElement) release(target);
});

// The Back button may bring back the page as it was left: with its button held.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sending]").forEach(release);
});

function toFirstMistake(place) {
  const told = place.querySelector("form .alert-danger");
  told?.setAttribute("tabindex", "-1");
  (told ?? place.querySelector(":is(input, select, textarea)[aria-invalid='true'], .is-invalid"))?.focus();
}

toFirstMistake(document);
document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  if (detail.requestConfig?.triggeringEvent?.type === "submit") toFirstMistake(target);
});

// <a href="…the page that asks…" data-opens="id-of-a-dialog">: the dialog where there is one, else the page.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    dialog.showModal();
  }
});

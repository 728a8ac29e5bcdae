// A request that failed is told in words; what was typed stays where it is and is marked as not saved.
const trouble = document.getElementById("trouble");
const words = trouble.querySelector("p");
const signIn = trouble.querySelector("a");

trouble.querySelector("button").addEventListener("click", () => {
  words.textContent = "";
});

function holdsWhatWasTyped(element) {
  return element?.querySelector?.("textarea, input:not([type='hidden'])") !== null;
}

function tell(kind, element) {
  words.textContent = trouble.dataset[kind];
  signIn.hidden = kind !== "signedOut";
  if (element?.matches?.("form") && holdsWhatWasTyped(element)) element.classList.add("unsaved");
}

document.addEventListener("htmx:sendError", ({ target }) => tell("network", target));
document.addEventListener("htmx:timeout", ({ target }) => tell("network", target));
document.addEventListener("htmx:responseError", ({ target, detail }) => {
  const status = detail.xhr.status;
  tell({ 401: "signedOut", 403: "refused", 404: "gone" }[status] ?? "server", target);
});
// Who signed in again in another tab has another token than the page that she left open.
function token() {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (token()) detail.headers["X-CSRFToken"] = token();
});
document.addEventListener("submit", ({ target }) => {
  const kept = target.elements.namedItem("csrfmiddlewaretoken");
  if (kept && token()) kept.value = token();
});
document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (detail.successful) {
    target.classList?.remove("unsaved");
    if (!document.querySelector(".unsaved")) words.textContent = "";
  }
});

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

// An act of hers that failed is told until one gets through; a question for news, until the next is answered.
let isOfAnAct = false;

function tell(kind, { target, detail }) {
  isOfAnAct = (isOfAnAct && words.textContent !== "") || detail.requestConfig.verb !== "get";
  words.textContent = trouble.dataset[kind];
  signIn.hidden = kind !== "signedOut";
  if (target?.matches?.("form") && holdsWhatWasTyped(target)) target.classList.add("unsaved");
}

document.addEventListener("htmx:sendError", (event) => tell("network", event));
document.addEventListener("htmx:timeout", (event) => tell("network", event));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  tell({ 401: "signedOut", 403: "refused", 404: "gone" }[status] ?? "server", event);
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
    if (isOfAnAct && detail.requestConfig.verb === "get") return;
    if (!document.querySelector(".unsaved")) words.textContent = "";
  }
});

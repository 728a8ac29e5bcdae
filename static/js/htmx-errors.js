// A request that failed is told in words; what was typed stays where it is and is marked as not saved.
const trouble = document.getElementById("trouble");
const words = trouble.querySelector("p");

trouble.querySelector("button").addEventListener("click", () => {
  words.textContent = "";
});

function tell(kind, element) {
  words.textContent = trouble.dataset[kind];
  element?.classList?.add("unsaved");
}

document.addEventListener("htmx:sendError", ({ target }) => tell("network", target));
document.addEventListener("htmx:timeout", ({ target }) => tell("network", target));
document.addEventListener("htmx:responseError", ({ target, detail }) => {
  const status = detail.xhr.status;
  tell(status === 403 ? "refused" : status === 404 ? "gone" : "server", target);
});
document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (detail.successful) {
    target.classList?.remove("unsaved");
    if (!document.querySelector(".unsaved")) words.textContent = "";
  }
});

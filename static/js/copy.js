// <button data-copies="id of a field" hidden>: copies what the field holds and says so in the status beside it.
async function copy(button) {
  const field = document.getElementById(button.dataset.copies);
  const status = button.parentElement.querySelector("[role='status']");
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    status.textContent = button.dataset.copied;
  } catch {
    // Without a safe connection a browser gives no clipboard.
    status.textContent = button.dataset.notCopied;
  }
}

function offer(part) {
  for (const button of part.querySelectorAll("button[data-copies]")) button.hidden = false;
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("button[data-copies]");
  if (button) copy(button);
});
offer(document);
// What came into the page later.
document.addEventListener("htmx:load", ({ target }) => offer(target));

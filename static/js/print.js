// <button data-prints hidden>: prints the page. Without this the menu of the browser does.
for (const button of document.querySelectorAll("button[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

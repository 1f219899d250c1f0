/* The buttons that copy what stands beside them. Without script they are not shown. */
addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const place = button.closest("figure, dd");
  const beside = place.querySelector("pre code") ?? place.querySelector("code");
  await navigator.clipboard.writeText(beside.textContent);
  const said = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = said; }, 2000);
});

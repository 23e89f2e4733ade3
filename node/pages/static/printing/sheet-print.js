// Fills in the texts of a sheet, and prints it when it stands in a frame of the desk's page.

import { speak, t } from "/static/shared/texts.js";

await speak();
document.querySelector("h1").textContent = t("sheet-title");
document.querySelector(".how").textContent = t("sheet-how");
for (const one of document.querySelectorAll("[data-field]")) {
  one.textContent = t(`field-${one.dataset.field}`);
}
await document.fonts.ready;
if (window !== window.parent) {
  window.addEventListener("afterprint", () => {
    window.parent.postMessage("printed", window.location.origin);
  });
  window.print();
}

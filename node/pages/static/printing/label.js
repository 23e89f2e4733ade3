// Prints the labels of this document when it stands in a frame of the desk's page.

await document.fonts.ready;
if (window !== window.parent) {
  window.addEventListener("afterprint", () => {
    window.parent.postMessage("printed", window.location.origin);
  });
  window.print();
}

/* Rules are dragged to their places; the buttons and Alt+arrows beside the handle do the same (editor.js). */
(() => {
  "use strict";
  let dragged = null, over = null;
  const rowOf = (node) => node.closest?.("tr[data-line]");
  const clear = () => over?.removeAttribute("data-over");
  document.addEventListener("dragstart", (e) => {
    if (!e.target.matches?.(".handle")) return;
    dragged = rowOf(e.target);
    dragged.dataset.dragged = "";
    e.dataTransfer.effectAllowed = "move";
    e.dataTransfer.setData("text/plain", dragged.id);
    e.dataTransfer.setDragImage(dragged, 8, 8);
  });
  document.addEventListener("dragover", (e) => {
    const row = dragged && rowOf(e.target);
    clear();
    if (!row || row === dragged || row.closest("table") !== dragged.closest("table")) return;
    e.preventDefault();
    over = row;
    over.dataset.over = dragged.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING ? "below" : "above";
  });
  document.addEventListener("drop", (e) => {
    const row = dragged && rowOf(e.target);
    if (!row || row === dragged || row.closest("table") !== dragged.closest("table")) return;
    e.preventDefault();
    const form = dragged.querySelector("form");
    form.elements.onto.value = row.id.slice(4);
    form.requestSubmit(form.querySelector(".drop"));
  });
  document.addEventListener("dragend", () => {
    clear();
    dragged?.removeAttribute("data-dragged");
    dragged = null;
  });
})();

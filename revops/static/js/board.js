/* The board by hand: arrows between columns, Shift+arrows and dragging move the deal. The links do the same without. */
(() => {
  "use strict";
  const { revops } = window;
  const board = document.getElementById("board"), form = document.getElementById("board-move");
  const columns = () => [...board.querySelectorAll(".column")];
  const cards = (column) => [...column.querySelectorAll("[data-row-link]")];
  let last = null, dragged = null;

  const say = (text) => (document.querySelector("#toast [role=status]").textContent = text);

  const move = (card, column) => {
    const { of } = card?.dataset ?? {};
    if (of !== undefined) return say(`Not moved. Only ${of ? `${of}, the team’s manager or ` : ""}an administrator may move this deal.`);
    if (!card?.dataset.deal || !column?.dataset.stage || column.contains(card)) return;
    last = card.id;
    form.action = `/deals/${card.dataset.deal}/moves/`;
    form.elements.to.value = column.dataset.stage;
    form.requestSubmit();
  };

  board.addEventListener("keydown", (e) => {
    const link = e.target.closest("[data-row-link]"), by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (!link || !by || e.ctrlKey || e.altKey || e.metaKey) return;
    e.preventDefault();
    const all = columns(), at = all.findIndex((column) => column.contains(link));
    if (e.shiftKey) return move(link.closest("[data-row]"), all[at + by]);
    const place = cards(all[at]).indexOf(link);
    for (let n = at + by; n >= 0 && n < all.length; n += by) {
      const there = cards(all[n]);
      if (!there.length) continue;
      const next = there[Math.min(place, there.length - 1)];
      next.focus();
      next.scrollIntoView({ block: "nearest", inline: "nearest" });
      return revops.follow(next);
    }
  });

  board.addEventListener("dragstart", (e) => {
    dragged = e.target.closest?.("[data-deal]");
    if (!dragged) return e.preventDefault();
    e.dataTransfer.effectAllowed = "move";
    e.dataTransfer.setData("text/plain", dragged.getAttribute("aria-label"));
  });
  const over = (column) => columns().forEach((one) => one.toggleAttribute("data-over", one === column));
  const under = (e) => dragged && e.target.closest("[data-stage]");
  board.addEventListener("dragover", (e) => {
    const column = under(e);
    over(column);
    if (column) e.preventDefault();
  });
  board.addEventListener("drop", (e) => {
    const column = under(e);
    if (column) e.preventDefault();
    move(dragged, column);
  });
  document.addEventListener("dragend", () => over((dragged = null)));

  // After a refusal was read, focus is back on the card.
  document.getElementById("dialog").addEventListener("close", () => {
    if (last) document.getElementById(last)?.querySelector("[data-row-link]").focus();
    last = null;
  });
})();

/* The sentence editor: the form of a slot opens beside it, the page follows each change, the replay follows the page. */
(() => {
  "use strict";
  const { htmx } = window;
  const $ = (selector, root = document) => root.querySelector(selector);
  const box = $("#slot"), effect = $("#effect");
  if (!box) return;
  // data-target of the popover: the part of the page that a change brings anew. An #effect panel is optional.
  const target = box.dataset.target ?? "#policy";
  let opener = "";
  const quiet = () => {}; // aborted, or said elsewhere
  const isOpen = () => box.matches(":popover-open");
  const plain = (e) => !(e.metaKey || e.ctrlKey || e.shiftKey || e.button);
  const first = () => $("[data-focus]", box) ?? $(".body :is(input:checked, input:not([type=hidden]), select), a, button", box);
  const place = () => {
    const by = document.getElementById(opener);
    if (!by) return;
    const at = by.getBoundingClientRect(), below = innerHeight - at.bottom - 12;
    const top = below > box.offsetHeight || below > at.top ? at.bottom + 6 : Math.max(8, at.top - box.offsetHeight - 6);
    box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 16))}px`;
    box.style.top = `${Math.max(8, Math.min(top, innerHeight - box.offsetHeight - 8))}px`;
  };
  const show = () => {
    if (!box.children.length) return;
    if (!isOpen()) box.showPopover();
    place();
    first()?.focus();
  };
  const ask = (href) => htmx.ajax("GET", href, { source: box, target: box, swap: "innerHTML" }).then(show, quiet);

  document.addEventListener("click", (e) => {
    const link = e.target.closest("a[data-slot]");
    if (link && plain(e)) {
      e.preventDefault();
      if (!box.contains(link)) opener = link.id;
      ask(link.href);
    } else if (effect && e.target.closest("[data-cancel]")) htmx.trigger(effect, "htmx:abort");
  });
  document.addEventListener("submit", (e) => {
    const form = e.target, by = e.submitter;
    if (!form.matches("[data-slot-form], [data-edit]")) return;
    e.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    if (!box.contains(form)) {
      box.replaceChildren();
      opener = form.closest("tr")?.querySelector("[data-row-link]")?.id ?? opener;
    }
    htmx.ajax("POST", form.action, { source: form, target, swap: "outerHTML", values: by?.name ? { [by.name]: by.value } : {} })
      .catch(quiet).finally(() => {
        form.ariaBusy = "false";
        if (box.children.length && (isOpen() || $(".problem", box))) show();
      });
  });
  document.addEventListener("slot:done", ({ detail: { focus, said, seen } }) => {
    if (isOpen()) box.hidePopover();
    box.replaceChildren();
    const rest = $("#lines") ?? $(target), at = document.getElementById(focus) ?? rest;
    (at.matches("a, button, [tabindex]") ? at : $("a, button", at) ?? rest).focus();
    $("#say").textContent = said;
    if (!effect) return;
    effect.dataset.seen = seen;
    replay(700);
  });
  box.addEventListener("toggle", (e) => {
    if (e.newState === "closed" && (document.activeElement === document.body || box.contains(document.activeElement))) document.getElementById(opener)?.focus();
  });

  // Alt+arrows: a line among lines, a condition within its group.
  document.addEventListener("keydown", (e) => {
    const way = e.altKey && { ArrowUp: "up", ArrowDown: "down" }[e.key];
    const row = way && e.target.closest?.("tr[data-line], li[data-part]");
    if (!row || box.contains(row)) return;
    e.preventDefault();
    const form = row.matches("tr") ? $("form", row) : $("#move-part");
    if (form.elements.at) form.elements.at.value = row.dataset.part;
    $(`button[value=${way}]:enabled`, form)?.click();
  });

  // The replay: after paint, and again once the hand rests. The old figures stay until the new ones are there.
  if (!effect) return;
  let soon = 0;
  const wait = $("#effect-wait");
  const replay = (after) => {
    clearTimeout(soon);
    htmx.trigger(effect, "htmx:abort");
    if (effect.dataset.seen === "none") return;
    soon = setTimeout(() => {
      const began = performance.now(), line = new URLSearchParams(location.search).get("line") ?? "";
      const late = setTimeout(() => (wait.hidden = false), 300);
      const ticking = setInterval(() => ($("output", wait).textContent = `${Math.round((performance.now() - began) / 1000)} s`), 1000);
      effect.ariaBusy = "true";
      htmx.ajax("GET", `${effect.dataset.effect}?line=${line}`, { source: effect, target: "#effect-body", swap: "innerHTML" }).catch(quiet).finally(() => {
        clearTimeout(late);
        clearInterval(ticking);
        effect.ariaBusy = "false";
        wait.hidden = true;
      });
    }, after);
  };
  replay(0);
})();

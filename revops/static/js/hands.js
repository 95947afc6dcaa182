/* Keys, rows, the panel, dialogs, verbs, the toast, the theme: faster ways to links and forms that work without. */
(() => {
  "use strict";
  const { revops, htmx } = window;
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (kinds, act, how) => kinds.split(" ").forEach((kind) => document.addEventListener(kind, act, how));
  const dialog = $("#dialog"), bar = $("#toast"), told = $("[role=status]", bar), undo = $("form", bar);
  const wide = matchMedia("(min-width: 1024px)");
  const shown = (el) => !el.disabled && el.getClientRects().length > 0;
  const plain = (e) => !(e.metaKey || e.ctrlKey || e.shiftKey || e.button);

  // Rows: real focus roves through their links.
  const current = () => $("[data-row][aria-current=true]");
  const links = () => $$("[data-row] [data-row-link]").filter(shown);
  const rove = () => {
    const all = links();
    const now = all.find((a) => a === document.activeElement) ?? all.find((a) => a.closest("[aria-current=true]")) ?? all[0];
    for (const a of all) a.tabIndex = a === now ? 0 : -1;
    return now;
  };
  let following = 0;
  const follow = (link, after = 0) => {
    current()?.removeAttribute("aria-current");
    link.closest("[data-row]").setAttribute("aria-current", "true");
    rove();
    const panel = link.dataset.panel && $(link.dataset.panel);
    if (!panel || !(wide.matches || panel.matches(".peek"))) return false;
    clearTimeout(following);
    following = setTimeout(() => {
      panel.ariaBusy = "true";
      history.replaceState(null, "", link.href);
      htmx.ajax("GET", link.href, { source: panel, target: panel, swap: "innerHTML" }).then(() => (panel.ariaBusy = "false"));
    }, after);
    return true;
  };
  revops.follow = follow;
  const step = (by) => {
    const all = links(), at = all.indexOf(rove());
    if (!all.length) return false;
    const begun = document.activeElement === all[at] || current();
    const next = all[Math.max(0, Math.min(all.length - 1, begun ? at + by : at))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    follow(next, 80);
  };
  on("click", (e) => {
    if (!plain(e)) return;
    const link = e.target.closest("[data-row-link]"), row = e.target.closest("[data-row]");
    if (link && !wide.matches && link.dataset.open) { // no room for a panel: the record's own page
      e.preventDefault();
      location.assign(link.dataset.open);
    } else if (link && wide.matches) {
      if (follow(link)) e.preventDefault();
    } else if (row && !wide.matches && !e.target.closest("a, button, input, select, summary, label")) follow($("[data-row-link]", row));
  });

  // Selection.
  let lastBox = null;
  const bulk = () => {
    const chosen = $$("[data-select]:checked").length;
    for (const box of $$("[data-select]")) box.closest("[data-row]").toggleAttribute("data-chosen", box.checked);
    for (const tools of $$("[data-bulk]")) tools.hidden = !chosen;
    for (const count of $$("[data-bulk-count]")) count.textContent = chosen;
    return chosen;
  };
  const select = (range) => {
    const row = document.activeElement.closest("[data-row]") ?? current(), box = row && $("[data-select]", row);
    if (!box) return false;
    const all = $$("[data-select]"), [a, b] = [all.indexOf(lastBox), all.indexOf(box)].sort((x, y) => x - y);
    box.checked = !box.checked;
    if (range && a >= 0) for (const each of all.slice(a, b + 1)) each.checked = true;
    lastBox = box;
    bulk();
  };
  on("change", ({ target }) => {
    if (target.matches("[data-autosubmit]")) target.form.requestSubmit();
    if (!target.matches("[data-select]")) return;
    lastBox = target;
    bulk();
  });

  // Dialogs: one native element; what was typed is kept when it closes.
  let openedBy = null, openHref = "";
  const drafts = new Map();
  const first = () => $(".problem", dialog) ?? $(".body :is(input:not([type=hidden]), select, textarea, a)", dialog) ?? $("button", dialog);
  const show = (by, href = "") => {
    openedBy = by;
    openHref = href;
    const form = $("form", dialog);
    for (const [name, value] of drafts.get(href) ?? []) {
      const field = form?.elements[name];
      if (field && field.type !== "hidden") field.type === "checkbox" ? (field.checked = true) : (field.value = value);
    }
    dialog.setAttribute("aria-labelledby", $("h2", dialog).id);
    if (!dialog.open) dialog.showModal();
    first().focus();
  };
  on("click", (e) => {
    const link = e.target.closest("a[data-dialog]");
    if (!link || !plain(e)) return;
    e.preventDefault();
    const by = dialog.contains(link) ? openedBy : link;
    htmx.ajax("GET", link.href, { source: dialog, target: dialog, swap: "innerHTML" }).then(() => dialog.children.length && show(by, link.href));
  });
  dialog.addEventListener("click", (e) => (e.target === dialog || e.target.closest("[data-close]")) && dialog.close());
  dialog.addEventListener("close", () => { // comes later: it may be open again
    if (dialog.open) return;
    const form = $("form", dialog);
    if (form && openHref) drafts.set(openHref, [...new FormData(form)]);
    dialog.replaceChildren();
    if (openedBy?.isConnected) openedBy.focus();
  });

  // Verbs: the same form, without leaving the page.
  on("submit", (e) => {
    const form = e.target, { submitter } = e;
    if (!form.matches("[data-verb]")) return;
    e.preventDefault();
    if (form.ariaBusy === "true") return;
    const buttons = $$("button", form), target = dialog.contains(form) ? dialog : $("#answer");
    const busy = (is) => {
      form.ariaBusy = String(is);
      for (const button of buttons) button.disabled = is;
    };
    busy(true);
    const values = submitter?.name ? { [submitter.name]: submitter.value } : {};
    htmx.ajax("POST", form.action, { source: form, target, swap: "innerHTML", values }).finally(() => {
      busy(false);
      if (target !== dialog && target.children.length) { // refused: the sentence is shown in the dialog
        dialog.replaceChildren(...target.childNodes);
        show(buttons[0]);
      } else if (dialog.open) first()?.focus();
    });
  });
  on("verb:done", ({ detail }) => {
    drafts.delete(openHref);
    openHref = "";
    if (dialog.open) dialog.close();
    tell(detail.text, detail.undo);
    revops.refresh(true);
  });
  on("htmx:sendError htmx:timeout htmx:responseError", ({ detail: { xhr } }) => {
    if ([400, 403, 409, 422].includes(xhr?.status)) return; // these bring their own words
    const text = xhr?.status ? `Not saved: the server answered ${xhr.status}. Nothing was changed.` : "Not saved: the server didn’t answer. Your text is kept here; try again.";
    if (!dialog.open) return tell(text);
    const p = $(".problem", dialog) ?? Object.assign(document.createElement("p"), { className: "problem", tabIndex: -1 });
    p.textContent = text;
    $(".body", dialog).prepend(p);
    p.focus();
  });

  // One toast; it stays 20 s, longer while hovered or focused.
  let leaving = 0;
  const hush = () => (told.textContent = "");
  const stay = () => {
    clearTimeout(leaving);
    leaving = setTimeout(() => (bar.matches(":hover, :focus-within") ? stay() : hush()), 20000);
  };
  const tell = (text, address) => {
    undo.hidden = !address;
    undo.action = address;
    told.textContent = text;
    stay();
  };
  stay();
  $("[data-hush]").onclick = hush;

  // The theme: at once, then told to the server.
  on("submit", (e) => {
    const form = e.target;
    if (!form.matches("[data-theme-form]")) return;
    e.preventDefault();
    const theme = (document.documentElement.dataset.theme = e.submitter.value);
    for (const b of $$("button", form)) b.ariaPressed = String(b.value === theme);
    document.dispatchEvent(new Event("theme:changed"));
    fetch(form.action, { method: "POST", body: new FormData(form, e.submitter), redirect: "manual" });
  });

  // Keys.
  const keyed = (key) => {
    const all = $$(`[data-key="${CSS.escape(key)}"]`).filter(shown);
    return all.find((el) => el.closest("#panel, tr[aria-current=true]")) ?? all[0];
  };
  const map = () => {
    const keys = new Map($$("[data-key]").filter(shown).map((el) => {
      const words = [...el.childNodes].filter((n) => n.nodeName !== "KBD").map((n) => n.textContent).join("");
      return [el.dataset.key.toUpperCase(), el.dataset.keyWords || el.ariaLabel || el.placeholder || words.trim()];
    }));
    const more = [["J", "Next", links().length], ["K", "Previous", links().length], ["X", "Select", $("[data-select]")], [".", "Show held-back news", $("[data-live]")], ["Z", "Undo, while it is offered", true]];
    for (const [key, words, has] of more) if (has && !keys.has(key)) keys.set(key, words);
    dialog.replaceChildren($("#keymap").content.cloneNode(true));
    for (const [key, words] of keys) {
      const line = $("template", dialog).content.cloneNode(true);
      $("kbd", line).textContent = key;
      $("dd", line).textContent = words;
      $("dl", dialog).append(line);
    }
    show(document.activeElement);
  };
  const inDialog = (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) $("form", dialog)?.requestSubmit();
    const radio = /^[1-9]$/.test(e.key) && plain(e) && !e.target.matches("input:not([type=radio]), textarea, select") && $$(".reasons input", dialog)[e.key - 1];
    if (!radio) return;
    radio.checked = true;
    radio.focus();
  };
  const act = (e) => {
    const field = e.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [popover]");
    const link = e.target.closest("[data-row-link]"), key = e.key.toLowerCase();
    if (e.key === "Escape") {
      if (field) return field.blur() ?? false;
      for (const box of $$("[data-select]:checked")) box.checked = false;
      bulk();
      return false;
    }
    if (link && /^arrow(up|down)$/.test(key)) return step(key === "arrowdown" ? 1 : -1);
    if (link?.dataset.open && key === "enter") return location.assign(link.dataset.open);
    if (field || document.body.dataset.keys === "off" || key.length > 1 || key === " ") return false;
    if (key === "x" && $("[data-select]")) return select(e.shiftKey);
    if (e.shiftKey && /[a-z]/.test(key)) return false;
    const el = keyed(key);
    if (el) return el.matches("input, select, textarea") ? el.focus() : el.click();
    if (key === "?") return map();
    if (key === ".") return revops.showHeld();
    return key === "j" || key === "k" ? step(key === "j" ? 1 : -1) : false;
  };
  on("keydown", (e) => {
    if (e.defaultPrevented || e.isComposing) return;
    if (dialog.open) return inDialog(e);
    if (!e.ctrlKey && !e.metaKey && !e.altKey && act(e) !== false) e.preventDefault();
  });

  // A thin line at the top once an answer takes longer than 300 ms.
  let pending = 0;
  const line = (more) => $("#busy").toggleAttribute("data-on", (pending = Math.max(0, pending + more)) > 0);
  on("htmx:beforeSend", () => line(1));
  on("htmx:afterRequest", () => line(-1));
  on("htmx:afterSettle live:settled", () => rove(bulk()));
  on("focusin", (e) => e.target.matches("[data-row-link]") && rove());
  rove(bulk());
  $("[data-focus]")?.focus();
})();

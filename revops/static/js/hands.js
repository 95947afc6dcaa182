/* What a person does: single keys, rows, the panel, dialogs, verbs, the toast, the theme. Everything here is a
   faster way to a link or a form that works without it. */
(() => {
  "use strict";
  const revops = (window.revops ??= {});
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const dialog = $("#dialog");
  const wide = matchMedia("(min-width: 1024px)");
  const shown = (el) => el && !el.hidden && !el.disabled && el.getClientRects().length > 0;

  // --- rows: real focus roves through the links --------------------------------------------------------------
  const links = () => $$("[data-row] [data-row-link]").filter(shown);
  const rove = () => {
    const all = links();
    const now = all.find((a) => a === document.activeElement) ?? all.find((a) => a.closest("[aria-current=true]")) ?? all[0];
    for (const a of all) a.tabIndex = a === now ? 0 : -1;
    return now;
  };
  const mark = (link) => {
    const row = link.closest("[data-row]");
    for (const other of $$("[data-row][aria-current=true]")) if (other !== row) other.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
    rove();
  };
  let following = 0;
  const follow = (link, after = 0) => {
    mark(link);
    if (!link.dataset.panel || !wide.matches || !window.htmx) return false;
    clearTimeout(following);
    following = setTimeout(() => {
      const panel = $(link.dataset.panel);
      if (!panel) return;
      panel.setAttribute("aria-busy", "true");
      history.replaceState({ panel: link.dataset.panel }, "", link.href);
      window.htmx.ajax("GET", link.href, { target: panel, swap: "innerHTML" }).then(() => panel.removeAttribute("aria-busy"));
    }, after);
    return true;
  };
  revops.follow = follow;
  const step = (by) => {
    const all = links();
    if (!all.length) return false;
    const at = all.indexOf(rove());
    const fresh = document.activeElement === all[at] || $("[data-row][aria-current=true]");
    const next = all[Math.max(0, Math.min(all.length - 1, fresh ? at + by : at))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    follow(next, 80);
    return true;
  };
  document.addEventListener("click", (e) => {
    const link = e.target.closest("[data-row-link]");
    if (!link || e.metaKey || e.ctrlKey || e.shiftKey || e.button) return;
    if (follow(link)) e.preventDefault();
  });

  // --- selection ------------------------------------------------------------------------------------------------------
  let lastBox = null;
  const bulk = () => {
    const chosen = $$("[data-select]:checked");
    for (const box of $$("[data-select]")) box.closest("[data-row]")?.toggleAttribute("data-chosen", box.checked);
    for (const bar of $$("[data-bulk]")) bar.hidden = !chosen.length;
    for (const count of $$("[data-bulk-count]")) count.textContent = chosen.length;
  };
  const select = (range) => {
    const row = document.activeElement?.closest("[data-row]") ?? $("[data-row][aria-current=true]");
    const box = row && $("[data-select]", row);
    if (!box) return false;
    const all = $$("[data-select]"), a = all.indexOf(lastBox), b = all.indexOf(box);
    if (range && a >= 0) for (const each of all.slice(Math.min(a, b), Math.max(a, b) + 1)) each.checked = true;
    else box.checked = !box.checked;
    lastBox = box;
    bulk();
    return true;
  };
  const clear = () => {
    const chosen = $$("[data-select]:checked");
    for (const box of chosen) box.checked = false;
    bulk();
    return chosen.length > 0;
  };
  document.addEventListener("change", (e) => {
    if (e.target.matches("[data-select]")) { lastBox = e.target; bulk(); }
    if (e.target.matches("[data-autosubmit]")) e.target.form.requestSubmit();
  });

  // --- dialogs: one native element; what was typed is kept when it closes -------------------------------------------------
  let openedBy = null, openHref = "";
  const drafts = new Map();
  const open = (href, by) => {
    openedBy = by;
    openHref = href;
    return window.htmx.ajax("GET", href, { target: "#dialog", swap: "innerHTML" }).then(() => {
      if (!dialog.children.length) return;
      if (!dialog.open) dialog.showModal();
      const form = $("form", dialog), draft = drafts.get(href);
      if (form && draft) for (const [name, value] of draft) {
        const field = form.elements[name];
        if (!field || name === "csrfmiddlewaretoken") continue;
        if (field instanceof RadioNodeList) field.value = value;
        else if (field.type === "checkbox" || field.type === "radio") field.checked = true;
        else if (field.type !== "hidden") field.value = value;
      }
      const named = $("h2", dialog);
      if (named) { named.id ||= "dialog-title"; dialog.setAttribute("aria-labelledby", named.id); }
      first(dialog)?.focus();
    });
  };
  const first = (root) => $(".problem", root) ?? $("input:not([type=hidden]), select, textarea, button.primary, a", $(".body", root) ?? root) ?? $("button", root);
  dialog?.addEventListener("close", () => {
    const form = $("form", dialog);
    if (form && openHref) drafts.set(openHref, [...new FormData(form)].filter(([, v]) => typeof v === "string"));
    dialog.replaceChildren();
    if (openedBy?.isConnected && shown(openedBy)) openedBy.focus();
    openedBy = null;
  });
  dialog?.addEventListener("click", (e) => {
    if (e.target === dialog || e.target.closest("[data-close]")) { e.preventDefault(); dialog.close(); }
  });
  document.addEventListener("click", (e) => {
    const link = e.target.closest("a[data-dialog]");
    if (!link || !window.htmx || !dialog || e.metaKey || e.ctrlKey || e.shiftKey || e.button) return;
    e.preventDefault();
    open(link.href, dialog.contains(link) ? openedBy : link);
  });

  // --- verbs: the same form, without leaving the page ---------------------------------------------------------------------
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (e.defaultPrevented || !window.htmx || !form.matches("[data-verb]")) return;
    e.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    const buttons = $$("button", form);
    const values = e.submitter?.name ? { [e.submitter.name]: e.submitter.value } : {};
    for (const button of buttons) button.disabled = true;
    const target = dialog.contains(form) ? "#dialog" : "#answer";
    window.htmx.ajax("POST", form.action, { source: form, target, swap: "innerHTML", values: many }).finally(() => {
      form.ariaBusy = "false";
      buttons.forEach((b) => (b.disabled = false));
      const answer = $("#answer");
      if (target === "#answer" && answer.children.length) { // refused: the sentence is shown in the dialog
        dialog.replaceChildren(...answer.childNodes);
        openHref = "";
        openedBy = buttons[0];
        window.htmx.process(dialog);
        if (!dialog.open) dialog.showModal();
      }
      if (dialog.open) first(dialog)?.focus();
    });
  });
  document.addEventListener("verb:done", (e) => {
    if (openHref) drafts.delete(openHref);
    openHref = "";
    const by = openedBy;
    if (dialog.open) dialog.close();
    toast(e.detail.text, e.detail.undo);
    if (!revops.refresh?.(true) && by?.isConnected) by.focus();
  });
  for (const kind of ["htmx:sendError", "htmx:timeout", "htmx:responseError"])
    document.addEventListener(kind, (e) => {
      const code = e.detail.xhr?.status;
      if ([400, 403, 409, 422].includes(code)) return;
      const text = code ? `Not saved: the server answered ${code}. Nothing was changed.` : "Not saved: the server didn’t answer. Your text is kept here; try again.";
      const box = dialog.open && $(".body", dialog);
      if (!box) return toast(text);
      const p = $(".problem", box) ?? Object.assign(document.createElement("p"), { className: "problem", tabIndex: -1 });
      p.textContent = text;
      box.prepend(p);
      p.setAttribute("role", "alert");
      p.focus();
    });

  // --- one toast ----------------------------------------------------------------------------------------------------------------
  const bar = $("#toast");
  let leaving = 0;
  const stay = () => {
    clearTimeout(leaving);
    leaving = setTimeout(() => (bar.matches(":hover, :focus-within") ? stay() : hush()), 20000);
  };
  const hush = () => { $("[role=status]", bar).textContent = ""; $("form", bar).hidden = true; };
  const toast = (text, undo) => {
    const form = $("form", bar);
    form.hidden = !undo;
    if (undo) form.action = undo;
    $("[role=status]", bar).textContent = text;
    stay();
  };
  revops.toast = toast;
  if (bar && $("[role=status]", bar).textContent.trim()) stay();
  bar?.addEventListener("click", (e) => e.target.closest("[data-hush]") && hush());

  // --- the theme: at once, then told to the server ---------------------------------------------------------------------------------
  document.addEventListener("submit", (e) => {
    if (!e.target.matches("[data-theme-form]")) return;
    e.preventDefault();
    const data = new FormData(e.target, e.submitter), theme = data.get("theme");
    document.documentElement.dataset.theme = theme;
    for (const b of $$("button[name=theme]")) b.setAttribute("aria-pressed", String(b.value === theme));
    document.dispatchEvent(new CustomEvent("theme:changed"));
    fetch(e.target.action, { method: "POST", body: data, redirect: "manual" });
  }, true);

  // --- keys ----------------------------------------------------------------------------------------------------------------------------
  const keyed = (key) => {
    const match = (root) => $$(`[data-key="${CSS.escape(key)}"]`, root).find(shown);
    const panel = $("#panel");
    return (panel && match(panel)) || match(document);
  };
  const press = (el) => {
    if (el.matches("input, select, textarea")) { el.focus(); el.select?.(); return; }
    if (el.matches("form")) el.requestSubmit();
    else el.click();
  };
  const map = () => {
    const list = document.createElement("dl");
    list.className = "keymap";
    const seen = new Set();
    const add = (key, words) => {
      if (seen.has(key)) return;
      seen.add(key);
      const dt = document.createElement("dt"), dd = document.createElement("dd"), kbd = document.createElement("kbd");
      kbd.textContent = key.length === 1 ? key.toUpperCase() : key;
      dt.append(kbd);
      dd.textContent = words;
      list.append(dt, dd);
    };
    for (const el of $$("[data-key]").filter(shown)) {
      const name = el.dataset.keyWords || el.getAttribute("aria-label") || el.placeholder || [...el.childNodes].filter((n) => n.nodeName !== "KBD").map((n) => n.textContent).join("");
      add(el.dataset.key, name.trim().replace(/\s+/g, " "));
    }
    if (links().length) { add("j", "Next"); add("k", "Previous"); add("Enter", "Open"); }
    if ($("[data-select]")) { add("x", "Select"); add("Shift X", "Select a range"); }
    if ($("[data-live]")) add(".", "Show held-back news");
    add("z", "Undo, while it is offered");
    add("Esc", "Close, then clear the selection");
    const box = $("#keymap").content.cloneNode(true);
    $("[data-map]", box).replaceWith(list);
    dialog.replaceChildren(box);
    dialog.setAttribute("aria-labelledby", "keymap-title");
    openedBy = document.activeElement;
    openHref = "";
    dialog.showModal();
  };
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.isComposing) return;
    if (dialog?.open) {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { const form = $("form", dialog); if (form) { e.preventDefault(); form.requestSubmit(); } }
      const typing = e.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
      if (!typing && /^[1-9]$/.test(e.key) && !e.ctrlKey && !e.metaKey && !e.altKey) {
        const radio = $$(".reasons input[type=radio]", dialog)[e.key - 1];
        if (radio) { e.preventDefault(); radio.checked = true; radio.focus(); }
      }
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const field = e.target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable], [popover], [role=menu]");
    if (e.key === "Escape") {
      if (field?.matches("input")) field.blur();
      else if (clear()) e.preventDefault();
      return;
    }
    const onRow = document.activeElement?.matches?.("[data-row-link]");
    if (!field && onRow && (e.key === "ArrowDown" || e.key === "ArrowUp")) { e.preventDefault(); step(e.key === "ArrowDown" ? 1 : -1); return; }
    if (!field && onRow && e.key === "Enter" && document.activeElement.dataset.open) { e.preventDefault(); location.assign(document.activeElement.dataset.open); return; }
    if (field || document.body.dataset.keys === "off" || e.key.length !== 1 || e.key === " ") return;
    const key = e.key.toLowerCase(), run = (answer) => answer !== false && e.preventDefault();
    if (key === "x") { if ($("[data-select]")) return run(select(e.shiftKey)); }
    if (e.shiftKey && /[a-z]/.test(key)) return;
    const el = keyed(key);
    if (el) { e.preventDefault(); return press(el); }
    if (key === "?") return run(map());
    if (key === ".") return run(revops.showHeld?.());
    if (key === "j" || key === "k") return run(step(key === "j" ? 1 : -1));
    if (key === "o" && rove()?.dataset.open) { e.preventDefault(); location.assign(rove().dataset.open); }
  });

  // --- a thin line at the top once an answer takes longer than 300 ms -----------------------------------------------------------------------
  const line = $("#busy");
  let pending = 0;
  document.addEventListener("htmx:beforeSend", () => line?.toggleAttribute("data-on", ++pending > 0));
  document.addEventListener("htmx:afterRequest", () => line?.toggleAttribute("data-on", (pending = Math.max(0, pending - 1)) > 0));
  addEventListener("popstate", (e) => e.state?.panel && location.reload());
  document.addEventListener("htmx:afterSettle", () => { rove(); bulk(); });
  document.addEventListener("live:settled", () => { rove(); bulk(); });
  document.addEventListener("focusin", (e) => e.target.matches?.("[data-row-link]") && rove());
  rove();
  bulk();
  $("[data-focus]")?.focus();
})();

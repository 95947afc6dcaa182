/* Lists that stay fresh: `data-live` names the address of the same fragment, asked every `data-every` seconds while the
   page is visible, with its ETag. Texts change in place; rows come, go and move only while nobody works. */
(() => {
  "use strict";
  const { revops, htmx } = window;
  const WORKING = 5000, STALE = 15000;
  const boxes = () => document.querySelectorAll("[data-live]");
  const rowsOf = (root) => new Map([...root.querySelectorAll("[data-row][id]")].map((row) => [row.id, row]));
  let lastHand = -Infinity;
  for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"])
    addEventListener(kind, () => (lastHand = performance.now()), { passive: true, capture: true });
  const busy = (box) =>
    performance.now() - lastHand < WORKING || document.querySelector("dialog[open], [popover]:popover-open") || box.querySelector("[data-select]:checked");

  /* The fresh row's inside and state go into the old one; its mark, check and focus survive. */
  const freshen = (row, next) => {
    const focused = row.contains(document.activeElement) && document.activeElement;
    if (focused && focused.matches("form :is(input, textarea, select)")) return;
    const checked = row.querySelector("[data-select]:checked");
    delete row.dataset.gone;
    for (const { name, value } of next.attributes) if (name !== "aria-current") row.setAttribute(name, value);
    row.replaceChildren(...next.cloneNode(true).childNodes);
    if (checked) row.querySelector("[data-select]").checked = true;
    if (row.dataset.gone) for (const verb of row.querySelectorAll("button")) verb.disabled = true;
    if (focused) row.querySelector("[data-row-link]")?.focus({ preventScroll: true });
    htmx.process(row);
  };

  /* Everything at once: order, groups, foot. Focus goes to the same row, else to the one in its place. */
  const settle = (box) => {
    const fresh = box.held;
    if (!fresh) return;
    const marked = box.querySelector("[data-row][aria-current=true]");
    let anchor = document.activeElement.closest("[data-row]");
    if (!box.contains(anchor)) anchor = box.verb ? marked : null; // a verb was sent from the panel
    const place = anchor ? [...rowsOf(box).keys()].indexOf(anchor.id) : -1;
    box.replaceChildren(...fresh.childNodes);
    const all = rowsOf(box), rows = [...all.values()];
    if (all.has(marked?.id))
      for (const row of rows) row.toggleAttribute("aria-current", row.id === marked.id) && row.setAttribute("aria-current", "true");
    if (anchor) {
      const next = all.get(anchor.id) ?? rows[Math.min(place, rows.length - 1)];
      const target = next?.querySelector("[data-row-link]") ?? document.querySelector("h1");
      if (!next) target.tabIndex = -1;
      target.focus({ preventScroll: true });
      if (next && (box.verb || next.id !== anchor.id)) revops.follow(target);
    }
    box.held = box.verb = null;
    htmx.process(box);
    revops.tick();
    box.dispatchEvent(new CustomEvent("live:settled", { bubbles: true }));
  };

  const take = (box, html) => {
    const page = new DOMParser().parseFromString(html, "text/html"), fresh = page.getElementById(box.id);
    if (!fresh) return;
    const have = rowsOf(box), next = rowsOf(fresh);
    box.held = fresh;
    if (box.verb || !busy(box) || !have.size) return settle(box);
    for (const [id, row] of have) next.has(id) ? freshen(row, next.get(id)) : (row.dataset.gone ||= "no longer here");
    if ([...have.keys()].join() === [...next.keys()].join()) box.held = null;
    revops.tick();
    const news = box.querySelector("[data-news]");
    if (!news) return;
    const added = [...next.values()].filter((row) => !have.has(row.id));
    const gone = have.size + added.length - next.size, due = added[0]?.querySelector(".clock[data-due]")?.textContent;
    const text = [added.length && `${added.length} new${due ? `, due in ${due}` : ""}`, gone && `${gone} gone`].filter(Boolean).join(", ");
    news.hidden = !box.held;
    news.querySelector("button").textContent = text || "A new order";
  };

  const heartbeat = (box, alive) => {
    const now = performance.now(), said = document.querySelector("[data-live-said]");
    if (alive) box.alive = now;
    const stale = now - box.alive > STALE;
    document.body.toggleAttribute("data-stale", stale);
    if (!said) return;
    if (alive) said.dataset.at = new Date(revops.now()).toLocaleTimeString("en-GB", { timeZone: document.documentElement.dataset.zone });
    said.classList.toggle("stale", stale);
    if (alive || stale) said.textContent = stale ? `as of ${said.dataset.at}, reconnecting` : `live, ${said.dataset.at}`;
  };

  const ask = async (box) => {
    if (box.asking) box.more = true;
    if (document.hidden || box.asking || !box.isConnected) return;
    box.asking = true;
    const sent = performance.now();
    try {
      const headers = { "HX-Request": "true", "X-Live": "1", ...(box.etag && { "If-None-Match": box.etag }) };
      const answer = await fetch(box.dataset.live, { headers, cache: "no-store", signal: AbortSignal.timeout(10000) });
      revops.heard(answer.headers.get("X-Now"), sent, performance.now());
      if (answer.redirected || answer.status === 401 || answer.status === 403) return location.reload();
      if (answer.status === 200) {
        box.etag = answer.headers.get("ETag");
        take(box, await answer.text());
      } else if (answer.status === 304) {
        box.verb = null;
        if (!busy(box)) settle(box);
      } else if (!answer.ok) throw new Error(answer.status);
      heartbeat(box, true);
    } catch {
      heartbeat(box, false);
    }
    const { more } = box;
    box.asking = box.more = false;
    if (more) ask(box);
  };

  const start = () => {
    for (const box of boxes()) {
      if (box.alive) continue;
      box.alive = performance.now();
      box.etag = box.dataset.etag;
      const every = (Number(box.dataset.every) || 5) * 1000;
      let wait = every;
      const again = async () => {
        await ask(box);
        if (!box.isConnected) return;
        if (every === 1000) wait = Math.min(wait + 200, 5000); // progress backs off
        setTimeout(again, wait);
      };
      setTimeout(again, wait);
    }
  };
  /* After a verb the person waits for its effect: nothing is held back then. */
  revops.refresh = (verb) => {
    for (const box of boxes()) {
      box.verb ||= verb;
      ask(box);
    }
  };
  revops.showHeld = () => boxes().forEach(settle);
  document.addEventListener("clock:crossed", () => setTimeout(revops.refresh, 300, false));
  document.addEventListener("click", (e) => e.target.closest("[data-news]") && revops.showHeld());
  document.addEventListener("visibilitychange", () => revops.refresh(false));
  document.addEventListener("htmx:afterSettle", start);
  start();
})();

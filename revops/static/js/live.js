/* Lists that stay fresh: `data-live` names the address of the same fragment, asked every `data-every` seconds
   while the page is visible, with its ETag. Texts change in place; rows come, go and move only while nobody works. */
(() => {
  "use strict";
  const revops = (window.revops ??= {});
  const WORKING = 5000, STALE = 15000;
  let lastHand = -Infinity;
  for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"])
    addEventListener(kind, () => (lastHand = performance.now()), { passive: true, capture: true });
  const busy = (box) =>
    performance.now() - lastHand < WORKING || document.querySelector("dialog[open], [popover]:popover-open") || box.querySelector("[data-select]:checked");

  const parse = (html) => new DOMParser().parseFromString(html, "text/html").body;
  const rowsOf = (root) => new Map([...root.querySelectorAll("[data-row][id]")].map((row) => [row.id, row]));

  /* The new row's inside and state go into the old one; focus, checks and things marked data-keep survive. */
  const freshen = (row, next) => {
    const held = row.contains(document.activeElement) ? document.activeElement : null;
    if (held && held.closest("form") && held.matches("input, textarea, select")) return;
    const checked = new Set([...row.querySelectorAll("[data-select]:checked")].map((box) => box.value));
    const keep = row.querySelector("[data-keep]");
    const current = row.getAttribute("aria-current");
    for (const { name } of [...row.attributes]) if (!next.hasAttribute(name) && name !== "data-chosen") row.removeAttribute(name);
    for (const { name, value } of next.attributes) row.setAttribute(name, value);
    current ? row.setAttribute("aria-current", current) : row.removeAttribute("aria-current");
    row.replaceChildren(...next.cloneNode(true).childNodes);
    if (keep) row.querySelector("[data-keep]")?.replaceWith(keep);
    for (const box of row.querySelectorAll("[data-select]")) box.checked = checked.has(box.value);
    if (row.dataset.gone) for (const verb of row.querySelectorAll("button, [data-verb] .btn")) verb.disabled = true;
    if (held) row.querySelector("[data-row-link]")?.focus({ preventScroll: true });
    window.htmx?.process(row);
  };

  /* Everything at once: order, groups, foot. Focus goes to the same row, else to the one in its place. */
  const settle = (box) => {
    const fresh = box.held;
    box.held = null;
    if (!fresh) return;
    const marked = box.querySelector("[data-row][aria-current=true]"), current = marked?.id;
    let anchor = document.activeElement?.closest?.("[data-row]");
    if (!anchor || !box.contains(anchor)) anchor = box.verb ? marked : null; // a verb was sent from the panel
    const place = anchor ? [...rowsOf(box).keys()].indexOf(anchor.id) : -1;
    const checked = new Set([...box.querySelectorAll("[data-select]:checked")].map((b) => b.value));
    const foot = box.querySelector("[data-live-foot]");
    box.replaceChildren(...fresh.childNodes);
    if (foot) box.querySelector("[data-live-foot]")?.replaceWith(foot);
    const rows = [...rowsOf(box).values()];
    for (const b of box.querySelectorAll("[data-select]")) b.checked = checked.has(b.value);
    const row = document.getElementById(current);
    if (row && box.contains(row)) {
      for (const other of rows) other.removeAttribute("aria-current");
      row.setAttribute("aria-current", "true");
    }
    if (anchor) {
      const next = document.getElementById(anchor.id) ?? rows[Math.min(place, rows.length - 1)];
      const target = next?.querySelector("[data-row-link]") ?? document.querySelector("h1");
      if (!target.matches("a")) target.tabIndex = -1;
      target.focus({ preventScroll: true });
      if (next && (box.verb || next.id !== anchor.id)) revops.follow?.(target);
    }
    box.verb = false;
    window.htmx?.process(box);
    news(box);
    revops.tick?.();
    box.dispatchEvent(new CustomEvent("live:settled", { bubbles: true }));
  };

  const news = (box) => {
    const foot = box.querySelector("[data-news]");
    if (!foot) return;
    const have = rowsOf(box), fresh = box.held ? rowsOf(box.held) : have;
    const added = [...fresh.values()].filter((row) => !have.has(row.id));
    const gone = [...have.keys()].filter((id) => !fresh.has(id)).length;
    const words = [];
    const first = added[0]?.querySelector(".clock[data-due]");
    if (added.length) words.push(`${added.length} new${first ? `, due in ${first.textContent}` : ""}`);
    if (gone) words.push(`${gone} gone`);
    const text = words.join(", ") || (box.held && moved(have, fresh) ? "the order has changed" : "");
    foot.hidden = !text;
    const button = foot.querySelector("button");
    if (button.textContent !== text) button.textContent = text;
  };
  const moved = (a, b) => [...a.keys()].join() !== [...b.keys()].join();

  const take = (box, html) => {
    const fresh = box.id ? parse(html).querySelector(`#${CSS.escape(box.id)}`) : parse(html).firstElementChild;
    if (!fresh) return;
    box.held = fresh;
    const have = rowsOf(box), next = rowsOf(fresh);
    if (!have.size && !next.size) return settle(box); // no rows: progress, counts
    for (const [id, row] of have) {
      const same = next.get(id);
      if (same) freshen(row, same);
      else row.dataset.gone ||= "no longer here";
    }
    if (box.verb || !busy(box)) return settle(box);
    if (!moved(have, next)) box.held = null;
    news(box);
    revops.tick?.();
  };

  const heartbeat = (box, alive) => {
    const said = box.querySelector("[data-live-said]") ?? document.querySelector("[data-live-said]");
    const at = (ms) => new Date(ms).toLocaleTimeString("en-GB", { timeZone: document.documentElement.dataset.zone || undefined });
    if (alive) box.lastAlive = performance.now();
    const stale = performance.now() - box.lastAlive > STALE;
    document.body.toggleAttribute("data-stale", stale);
    if (!said) return;
    said.classList.toggle("stale", stale);
    if (alive) said.dataset.at = at(revops.now?.() ?? Date.now());
    said.textContent = stale ? `as of ${said.dataset.at ?? "the last answer"}, reconnecting` : `live, ${said.dataset.at}`;
  };

  const ask = async (box) => {
    if (document.hidden || box.asking || !box.isConnected) return;
    box.asking = true;
    const sent = performance.now();
    try {
      const headers = { "HX-Request": "true", "X-Live": "1" };
      if (box.etag) headers["If-None-Match"] = box.etag;
      const answer = await fetch(box.dataset.live, { headers, cache: "no-store", signal: AbortSignal.timeout(10000) });
      revops.heard?.(answer.headers.get("X-Now"), sent, performance.now());
      if (answer.redirected || answer.status === 401 || answer.status === 403) return location.reload();
      if (answer.status === 200) {
        const html = await answer.text();
        box.etag = answer.headers.get("ETag");
        take(box, html);
      } else if (answer.status === 304) {
        box.verb = false;
        if (box.held && !busy(box)) settle(box);
      } else if (answer.status !== 204) throw new Error(answer.status);
      heartbeat(box, true);
    } catch {
      heartbeat(box, false);
    } finally {
      box.asking = false;
    }
  };

  const boxes = () => document.querySelectorAll("[data-live]");
  const start = () => {
    for (const box of boxes()) {
      if (box.lastAlive) continue;
      box.lastAlive = performance.now();
      box.etag = box.dataset.etag || null;
      let wait = 1;
      const every = () => (Number(box.dataset.every) || 5) * 1000;
      const again = async () => {
        if (!box.isConnected) return;
        await ask(box);
        if (performance.now() - box.lastAlive > STALE) heartbeat(box, false);
        wait = every() < 2000 ? Math.min(wait + 1, 5) : 1; // progress backs off to five seconds
        setTimeout(again, every() * wait);
      };
      setTimeout(again, every());
    }
  };
  /* After a verb the person waits for its effect: nothing is held back then. Answers whether a list will show it. */
  revops.refresh = (verb = false) => {
    for (const box of boxes()) {
      box.verb ||= verb;
      ask(box);
    }
    return boxes().length > 0;
  };
  revops.showHeld = () => boxes().forEach((box) => box.held && settle(box));
  document.addEventListener("clock:crossed", () => setTimeout(() => revops.refresh(), 300));
  document.addEventListener("click", (e) => e.target.closest?.("[data-news] button") && revops.showHeld());
  document.addEventListener("visibilitychange", () => document.hidden || revops.refresh());
  document.addEventListener("htmx:afterSettle", start);
  start();
})();

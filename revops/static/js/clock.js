/* Countdowns. The server sends instants and the open seconds left at `data-asof`; this script only compares instants and
   subtracts inside the open window. It never computes business time. */
(() => {
  "use strict";
  const revops = (window.revops ??= {});

  // The server's time on the monotonic clock: a wrong PC clock is harmless.
  let samples = [];
  revops.heard = (serverNow, sent, received) => {
    if (Number(serverNow)) samples = [...samples, { trip: received - sent, offset: serverNow - (sent + received) / 2 }].slice(-5);
  };
  revops.now = () => {
    const [best] = samples.toSorted((a, b) => a.trip - b.trip);
    return best ? best.offset + performance.now() : Date.now();
  };
  const navigation = performance.getEntriesByType("navigation")[0];
  revops.heard(
    document.querySelector("meta[name=now]")?.content,
    navigation?.requestStart ?? 0,
    navigation?.responseStart ?? performance.now(),
  );
  document.addEventListener("htmx:beforeSend", ({ detail: { xhr } }) => (xhr.sent = performance.now()));
  document.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => revops.heard(xhr.getResponseHeader("X-Now"), xhr.sent, performance.now()));

  // One clock.
  const MINUTE = 60, HOUR = 3600, DAY = 86400;
  const two = (n) => String(n).padStart(2, "0");
  const length = (s, own) => {
    if (s < 5 * MINUTE || (own && s < HOUR)) return `${Math.floor(s / MINUTE)}:${two(s % MINUTE)}`;
    if (s < HOUR) return `${Math.floor(s / MINUTE)} min`;
    if (s < DAY) return `${Math.floor(s / HOUR)} h ${two(Math.floor((s % HOUR) / MINUTE))}`;
    const hours = Math.floor((s % DAY) / HOUR);
    return s < 7 * DAY && hours ? `${Math.floor(s / DAY)} d ${hours} h` : `${Math.floor(s / DAY)} d`;
  };
  const words = (left, own) => {
    if (left >= 0) return length(Math.floor(left), own);
    const late = Math.floor(-left);
    return `${late >= DAY ? `${Math.floor(late / DAY)} d` : length(late, false)} late`;
  };
  const face = (el, now) => {
    const n = (name, none) => (name in el.dataset ? Number(el.dataset[name]) : none);
    const opens = n("opens", -Infinity), closes = n("closes", Infinity), open = now >= opens && now < closes;
    const left = n("left") - Math.max(0, Math.min(now, closes) - Math.max(n("asof"), opens)) / 1000;
    if (now > n("due")) return { tone: "late", left: Math.min(left, -0.001), open };
    const tone = !open ? "wait" : now >= n("at90", Infinity) ? "urgent" : now >= n("at50", Infinity) ? "warn" : "ok";
    return { tone, left: Math.max(left, 0), open };
  };

  // Said aloud: only mine, at 90% and at due, at most once in 5 s.
  let waiting = [], lastSaid = -Infinity;
  const said = new Set();
  const spoken = (s) => (s < 100 ? `${Math.round(s)} seconds` : s < 5400 ? `${Math.round(s / 60)} minutes` : `${Math.round(s / 3600)} hours`);
  const announce = (el, tone, left) => {
    const who = el.dataset.who || "A lead", label = (el.getAttribute("aria-label") || "").split(",")[0];
    const key = `${who}|${label}|${tone}`;
    if (said.has(key)) return;
    said.add(key);
    const what = label === "First response" ? "left to answer" : `left, ${label.toLowerCase()}`;
    waiting.push(tone === "late" ? `${who} is late` : `${who}: ${spoken(left)} ${what}`);
  };
  const speak = () => {
    const region = document.getElementById("say");
    if (!waiting.length || !region || performance.now() - lastSaid < 5000) return;
    region.textContent = waiting.length > 3 ? `${waiting.length} clocks need you` : `${waiting.join(". ")}.`;
    waiting = [];
    lastSaid = performance.now();
  };

  // One ticker.
  const title = document.title.replace(/^\(\d+ late\) /, "");
  const tick = () => {
    const now = revops.now();
    let crossed = null;
    for (const el of document.querySelectorAll(".clock[data-due]")) {
      if (el.closest("[data-stale]")) continue;
      const { tone, left, open } = face(el, now);
      if (el.dataset.text === undefined && (open || tone === "late")) {
        const text = words(left, el.dataset.own !== undefined);
        if (el.textContent !== text) el.textContent = text;
      }
      if (tone === el.dataset.state) continue;
      el.dataset.state = tone;
      crossed = el;
      if (el.dataset.mine !== undefined && (tone === "urgent" || tone === "late")) announce(el, tone, left);
    }
    speak();
    const rows = document.querySelector("[data-row]") ? "[data-row] " : "";
    const late = document.querySelectorAll(`${rows}.clock[data-mine][data-state=late]`).length;
    const wanted = late ? `(${late} late) ${title}` : title;
    if (document.title !== wanted) document.title = wanted;
    if (crossed) crossed.dispatchEvent(new CustomEvent("clock:crossed", { bubbles: true }));
  };
  let timer = 0;
  const run = () => {
    clearTimeout(timer);
    if (document.hidden) return;
    tick();
    timer = setTimeout(run, 1000 - (revops.now() % 1000) + 8);
  };
  revops.tick = tick;
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) samples = samples.slice(-1); // a sleep may have stopped the monotonic clock
    run();
  });
  document.addEventListener("htmx:afterSwap", tick);
  run();
})();

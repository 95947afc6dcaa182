/* The wall goes on by itself: asks every 5 s, ticks by the server's clock, says when it last heard the truth. */
(() => {
  "use strict";
  const body = document.body, at = body.dataset, $ = (selector) => document.querySelector(selector);
  const EVERY = 5000, STALE = 15000;
  let etag = at.etag, offset = at.now - performance.now(), heard = performance.now();
  const now = () => offset + performance.now();
  const said = (format) => new Intl.DateTimeFormat("en-GB", { timeZone: at.zone, ...format }).format(now());
  const two = (n) => String(n).padStart(2, "0");
  const left = (s) => {
    if (s < 300) return `${Math.floor(s / 60)}:${two(s % 60)}`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))}`;
  };
  const put = (el, text) => el.textContent === text || (el.textContent = text);
  const stale = () => performance.now() - heard > STALE;
  let lastTruth = said({ timeStyle: "medium" });
  const tick = () => {
    body.toggleAttribute("data-stale", stale());
    put($("[data-day]"), said({ weekday: "short", day: "numeric", month: "short" }).replace(",", ""));
    put($("[data-clock]"), said({ hour: "2-digit", minute: "2-digit" }));
    put($("[data-age]"), stale() ? `offline, as of ${lastTruth}` : `updated ${Math.floor((performance.now() - heard) / 1000)} s ago`);
    if (stale()) return; // a number that may be wrong does not tick on
    for (const el of document.querySelectorAll("[data-due]")) {
      const s = Math.max(0, Math.floor((el.dataset.due - now()) / 1000));
      put(el, left(s));
      el.toggleAttribute("data-soon", s < 60);
    }
  };
  const ask = async () => {
    try {
      const sent = performance.now();
      const got = await fetch(location.pathname, {
        headers: { "X-Live": "1", "If-None-Match": etag }, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(8000),
      });
      if (got.status === 404) return location.reload(); // revoked
      if (got.status !== 200 && got.status !== 304) return;
      const text = got.status === 200 && (await got.text());
      offset = Number(got.headers.get("X-Now")) - (sent + performance.now()) / 2;
      heard = performance.now();
      lastTruth = said({ timeStyle: "medium" });
      // Only what just answered is asked to load anew: a reload while offline would leave an error on the wall.
      if (got.headers.get("X-Build") !== at.build || now() > at.reload) return location.reload();
      if (text) {
        etag = got.headers.get("ETag");
        $("#board").innerHTML = text;
      }
    } catch {
      /* asked again in five seconds; the page says how old it is */
    } finally {
      tick();
    }
  };
  tick();
  setInterval(tick, 1000);
  setInterval(ask, EVERY);
})();

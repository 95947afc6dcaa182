/* A review's keys, its time left, and what others in the room decide; all of it are links and forms without this. */
(() => {
  "use strict";
  const $ = (selector) => document.querySelector(selector);
  const go = (name) => $(`[data-go=${name}]`);
  const keys = { ArrowLeft: "prev", ArrowRight: "next", d: "decide", y: "take", s: "skip", h: "history", o: "live", b: "blank", Escape: "end" };
  const blank = go("blank"), text = $("#id_text");
  blank.hidden = false;
  blank.onclick = () => document.body.toggleAttribute("data-blank");
  go("decide")?.addEventListener("click", (e) => {
    e.preventDefault();
    text.focus();
  });
  $("#refused")?.focus();
  text?.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    text.form.requestSubmit();
  });
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    const field = e.target.closest("input:not([type=hidden]), textarea, select");
    if (field) {
      if (e.key === "Escape") $("#slide").focus();
      return;
    }
    if (document.body.hasAttribute("data-blank")) return blank.click();
    if (e.key === "Escape" && $("[popover]:popover-open")) return;
    if (e.key.length === 1 && document.body.dataset.keys === "off") return;
    const el = go(keys[e.key] ?? keys[e.key.toLowerCase()]);
    if (!el) return;
    e.preventDefault();
    el.click();
  });
  // A verb is sent once.
  addEventListener("submit", (e) => setTimeout(() => e.target.querySelectorAll("button").forEach((b) => (b.disabled = true))));
  // Numbers stand still; decisions of others appear.
  let etag = "";
  const look = async () => {
    const here = $("#decided");
    if (document.hidden || here.contains(document.activeElement)) return;
    try {
      const got = await fetch("decided/", { headers: { "If-None-Match": etag }, cache: "no-store", signal: AbortSignal.timeout(4000) });
      if (got.status !== 200 || got.redirected) return;
      etag = got.headers.get("ETag");
      here.outerHTML = await got.text();
      const told = $("#decided").dataset.kept;
      if ($("#kept").textContent !== told) $("#kept").textContent = told;
    } catch {
      /* asked again in five seconds */
    }
  };
  // Time left by the server's clock, carried on by the monotonic one; time over only colours it.
  const left = $("[data-left]");
  if (!left) return;
  setInterval(look, 5000);
  const begun = performance.now(), used = (Date.parse(left.dataset.now) - Date.parse(left.dataset.from)) / 1000;
  const tick = () => {
    const s = Math.floor(left.dataset.minutes * 60 - used - (performance.now() - begun) / 1000), all = Math.abs(s);
    const over = s < 0, long = all >= 5400;
    left.textContent = (over ? "over " : "") + (long ? `${Math.floor(all / 3600)} h` : `${Math.floor(all / 60)}:${String(all % 60).padStart(2, "0")}`);
    left.toggleAttribute("data-over", over);
  };
  tick();
  setInterval(tick, 1000);
})();

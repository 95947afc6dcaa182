/* A review's keys and its time left; all of it are links and a form without this. */
(() => {
  "use strict";
  const $ = (selector) => document.querySelector(selector);
  const go = (name) => $(`[data-go=${name}]`);
  const keys = { ArrowLeft: "prev", ArrowRight: "next", d: "decide", o: "live", b: "blank", Escape: "end" };
  const blank = go("blank");
  blank.hidden = false;
  blank.onclick = () => document.body.toggleAttribute("data-blank");
  go("decide")?.addEventListener("click", (e) => {
    e.preventDefault();
    $("#id_text").focus();
  });
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    const field = e.target.closest("input:not([type=hidden]), textarea, select");
    if (field) {
      if (e.key === "Escape") field.blur();
      return;
    }
    if (document.body.hasAttribute("data-blank")) return blank.click();
    if (e.key.length === 1 && document.body.dataset.keys === "off") return;
    const el = go(keys[e.key] ?? keys[e.key.toLowerCase()]);
    if (!el) return;
    e.preventDefault();
    el.click();
  });
  // Time left by the server's clock, carried on by the monotonic one; time over only colours it.
  const left = $("[data-left]");
  if (!left) return;
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

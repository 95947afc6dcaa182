/* What a browser says aloud while a tab is open. Loaded only where somebody turned it on, and where they can. */
(() => {
  "use strict";
  const { on } = document.currentScript.dataset, $ = (s) => document.querySelector(s);
  let after = 0, etag = "";
  const show = ({ text, href, tag, toast }) => {
    if (toast && !document.hidden) {
      const line = $("#toast [role=status]");
      line.textContent = text;
      setTimeout(() => line.textContent === text && (line.textContent = ""), 20000);
    }
    try {
      new Notification(text, { tag }).onclick = () => (focus(), location.assign(href));
    } catch {} // not allowed here
  };
  const ask = async () => {
    try {
      const got = await fetch("/notices/news/?after=" + after, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
      if (got.redirected) return;
      if (got.status === 200) {
        const { news, after: last } = await got.json();
        etag = got.headers.get("ETag");
        news.forEach(show);
        if (last) {
          after = last;
          await fetch("/notices/news/heard/", { method: "POST", body: JSON.stringify({ ids: news.flatMap((one) => one.ids) }), headers: { "X-CSRFToken": $("[name=csrfmiddlewaretoken]").value } });
        }
      }
    } catch {} // the next time
    setTimeout(ask, document.hidden ? 15000 : 5000);
  };
  if (on !== undefined) ask();
  $("[data-ask-news]")?.addEventListener("submit", async (e) => {
    const form = e.target;
    e.preventDefault();
    if ((await Notification.requestPermission()) === "granted") form.submit();
    else $("[data-news-said]").textContent = "This browser doesn’t allow it. Allow notifications for this address in its settings, then try again.";
  });
})();

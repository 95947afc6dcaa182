(function (d, w, n) {
  "use strict";
  var me = d.currentScript, off = n.globalPrivacyControl || n.doNotTrack == "1" || w.doNotTrack == "1";
  if (!me || w.revopsVisits) return;
  var to = new URL("./?key=" + encodeURIComponent(me.dataset.key || ""), me.src).href;
  var queue = [], timer, last = "", from = d.referrer, who;

  function id() {
    var found = !off && /(?:^|; )rv_id=([\w-]+)/.exec(d.cookie);
    return found ? found[1] : "";
  }
  function random() {
    return Array.from(w.crypto.getRandomValues(new Uint8Array(16)), function (b) {
      return (b + 256).toString(16).slice(1);
    }).join("");
  }
  function cookie(value, age) {
    d.cookie = "rv_id=" + value + ";path=/;max-age=" + age + ";samesite=lax" + (location.protocol == "https:" ? ";secure" : "");
  }
  function flush() {
    clearTimeout(timer);
    timer = 0;
    if (!queue.length || !id()) return;
    var batch = queue.splice(0, 40);
    function again() { queue = batch.concat(queue).slice(0, 40); }
    fetch(to, {
      method: "POST", keepalive: true, credentials: "omit",
      body: JSON.stringify({ batch: batch, sentAt: new Date().toISOString() })
    }).then(function (r) { if (r.status == 429 || r.status > 499) again(); }, again);
  }
  function send(event) {
    event.messageId = random();
    event.anonymousId = id();
    event.originalTimestamp = new Date().toISOString();
    queue.push(event);
    timer = timer || setTimeout(flush, 300);
  }
  function page() {
    var url = location.href.split("#")[0];
    if (!id() || url == last) return;
    send({ type: "page", name: d.title.slice(0, 120), properties: { url: url, referrer: from } });
    from = last = url;
  }
  function identify(mail, traits) {
    who = [mail, traits];
    if (!id() || !mail) return;
    send({ type: "identify", traits: Object.assign({}, traits, { email: mail }) });
    who = 0;
  }
  function consent(yes) {
    if (off) return false;
    if (!yes) {
      queue = [];
      last = "";
      if (id()) cookie("", 0);
      return true;
    }
    if (!id()) cookie(random(), 31536000);
    page();
    if (who) identify(who[0], who[1]);
    return true;
  }
  ["pushState", "replaceState"].forEach(function (name) {
    var plain = history[name];
    history[name] = function () {
      var said = plain.apply(this, arguments);
      setTimeout(page, 0);
      return said;
    };
  });
  w.addEventListener("popstate", function () { setTimeout(page, 0); });
  w.addEventListener("pagehide", flush);
  d.addEventListener("visibilitychange", function () { if (d.hidden) flush(); });
  w.revopsVisits = { consent: consent, identify: identify, id: id, page: page };
  page();
})(document, window, navigator);

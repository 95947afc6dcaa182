(function (form) {
  "use strict";
  const base = new URL(".", document.currentScript.src).href;
  const make = (tag, set, ...inside) => {
    const one = Object.assign(document.createElement(tag), set);
    one.append(...inside.filter(Boolean));
    return one;
  };
  let count = 0;

  // --- drawing it where the page has only a place for it
  function control(field, id) {
    const set = { id, name: field.name, required: field.required };
    if (field.options && field.options.length && field.kind !== "list") {
      return make("select", set, make("option", { value: "" }), ...field.options.map(text => make("option", {}, text)));
    }
    if (field.kind === "long") return make("textarea", { ...set, rows: 4, maxLength: field.most });
    const types = { email: "email", tel: "tel", date: "date" };
    return make("input", { ...set, type: types[field.kind] || "text", maxLength: field.most, autocomplete: field.fill });
  }
  function row(field) {
    const id = `revops-${form.key}-${++count}`;
    if (field.kind === "yes_no" || !field.kind) {
      const box = make("input", { id, type: "checkbox", name: field.name, value: "yes", required: field.required });
      return make("p", { className: "revops-tick" }, box, " ", make("label", { htmlFor: id }, field.label));
    }
    const label = make("label", { htmlFor: id }, field.label, !field.required && make("small", {}, " optional"));
    return make("p", {}, label, " ", control(field, id));
  }
  function draw(place) {
    const trap = make("p", { className: "revops-trap", ariaHidden: "true" },
      make("label", {}, "Leave this empty ", make("input", { name: form.trap, tabIndex: -1, autocomplete: "off" })));
    trap.style.cssText = "position:absolute;left:-10000px";
    const drawn = make("form", { action: base, method: "post", className: "revops-form" },
      form.title && make("h2", {}, form.title), form.intro && make("p", {}, form.intro),
      ...form.fields.map(row), ...form.consents.map(row), trap,
      make("p", {}, make("button", {}, form.button)));
    place.replaceChildren(drawn);
    return drawn;
  }

  // --- the sum to solve (SHA-256 of salt + number, as ALTCHA has it), a thousand at a time
  const K = [], H = [];
  for (let n = 2; K.length < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    const part = root => ((root - Math.floor(root)) * 4294967296) | 0;
    if (H.length < 8) H.push(part(Math.sqrt(n)));
    K.push(part(Math.cbrt(n)));
  }
  const W = new Int32Array(64);
  function sha256(text) {
    const length = text.length, words = new Int32Array(((length + 8 >> 6) + 1) * 16), h = H.slice();
    for (let i = 0; i < length; i++) words[i >> 2] |= text.charCodeAt(i) << 24 - i % 4 * 8;
    words[length >> 2] |= 128 << 24 - length % 4 * 8;
    words[words.length - 1] = length * 8;
    for (let start = 0; start < words.length; start += 16) {
      let [a, b, c, d, e, f, g, k] = h;
      for (let i = 0; i < 64; i++) {
        if (i < 16) W[i] = words[start + i];
        else {
          const x = W[i - 15], y = W[i - 2];
          W[i] = W[i - 16] + W[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
            + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10) | 0;
        }
        const t = k + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i] | 0;
        const u = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
        k = g; g = f; f = e; e = d + t | 0; d = c; c = b; b = a; a = t + u | 0;
      }
      [a, b, c, d, e, f, g, k].forEach((one, i) => { h[i] = h[i] + one | 0; });
    }
    return h.map(one => (one >>> 0).toString(16).padStart(8, "0")).join("");
  }
  async function solve(sum) {
    for (let number = 0; number <= sum.maxNumber; number++) {
      if (sha256(sum.salt + number) === sum.challenge) {
        const { algorithm, challenge, salt, signature } = sum;
        return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
      }
      if (number % 1000 === 999) await wait(0);
    }
    return "";
  }

  // --- sending it without leaving the page
  const wait = ms => new Promise(done => setTimeout(done, ms));
  async function look() {
    const answer = await fetch(`${base}challenge/`, { credentials: "omit", cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const told = await answer.json();
    return { ...told, at: performance.now(), proof: told.altcha ? solve(told.altcha) : "" };
  }
  function hidden(node, name, value) {
    const there = node.elements[name] || node.appendChild(make("input", { type: "hidden", name }));
    if (value && !there.value) there.value = value;
  }
  async function post(body, tries) {
    for (let n = 1; ; n++) {
      let answer = null;
      try {
        answer = await fetch(base, { method: "POST", body, credentials: "omit", headers: { Accept: "application/json" } });
      } catch (away) { /* tried again below */ }
      if (answer && answer.status !== 429 && answer.status < 500) return answer;
      if (n === tries) return answer;
      await wait(Math.min(10, Number(answer && answer.headers.get("Retry-After")) || n) * 1000);
    }
  }
  function tell(node, errors) {
    for (const old of node.querySelectorAll(".revops-wrong")) old.remove();
    for (const old of node.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
    let first = null;
    for (const { field, detail } of errors) {
      const at = field && node.elements[field];
      const words = make("strong", { className: "revops-wrong", id: `revops-wrong-${++count}` }, detail);
      if (at && at.parentElement) {
        at.setAttribute("aria-invalid", "true");
        at.setAttribute("aria-describedby", words.id);
        at.parentElement.append(" ", words);
        first = first || at;
      } else {
        words.setAttribute("role", "alert");
        node.append(words);
      }
    }
    if (first) first.focus();
  }
  function enhance(node) {
    let seen = look();
    seen.catch(() => {});
    const visits = window.revopsVisits;
    node.addEventListener("submit", async event => {
      event.preventDefault();
      const button = node.querySelector("button:not([type=button]), [type=submit]");
      if (node.ariaBusy === "true") return;
      node.ariaBusy = "true";
      if (button) button.disabled = true;
      let answer = null;
      try {
        let now = await seen;
        if (performance.now() - now.at > 3e6) now = await (seen = look());
        const query = new URLSearchParams(location.search);
        for (const [name, value] of query) if (/^utm_[a-z]+$/i.test(name)) hidden(node, name.toLowerCase(), value);
        hidden(node, "page_url", location.href);
        hidden(node, "referrer", document.referrer);
        hidden(node, "visitor", visits && visits.id ? String(visits.id() || "") : "");
        const body = new URLSearchParams(new FormData(node));
        body.set("form_token", now.token);
        const proof = await now.proof;
        if (proof) body.set("altcha", proof);
        await wait(now.seconds * 1000 + 50 - (performance.now() - now.at));
        answer = await post(body, 4);
      } catch (stopped) {
        // The page forbids us to fetch, or we are away: then the browser sends it itself, as without a script.
        return HTMLFormElement.prototype.submit.call(node);
      }
      node.ariaBusy = "false";
      if (button) button.disabled = false;
      const told = answer ? await answer.json().catch(() => ({})) : {};
      if (!answer || !answer.ok) {
        return tell(node, told.errors || [{ detail: "This could not be sent. Please try again in a minute." }]);
      }
      node.dispatchEvent(new CustomEvent("revops:sent", { bubbles: true }));
      if (told.redirect) return location.assign(told.redirect);
      const thanks = make("p", { className: "revops-thanks", tabIndex: -1 }, told.thanks);
      thanks.setAttribute("role", "status");
      node.replaceWith(thanks);
      thanks.focus();
    });
  }
  function start() {
    for (const place of document.querySelectorAll(`[data-revops-form="${form.key}"]`)) {
      if (place.revops) continue;
      place.revops = true;
      enhance(place.tagName === "FORM" ? place : draw(place));
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})

/* The upload says how far it is. Without this script the form works as a plain one. */
(() => {
  "use strict";
  const form = document.querySelector("[data-upload-form]");
  if (!form) return;
  const bar = form.querySelector("[data-upload]"), said = form.querySelector("[data-said]"), button = form.querySelector("button");
  const mb = (bytes) => (bytes / 1048576).toLocaleString("en", { maximumFractionDigits: 1 });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { size } = form.querySelector("[type=file]").files[0];
    if (size > 3e8) return (said.textContent = `The file has ${mb(size)} MB, more than the 300 that fit. Split it.`);
    const sent = new XMLHttpRequest();
    button.disabled = true;
    bar.hidden = false;
    sent.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.max = total;
      bar.value = loaded;
      said.textContent = loaded < total ? `${mb(loaded)} of ${mb(total)} MB` : "It has arrived, being kept …";
    });
    const failed = () => {
      button.disabled = false;
      bar.hidden = true;
      said.textContent = "Not uploaded: the server didn’t answer. The file is still chosen; try again.";
    };
    sent.addEventListener("error", failed);
    sent.addEventListener("load", () => {
      const to = sent.getResponseHeader("HX-Redirect");
      if (to) return location.assign(to);
      const problem = new DOMParser().parseFromString(sent.responseText, "text/html").querySelector(".problem");
      if (!problem) return failed();
      failed();
      said.textContent = problem.textContent.trim();
    });
    sent.open("POST", form.action);
    sent.setRequestHeader("HX-Request", "true");
    sent.send(new FormData(form));
  });
})();

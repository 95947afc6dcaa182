/* Figures are JSON beside their frame, colours names of tokens. Plotly is fetched when the first frame comes near. */
(() => {
  "use strict";
  const { nonce, dataset } = document.currentScript;
  const frames = document.querySelectorAll("[data-chart]");
  let loading = null;
  const plotly = () =>
    (loading ??= new Promise((onload, onerror) => {
      document.head.append(Object.assign(document.createElement("script"), { src: dataset.plotly, nonce, onload, onerror }));
    }));

  // A custom property keeps light-dark() as text; a real property answers with the colour in force.
  const probe = document.body.appendChild(Object.assign(document.createElement("i"), { hidden: true }));
  const colour = (name) => {
    probe.style.color = `var(${name})`; // set through the object model, which the policy allows
    return getComputedStyle(probe).color;
  };
  const resolve = (value) =>
    typeof value === "string" && /^--[a-z]/.test(value) ? colour(value)
    : Array.isArray(value) ? value.map(resolve)
    : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolve(v)]))
    : value;

  const axis = { gridcolor: "--line", linecolor: "--line", zeroline: false, ticks: "", fixedrange: true, automargin: true, ticklabelstandoff: 6 };
  const template = {
    layout: {
      font: { family: "Inter, system-ui, sans-serif", size: 12, color: "--ink-2" },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      colorway: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `--c${n}`),
      margin: { l: 8, r: 8, t: 8, b: 24 }, xaxis: axis, yaxis: axis,
      hovermode: "closest", hoverlabel: { bgcolor: "--paper", bordercolor: "--line", font: { color: "--ink" } },
      showlegend: false, separators: ".,", uirevision: "same", bargap: 0.35, transition: { duration: 0 },
    },
  };
  const draw = async (frame) => {
    const figure = JSON.parse(document.getElementById(frame.dataset.chart).textContent);
    const plot = frame.querySelector(".plot");
    const zero = figure.data.some((trace) => trace.type === "bar") && { rangemode: "tozero" };
    const { xaxis, yaxis, ...given } = figure.layout ?? {};
    const layout = { ...given, template, autosize: true, xaxis: { ...zero, ...xaxis }, yaxis: { ...zero, ...yaxis } };
    try {
      await plotly();
      await window.Plotly.react(plot, resolve(figure.data), resolve(layout), { displayModeBar: false, responsive: true, scrollZoom: false });
    } catch {
      frame.querySelector(".wait").textContent = "The chart could not be drawn; its table is below.";
      return;
    }
    frame.querySelector(".wait")?.remove();
    if (frame.drawn) return;
    frame.drawn = true;
    plot.on("plotly_click", ({ points }) => {
      const href = points[0]?.customdata;
      const link = document.getElementById("follow");
      if (!String(href).startsWith("/")) return;
      link.href = href;
      link.click();
    });
  };

  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen)
      if (isIntersecting) { near.unobserve(target); draw(target); }
  }, { rootMargin: "200px" });
  frames.forEach((frame) => near.observe(frame));
  const again = () => frames.forEach((frame) => frame.drawn && draw(frame));
  document.addEventListener("theme:changed", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
})();

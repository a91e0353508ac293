// The time line is drawn by uPlot on a canvas, so its colours are read from the style sheet, anew for print and theme.
const live = new Set();
const DAY = 86400;
function ink(name) {
  const probe = byId("probe") || document.body.appendChild(h("span", { id: "probe", hidden: true }));
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
function redrawCharts(width) {
  for (const chart of live) {
    if (chart.box.isConnected) chart.draw(width);
    else { chart.plot?.destroy(); live.delete(chart); }
  }
}

function timeline(history, { events = [], windows = [], name }) {
  const box = h("div", { class: "chart", role: "img", "aria-label": spoken(history, name, windows) });
  const chart = {
    box,
    draw(width) {
      const wide = Math.round(width || box.clientWidth);
      if (!wide) return;
      chart.plot?.destroy();
      chart.plot = new uPlot(options(wide, history, events, windows), columns(history), box);
    },
  };
  live.add(chart);
  new ResizeObserver(() => { if (box.isConnected && chart.plot?.width !== box.clientWidth) chart.draw(); }).observe(box);
  return box;
}
function spoken(history, name, windows) {
  if (!history.day.length) return `${name}: no dated evidence`;
  const last = history.day.length - 1;
  return `Index of ${name} over time: ${number(history.index[0])} (${number(history.low[0])} to ${number(history.high[0])}) on ${isoDay(history.day[0])}, ` +
    `${number(history.index[last])} (${number(history.low[last])} to ${number(history.high[last])}) on ${isoDay(history.day[last])}. The table below has all points.` +
    windows.map((each) => ` Window ${each.name}: ${each.since ?? "the beginning"} to ${each.until ?? "the end"}.`).join("");
}
function columns(history) {
  const sure = history.index.map((value, i) => history.enough[i] ? value : null);
  return [history.day.map((day) => day * DAY), history.low, history.high, sure];
}
function options(width, history, events, windows) {
  const line = ink("line"), soft = ink("soft"), strong = ink("ink");
  const axis = { stroke: soft, font: "12px Inter, system-ui, sans-serif", ticks: { show: false } };
  const seconds = (iso, open) => iso ? Date.parse(iso) / 1000 : open;
  const span = [history.day[0] * DAY, history.day.at(-1) * DAY];
  if (span[0] === span[1]) { span[0] -= DAY * 30; span[1] += DAY * 30; }
  return {
    width, height: 260, padding: [18, 12, 0, 0], legend: { show: false }, cursor: { show: false }, tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "UTC"),
    scales: { x: { range: () => span }, y: { range: [0, 100] } },
    axes: [
      { ...axis, grid: { show: false }, space: 70, values: "{YYYY}-{MM}", incrs: [1, 2, 3, 6, 12, 24, 60].map((months) => months * 30.4375 * DAY), splits: (_, __, low, high, step) => monthStarts(low, high, step) },
      { ...axis, size: 36, grid: { stroke: line, width: 1 }, splits: [0, 25, 50, 75, 100] },
    ],
    bands: [{ series: [2, 1], fill: ink("band") }],
    series: [
      {}, { stroke: ink("bar"), width: 1, points: { show: false } }, { stroke: ink("bar"), width: 1, points: { show: false } },
      { stroke: strong, width: 2.5, points: { show: true, size: 5, fill: strong, stroke: strong }, spanGaps: false },
    ],
    hooks: {
      drawClear: [(plot) => {
        // Windows that touch take turns: shaded, plain.
        windows.forEach((each, i) => shade(plot, seconds(each.since, span[0]), seconds(each.until, span[1] - DAY) + DAY, each.name, (i + Boolean(windows[0].since)) % 2));
      }],
      draw: [(plot) => {
        rule(plot, strong);
        events.forEach((event, i) => flag(plot, seconds(event.day), event.label, i));
      }],
    },
  };
}
function monthStarts(low, high, step) {
  const months = Math.max(1, Math.round(step / (30.4375 * DAY)));
  const starts = [];
  const first = new Date(low * 1e3);
  for (let month = first.getUTCFullYear() * 12 + first.getUTCMonth(); ; month++) {
    const at = Date.UTC(Math.floor(month / 12), month % 12) / 1000;
    if (at > high) return starts;
    if (at >= low && month % months === 0) starts.push(at);
  }
}
function drawing(plot, work) {
  const pen = plot.ctx;
  pen.save();
  pen.beginPath();
  pen.rect(plot.bbox.left, 0, plot.bbox.width, plot.bbox.top + plot.bbox.height);
  pen.clip();
  pen.font = `${11 * uPlot.pxRatio}px Inter, system-ui, sans-serif`;
  work(pen, uPlot.pxRatio);
  pen.restore();
}
function shade(plot, from, to, name, filled) {
  drawing(plot, (pen, ratio) => {
    const { left, top, width, height } = plot.bbox;
    const [start, end] = [from, to].map((at) => Math.min(left + width, Math.max(left, plot.valToPos(at, "x", true))));
    pen.fillStyle = ink("shade");
    if (filled) pen.fillRect(start, top, end - start, height);
    pen.fillStyle = ink("soft");
    // Squeezed rather than written over the next one.
    if (end - start > 16 * ratio) pen.fillText(name, start + 4 * ratio, top + height - 6 * ratio, end - start - 8 * ratio);
  });
}
function rule(plot, colour) {
  drawing(plot, (pen, ratio) => {
    const y = plot.valToPos(50, "y", true);
    pen.strokeStyle = colour;
    pen.setLineDash([3 * ratio, 3 * ratio]);
    pen.beginPath();
    pen.moveTo(plot.bbox.left, y);
    pen.lineTo(plot.bbox.left + plot.bbox.width, y);
    pen.stroke();
  });
}
function flag(plot, at, label, place) {
  drawing(plot, (pen, ratio) => {
    const x = plot.valToPos(at, "x", true);
    if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) return;
    pen.strokeStyle = pen.fillStyle = ink("soft");
    pen.lineWidth = ratio;
    pen.beginPath();
    pen.moveTo(x, plot.bbox.top);
    pen.lineTo(x, plot.bbox.top + plot.bbox.height);
    pen.stroke();
    const room = plot.bbox.left + plot.bbox.width - x > 90 * ratio;
    pen.textAlign = room ? "left" : "right";
    pen.fillText(label, x + (room ? 4 : -4) * ratio, plot.bbox.top + (11 + 13 * (place % 3)) * ratio);
  });
}
function historyTable(history) {
  return h("details", {}, h("summary", {}, "The points as a table"),
    h("table", { class: "plain" },
      h("thead", {}, h("tr", {}, ["As of", "Index", "90 % interval"].map((text, i) => h("th", { scope: "col", class: i ? "num" : null }, text)))),
      h("tbody", {}, history.day.map((day, i) => h("tr", {}, h("td", {}, isoDay(day)),
        h("td", { class: "num" }, history.enough[i] ? number(history.index[i]) : "not enough"),
        h("td", { class: "num" }, `${number(history.low[i])} to ${number(history.high[i])}`))))));
}
// A supplier on the line from 0 to 100.
function scale(score, name) {
  const text = score.enough_evidence ? `${name}: index ${number(score.index)}, 90 % interval ${number(score.low)} to ${number(score.high)}` : `${name}: not enough evidence; 90 % interval ${number(score.low)} to ${number(score.high)}`;
  return h("div", { class: `scale ${score.enough_evidence ? "" : "weak"}`, role: "img", "aria-label": text },
    h("span", { class: "interval", style: { left: `${score.low}%`, width: `${Math.max(score.high - score.low, 0.6)}%` } }),
    score.enough_evidence && h("span", { class: "dot", style: { left: `${score.index}%` } }));
}
// Vendor evidence to the left, partner evidence to the right, on one scale.
function mirror(vendor, partner, most) {
  const part = (value) => `${most > 0 ? 50 * value / most : 0}%`;
  return h("div", { class: "mirror" },
    h("span", { class: "figure" }, number(vendor, 1)),
    h("span", { class: "bars", "aria-hidden": "true" },
      h("span", { class: "vendor", style: { width: part(vendor) } }), h("span", { class: "partner", style: { width: part(partner) } })),
    h("span", { class: "figure" }, number(partner, 1)));
}

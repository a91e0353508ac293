// The summary is plain JSON; what belongs to one supplier is packed, and unpacked when it is wanted.
const summary = JSON.parse(byId("summary").textContent);
const places = new Map(summary.suppliers.map((supplier, i) => [supplier.name, i]));
const sides = summary.signals.map((signal) => signal.side);
const uncorrected = summary.correction === "none";

const whole = new Promise((resolve) => {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", resolve);
  else resolve();
});
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}
const opened = new Map();
async function block(place) {
  if (!byId(`block-${place}`)) await whole;
  if (!opened.has(place)) opened.set(place, unpack(byId(`block-${place}`).textContent));
  return opened.get(place);
}

// Every sentence of the page as (supplier, row), in two orders; made once, piece by piece, so that nothing stutters.
let library = null;
function allEvidence() {
  library ??= (async () => {
    const evidence = [];
    for (let place = 0; place < summary.suppliers.length; place++) {
      evidence.push((await block(place)).evidence);
      if (place % 8 === 7) await new Promise((resolve) => setTimeout(resolve));
    }
    return arrange(evidence, summary.suppliers.map((_, place) => place));
  })();
  return library;
}
function arrange(evidence, owners) {
  const total = evidence.reduce((sum, each) => sum + each.text.length, 0);
  const owner = new Uint16Array(total), row = new Uint32Array(total);
  const size = new Float64Array(total), day = new Float64Array(total);
  let at = 0;
  evidence.forEach((columns, which) => {
    for (let i = 0; i < columns.text.length; i++, at++) {
      owner[at] = which; row[at] = i;
      size[at] = Math.abs(columns.points[i]);
      day[at] = columns.day[i] ?? -Infinity;
    }
  });
  const order = (key) => Uint32Array.from(Array.from({ length: total }, (_, i) => i).sort((a, b) => key[b] - key[a] || a - b));
  let bySize = null, byDay = null;
  const found = evidence.reduce((sum, each) => sum + each.found, 0);
  return {
    total, found, columns: (i) => evidence[owner[i]], row: (i) => row[i], place: (i) => owners[owner[i]],
    order: (name) => name === "newest" ? (byDay ??= order(day)) : (bySize ??= order(size)),
  };
}

// Sentences: filtered, sorted, a page at a time.
const PAGE = 40;
const MARKED = "Marked, in the sentences that moved an index most: the words without which the model would have been least sure.";
const FILTERS = ["q", "supplier", "signal", "voice", "bulk", "from", "to", "order", "page"];

function evidencePage(query) {
  const list = h("div", {}, h("p", { class: "note" }, "Unpacking…"));
  const found = allEvidence();
  found.then((evidence) => evidenceList(list, evidence, query, true));
  return [
    h("h1", {}, "Sentences"),
    h("p", { class: "lead" }, "What was found, sentence by sentence. Each was judged alone by a model: look before you quote."),
    summary.marked > 0 && h("p", { class: "note" }, MARKED),
    evidenceControls(query, true, async () => evidenceList(list, await found, query, true)),
    list,
  ];
}
function evidenceControls(query, everyone, draw) {
  let timer = null;
  const set = (name, value, wait) => {
    setQuery(query, name, value);
    query.delete("page");
    clearTimeout(timer);
    timer = setTimeout(draw, wait ? 60 : 0);
  };
  const pick = (name, label, choices) => field(label, h("select", { id: `evidence-${name}`, onchange: (event) => set(name, event.target.value) },
    choices.map(([value, text]) => option(value, text, query.get(name) ?? ""))));
  const type = (name, label, kind) => field(label, h("input", { type: kind, id: `evidence-${name}`, value: query.get(name) ?? "", autocomplete: "off", oninput: (event) => set(name, event.target.value, true) }), kind === "search" ? "grow" : "");
  return h("form", { class: "controls", role: "search", "aria-label": "Sentences", onsubmit: (event) => event.preventDefault() },
    summary.quotes && type("q", "Words", "search"),
    everyone && pick("supplier", "Supplier", [["", "all"], ...summary.suppliers.map(({ name }) => [name, name]).sort((a, b) => a[1].localeCompare(b[1]))]),
    pick("signal", "Signal", [["", "all"], ["partner", "all partner signals"], ["vendor", "all vendor signals"], ...summary.signals.map(({ label }) => [label, words(label)])]),
    pick("voice", "Voice", [["", "all"], ...summary.voices.map((voice) => [voice, VOICE[voice] ?? voice])]),
    pick("bulk", "Bulk mail", [["", "with"], ["without", "without"], ["only", "only"]]),
    type("from", "From", "date"), type("to", "To", "date"),
    pick("order", "Order", [["", "counts most"], ["newest", "newest"]]));
}
function matcher(query) {
  const day = (name) => query.get(name) ? Date.parse(query.get(name)) / 864e5 : null;
  const from = day("from"), to = day("to"), signal = query.get("signal"), bulk = query.get("bulk");
  const voice = query.get("voice") ? summary.voices.indexOf(query.get("voice")) : null;
  const place = query.get("supplier") ? places.get(query.get("supplier")) ?? -1 : null;
  const text = query.get("q") ? new RegExp(query.get("q").replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "iu") : null;
  const wanted = signal ? summary.signals.map((each) => each.label === signal || each.side === signal) : null;
  return (columns, row, owner) =>
    (place === null || place === owner) && (!wanted || wanted[columns.signal[row]]) && (voice === null || voice === columns.voice[row]) &&
    (!bulk || (bulk === "only") === Boolean(columns.bulk[row])) &&
    (from === null || (columns.day[row] !== null && columns.day[row] >= from)) && (to === null || (columns.day[row] !== null && columns.day[row] <= to)) &&
    (!text || text.test(columns.text[row]));
}
function evidenceList(list, evidence, query, everyone) {
  const fits = matcher(query);
  const chosen = evidence.order(query.get("order")).filter((i) => fits(evidence.columns(i), evidence.row(i), evidence.place(i)));
  const pages = Math.max(1, Math.ceil(chosen.length / PAGE));
  const page = Math.min(pages, Math.max(1, Number(query.get("page")) || 1));
  const turn = (to) => () => { setQuery(query, "page", to === 1 ? "" : String(to)); evidenceList(list, evidence, query, everyone); list.querySelector(".count").focus(); list.scrollIntoView({ block: "start" }); };
  const kept = evidence.found > evidence.total ? ` The page keeps the ${number(evidence.total)} that count most of ${number(evidence.found)}; evidence.csv has all.` : "";
  const count = `${plural(chosen.length, "tagged sentence")}${pages > 1 ? `, page ${number(page)} of ${number(pages)}` : ""}.${kept}`;
  const turning = pages > 1 && h("div", { class: "turning" },
    h("button", { type: "button", disabled: page === 1, onclick: turn(page - 1) }, "Previous"),
    h("button", { type: "button", disabled: page === pages, onclick: turn(page + 1) }, "Next"));
  list.replaceChildren(
    h("p", { class: "note count", tabindex: "-1", role: "status" }, count),
    h("ol", { class: "evidence", start: (page - 1) * PAGE + 1 }, Array.from(chosen.slice((page - 1) * PAGE, page * PAGE), (i) => evidenceItem(evidence.columns(i), evidence.row(i), evidence.place(i), everyone))),
    turning || "");
}
function evidenceItem(columns, row, place, everyone) {
  const signal = summary.signals[columns.signal[row]], supplier = summary.suppliers[place].name;
  const message_id = columns.ids[columns.message[row]], subject = columns.subjects[columns.message[row]];
  const item = h("li", { class: `item ${signal.side}` });
  const draw = () => {
    const corrections = correctionsOf(message_id, columns.sentence[row]);
    const struck = corrections.some((each) => each.action !== "add" && each.signal === signal.label);
    item.classList.toggle("struck", struck);
    item.replaceChildren(
      h("div", { class: "points", title: "Points of the index" }, signed(columns.points[row], 2)),
      h("div", { class: "what" },
        h("p", { class: "tag" }, h("span", { class: `chip ${signal.side}`, title: signal.definition }, words(signal.label)),
          everyone && h("a", { href: supplierLink(supplier) }, h("bdi", {}, supplier))),
        said(columns, row),
        h("p", { class: "meta" }, `${isoDay(columns.day[row])} · ${VOICE[summary.voices[columns.voice[row]]]} · probability ${number(columns.probability[row] / 1000, 2)}${columns.bulk[row] ? " · bulk mail" : ""}`),
        corrections.length ? h("ul", { class: "noted" }, corrections.map((each) => h("li", {}, correctionText(each)))) : null,
        h("div", { class: "more" },
          context(columns, row, subject, message_id),
          h("details", { ontoggle: fill }, h("summary", {}, "Correct")))));
  };
  // Made when it is opened: with 200 suppliers to choose from, forty forms would be slow.
  const fill = ({ target }) => {
    if (target.open && target.children.length === 1) target.append(correctForm({ message_id, sentence: columns.sentence[row], signal: signal.label, supplier }, () => { draw(); item.querySelector("summary").focus(); }));
  };
  draw();
  return item;
}
function said(columns, row) {
  if (!columns.text[row]) return h("p", { class: "said note" }, "Words not kept.");
  return h("p", { class: "said", dir: "auto" }, marked(columns.text[row], columns.marks[row]));
}
function marked(text, marks = []) {
  const parts = [];
  let at = 0;
  for (const [start, end] of marks) {
    if (start < at) continue;
    parts.push(text.slice(at, start), h("mark", {}, text.slice(start, end)));
    at = end;
  }
  return [...parts, text.slice(at)];
}
function context(columns, row, subject, message_id) {
  const around = row < columns.before.length;
  return h("details", {}, h("summary", {}, "In its message"),
    h("div", { class: "passage", dir: "auto" },
      subject && h("p", { class: "subject" }, h("bdi", {}, subject)),
      around ? h("p", {}, columns.before[row], " ", h("strong", {}, marked(columns.text[row], columns.marks[row])), " ", columns.after[row])
        : h("p", { class: "note" }, summary.quotes ? "The words around it are kept for the sentences that count most; find the message by its id." : "Words not kept; find the message by its id.")),
    h("p", { class: "meta" }, "message ", h("bdi", { class: "id" }, message_id), `, sentence ${columns.sentence[row] + 1}`));
}

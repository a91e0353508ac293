// Corrections are kept in this browser until they are downloaded; the run's own come with the page.
const CORRECTION_COLUMNS = ["message_id", "sentence", "signal", "action", "supplier", "who", "when"];
const shelf = `partnersignal:${summary.receipt.export?.join("|") ?? ""}:${summary.view.as_of}`;
const noted = (() => {
  try { return JSON.parse(localStorage.getItem(shelf)) ?? []; } catch { return []; }
})();
let undelivered = false;

function keepCorrections() {
  try { localStorage.setItem(shelf, JSON.stringify(noted)); } catch { /* a private window keeps nothing */ }
  drawNav();
}
function rememberedWho() {
  try { return localStorage.getItem("partnersignal:who") ?? ""; } catch { return ""; }
}
function note(message_id, sentence, signal, action, supplier) {
  const same = (each) => each.message_id === message_id && each.sentence === sentence && each.signal === signal && (action !== "add" ? each.action !== "add" : each.action === "add");
  const old = noted.findIndex(same);
  if (old >= 0) noted.splice(old, 1);
  noted.push({ message_id, sentence, signal, action, supplier, who: rememberedWho(), when: new Date().toISOString().slice(0, 19) + "Z" });
  undelivered = true;
  keepCorrections();
  say(`Noted. ${plural(noted.length, "correction")} to download.`);
}
const correctionsOf = (message_id, sentence) => [...summary.corrections, ...noted].filter((each) => each.message_id === message_id && each.sentence === sentence);
function correctionText(each) {
  if (each.action === "strike") return `struck: not ${words(each.signal)}`;
  if (each.action === "add") return `added: ${words(each.signal)}`;
  return `moved: ${words(each.signal)} of ${each.supplier}`;
}
// Quoted throughout; an apostrophe keeps a spreadsheet from running a cell (the reader takes it off again).
function csvCell(value) {
  const text = String(value);
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
function correctionsCsv() {
  const rows = [...summary.corrections, ...noted];
  return "\ufeff" + [CORRECTION_COLUMNS, ...rows.map((row) => CORRECTION_COLUMNS.map((name) => row[name] ?? ""))]
    .map((cells) => cells.map(csvCell).join(",")).join("\r\n") + "\r\n";
}
function correctionsPage() {
  const draw = () => show(true);
  const rows = [...summary.corrections.map((row) => ({ ...row, old: true })), ...noted];
  const who = h("input", { id: "who", value: rememberedWho(), autocomplete: "off", oninput: (event) => {
    try { localStorage.setItem("partnersignal:who", event.target.value); } catch { /* kept for this page only */ }
    for (const each of noted) each.who = event.target.value;
    keepCorrections();
  } });
  return [
    h("h1", {}, "Corrections"),
    h("p", { class: "lead" }, "Where the model is wrong, strike a tag, add one, or move it to the right supplier: open a sentence and choose Correct. The index honours your corrections when it is rolled up again, and they can be used as labels."),
    h("ol", { class: "steps" }, h("li", {}, "Download corrections.csv and put it into the folder of this report."), h("li", {}, "Run ", h("code", {}, "partnersignal index DIR"), " with that folder.")),
    h("div", { class: "controls" }, field("Your name or initials", who),
      h("button", { type: "button", id: "download", class: "primary", disabled: !rows.length, onclick: () => { download("corrections.csv", "text/csv;charset=utf-8", correctionsCsv()); undelivered = false; say("Downloaded."); } }, "Download corrections.csv"),
      h("button", { type: "button", disabled: !noted.length, onclick: () => { if (confirm("Forget the corrections noted in this browser?")) { noted.length = 0; undelivered = false; keepCorrections(); draw(); } } }, "Forget all")),
    rows.length ? frame("Corrections", h("table", { class: "plain" },
      h("thead", {}, h("tr", {}, ["What", "Supplier", "Message", "Sentence", "Who, when", ""].map((text) => h("th", { scope: "col" }, text || h("span", { class: "visually-hidden" }, "Undo"))))),
      h("tbody", {}, rows.map((row) => h("tr", {}, h("td", {}, correctionText(row)), h("td", {}, h("bdi", {}, row.supplier)), h("td", { class: "id" }, h("bdi", {}, row.message_id)),
        h("td", { class: "num" }, String(row.sentence)), h("td", {}, h("bdi", {}, row.who), " ", row.when?.slice(0, 10) ?? ""),
        h("td", {}, row.old ? "in the run" : h("button", { type: "button", class: "small", onclick: () => { noted.splice(noted.indexOf(row), 1); keepCorrections(); draw(); } }, "Undo")))))))
      : h("p", { class: "note" }, "None yet."),
  ];
}
// The form under a sentence.
function correctForm(item, done) {
  const { message_id, sentence, signal, supplier } = item;
  const signals = h("select", { "aria-label": "Signal" }, summary.signals.filter((each) => each.label !== signal).map((each) => option(each.label, `${words(each.label)} (${each.side})`)));
  const suppliers = h("select", { "aria-label": "Supplier" }, summary.suppliers.filter((each) => each.name !== supplier).map((each) => option(each.name, each.name)));
  const act = (work) => () => { work(); done(); };
  const line = (button, ...rest) => h("div", { class: "choice" }, button, rest);
  const button = (text, work) => h("button", { type: "button", class: "small", onclick: act(work) }, text);
  return h("div", { class: "correct", role: "group", "aria-label": "Correct this tag" },
    line(button("Strike", () => note(message_id, sentence, signal, "strike", supplier)), `it is not ${words(signal)}`),
    line(button("Change", () => { note(message_id, sentence, signal, "strike", supplier); note(message_id, sentence, signals.value, "add", supplier); }), "it is", signals, "instead, or "),
    line(button("Add", () => note(message_id, sentence, signals.value, "add", supplier)), "that one beside it"),
    suppliers.options.length ? line(button("Move", () => note(message_id, sentence, signal, "move", suppliers.value)), "it is about", suppliers) : null);
}
addEventListener("beforeunload", (event) => { if (undelivered) event.preventDefault(); });

// How the numbers came about, and what they are not for.
function aboutPage() {
  const { receipt, prior, view } = summary;
  const pairs = (rows) => h("table", { class: "plain pairs" }, h("tbody", {}, rows.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "num" }, value)))));
  return [
    h("h1", {}, "Method and limits"),
    section("What not to decide with this", null, h("ul", { class: "limits" },
      h("li", {}, "Do not end, renew or reprice a contract on this number alone. It says where to look; the sentences say what happened."),
      h("li", {}, "Do not judge persons. Organisations are scored; no score of a person exists."),
      h("li", {}, "Do not read a difference between suppliers that cannot be told apart, or a number outside its interval."),
      h("li", {}, "Do not compare indexes of different portfolios or runs: 50 is what is typical here."),
      h("li", {}, "Do not take silence for guilt: calls, chats and what was never written are not in the mail."),
      h("li", {}, uncorrected ? "Rates say “found”, not “true”. These are uncorrected: some sentences are false alarms, and misses are assumed to be alike for all suppliers." : "Rates say “found”, not “true”. False alarms are corrected; misses are assumed to be alike for all suppliers."))),
    section("Receipt", h("span", {}, "What was read and what became of it. In full: ", h("a", { href: "receipt.json" }, "receipt.json"), "; tables: ", h("a", { href: "index.csv" }, "index.csv"), ", ", h("a", { href: "evidence.csv" }, "evidence.csv"), " (beside this file)."),
      h("div", { class: "columns" },
        pairs([...Object.entries(receipt.messages ?? {}).map(([name, count]) => [words(name), number(count)]), ["unreadable", number(receipt.unreadable?.count ?? 0)], [h("strong", {}, "all read"), h("strong", {}, number(receipt.read ?? 0))]]),
        pairs([
          ["bulk mail", number(receipt.bulk ?? 0)], ["undated", number(receipt.undated ?? 0)], ["characters that could not be decoded", number(receipt.replaced_characters ?? 0)],
          ["sentences, new words", number(receipt.sentences?.new ?? 0)], ["of these, about a supplier", number(receipt.sentences?.attributed ?? 0)], ["not in a known script", number(receipt.sentences?.not_in_a_known_script ?? 0)],
          ["tags", number(receipt.tags ?? 0)],
        ])),
      h("p", { class: "note" }, "Suppliers: ", h("bdi", {}, receipt.suppliers?.note ?? ""), ".")),
    section("Settings", null, pairs([
      ["evidence as of", view.as_of ?? "no date"], ["half-life", view.half_life === null ? "nothing fades" : `${number(view.half_life)} days`],
      ["window", view.since || view.until ? `${view.since ?? "…"} to ${view.until ?? "…"}` : "all periods"], ["bulk mail", view.bulk === "count" ? "counts, a month as one thread" : "left out"],
      ["prior", prior.source === "portfolio" ? `fitted to ${number(prior.suppliers)} suppliers` : "shipped: the portfolio is too small to fit one"],
      ["correction of false alarms", uncorrected ? "none: uncorrected" : summary.correction],
      ["deciding words", summary.marked ? `marked in ${plural(summary.marked, "sentence")}` : "not marked"],
      ["model", h("bdi", {}, String(receipt.model ?? ""))], ["partnersignal", String(receipt.partnersignal ?? "")],
    ])),
    section("Signals and weights", "Only ratios within a side matter. Every weight can be set by the user.",
      frame("Weights", h("table", { class: "plain" }, h("thead", {}, h("tr", {}, ["Signal", "What the supplier does", "Weight", "Where it comes from"].map((text, i) => h("th", { scope: "col", class: i === 2 ? "num" : null }, text)))),
        h("tbody", {}, summary.signals.map((signal) => h("tr", {}, h("th", { scope: "row" }, h("span", { class: `chip ${signal.side}` }, words(signal.label))), h("td", {}, signal.definition),
          h("td", { class: "num" }, number(signal.weight, 2), signal.weight !== signal.default && h("span", { class: "facts" }, `default ${number(signal.default, 2)}`)), h("td", { class: "note" }, signal.source))))))),
    summary.card && section("Model card", "How good the model is, as measured when it was trained.", h("div", { class: "card" }, markdown(summary.card))),
  ];
}
// Headings, paragraphs, lists and tables: all a model card has.
function markdown(text) {
  const inline = (line) => line.split(/(`[^`]*`|\*\*[^*]*\*\*)/).map((part) =>
    part.startsWith("`") && part.length > 1 ? h("code", {}, part.slice(1, -1)) : part.startsWith("**") && part.length > 3 ? h("strong", {}, part.slice(2, -2)) : part);
  const cells = (line) => line.replace(/^\||\|\s*$/g, "").split("|").map((cell) => cell.trim());
  return text.split(/\n{2,}/).map((part) => part.trim()).filter(Boolean).flatMap((part) => {
    const lines = part.split("\n"), heading = /^(#+) (.*)/.exec(lines[0]);
    if (heading) return [h("h3", {}, inline(heading[2])), ...(lines.length > 1 ? markdown(lines.slice(1).join("\n")) : [])];
    if (lines[0].startsWith("|")) {
      const rows = lines.filter((line) => !/^\|[\s:|-]+$/.test(line)).map(cells);
      return [frame("Figures", h("table", { class: "plain" }, h("thead", {}, h("tr", {}, rows[0].map((cell) => h("th", { scope: "col" }, inline(cell))))), h("tbody", {}, rows.slice(1).map((row) => h("tr", {}, row.map((cell) => h("td", {}, inline(cell))))))))];
    }
    if (lines[0].startsWith("- ")) return [h("ul", {}, lines.map((line) => h("li", {}, inline(line.replace(/^- /, "")))))];
    return [h("p", {}, inline(lines.join(" ")))];
  });
}

// One supplier: where it stands, since when, why, and the sentences.
const supplierLink = (name) => `#/supplier/${encodeURIComponent(name)}`;

async function supplierPage(name, query) {
  const place = places.get(name);
  if (place === undefined) return [h("h1", {}, "No such supplier"), h("p", {}, "This report has no supplier called ", h("bdi", {}, name), ". ", h("a", { href: "#/" }, "All suppliers"))];
  const supplier = summary.suppliers[place], score = summary.views.all.scores[name];
  const data = await block(place);
  const evidence = arrange([data.evidence], [place]);
  const list = h("div", {});
  const draw = () => evidenceList(list, evidence, query, false);
  draw();
  return [
    h("nav", { class: "crumbs", "aria-label": "Suppliers" }, h("a", { href: "#/" }, "All suppliers"),
      place > 0 && h("a", { href: supplierLink(summary.suppliers[place - 1].name), rel: "prev" }, "← higher"),
      place + 1 < summary.suppliers.length && h("a", { href: supplierLink(summary.suppliers[place + 1].name), rel: "next" }, "lower →")),
    h("h1", {}, h("bdi", {}, name)),
    standing(supplier, score, name),
    section("Over time", "The index as it would have been on each day, older mail fading. The band is the 90 % interval; where there was too little evidence there is no line.",
      data.history.day.length ? [timeline(data.history, { name, events: summary.events.filter((event) => !event.supplier || event.supplier === name), windows: shownWindows() }), historyTable(data.history)]
        : h("p", { class: "note" }, "No dated evidence.")),
    moved(data.profile, score),
    data.threads.length ? threads(data.threads, score) : null,
    data.conduct.length ? conduct(data.conduct) : null,
    data.cannot.length ? cannot(data.cannot) : null,
    section("Sentences", Object.keys(data.evidence.marks).length > 0 && MARKED, evidenceControls(query, false, draw), list),
  ];
}
function shownWindows() {
  const { since, until } = summary.view;
  return !summary.windows.length && (since || until) ? [{ name: "this index", since, until }] : summary.windows;
}
function standing(supplier, score, name) {
  const quiet = summary.views.quiet?.scores[name];
  const groups = summary.views.all.groups.filter((group) => group.includes(name));
  const mates = new Set(groups.flat());
  const facts = [
    ["Evidence", h("span", {}, h("span", { class: "is-partner" }, `${number(score.partner_evidence, 1)} partner`), ", ", h("span", { class: "is-vendor" }, `${number(score.vendor_evidence, 1)} vendor`))],
    ["Balance", score.balance === null ? "–" : `${percent(score.balance)} partner-like`],
    ["Mail", `${plural(score.messages, "message")} in ${plural(score.threads, "thread")}`],
    ["Period", score.first_date ? `${score.first_date} to ${score.last_date}` : "undated"],
    ["Coverage", `${percent(score.coverage)} of sentences could be read`],
    quiet && ["Without bulk mail", quiet.enough_evidence ? `${number(quiet.index)} (${number(quiet.low)} to ${number(quiet.high)})` : `between ${number(quiet.low)} and ${number(quiet.high)}`],
    supplier.category && ["Category", h("bdi", {}, supplier.category)],
    supplier.criticality && ["Criticality", h("bdi", {}, supplier.criticality)],
    supplier.spend !== undefined && supplier.spend !== null && ["Spend a year", number(supplier.spend)],
  ].filter(Boolean);
  return h("div", { class: "standing" },
    h("div", { class: "headline" },
      h("p", { class: "big" }, score.enough_evidence ? number(score.index) : "–", h("span", {}, `${number(score.low)} to ${number(score.high)}`)),
      scale(score, name),
      h("div", { class: "ticks", "aria-hidden": "true" }, h("span", {}, "0"), h("span", {}, "50 typical"), h("span", {}, "100")),
      h("p", {}, verdict(score)),
      mates.size > 1 && h("p", { class: "note" }, "Cannot be told apart from ", [...mates].filter((each) => each !== name).slice(0, 8).flatMap((each, i) => [i ? ", " : "", h("a", { href: supplierLink(each) }, h("bdi", {}, each))]), mates.size > 9 ? ` and ${number(mates.size - 9)} more.` : "."),
      uncorrected && h("p", { class: "note" }, h("strong", {}, "Uncorrected: "), "false alarms of the model are in this number, and the interval does not cover them.")),
    h("dl", { class: "facts-list" }, facts.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))));
}
function verdict(score) {
  const range = `between ${number(score.low)} and ${number(score.high)} with 90 % probability`;
  if (!score.enough_evidence) return `There is too little evidence for a number: the index lies ${range}.`;
  if (score.low > 50) return `More partner-like than is typical of this portfolio: ${range}.`;
  if (score.high < 50) return `More vendor-like than is typical of this portfolio: ${range}.`;
  return `Typical behaviour cannot be ruled out: the index lies ${range}.`;
}
// Found, less what a typical supplier would have shown, a side and a signal.
function moved(profile, score) {
  const total = (side, column) => profile.reduce((sum, row, i) => sum + (sides[i] === side ? row[column] : 0), 0);
  const line = (side, text) => {
    const found = total(side, 3), typical = total(side, 4);
    return h("tr", {}, h("th", { scope: "row" }, h("span", { class: `is-${side}` }, text)), h("td", { class: "num" }, signed(found)), h("td", { class: "num" }, signed(typical)), h("td", { class: "num" }, h("strong", {}, signed(found - typical))));
  };
  const rest = score.index - 50;
  const order = profile.map((_, i) => i).sort((a, b) => Math.abs(profile[b][3] - profile[b][4]) - Math.abs(profile[a][3] - profile[a][4]));
  const most = Math.max(1e-9, ...profile.map((row) => Math.abs(row[3] - row[4]))), rate = Math.max(1e-9, ...profile.flatMap((row) => [row[1], row[2]]));
  const head = (text, extra) => h("th", { scope: "col", class: extra }, text);
  return section("What moved it", "Every supplier starts at 50. A sentence that was found moves it; but a typical supplier with as much mail would have shown some of each signal as well, and only the difference counts. So few vendor-like sentences, where others show many, raise the index too.",
    frame("Sum", h("table", { class: "plain sum" },
      h("thead", {}, h("tr", {}, head("Points"), head("found here", "num"), head("typical for as much mail", "num"), head("moves the index by", "num"))),
      h("tbody", {}, line("partner", "Partner-like"), line("vendor", "Vendor-like")),
      h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "Together"), h("td", { colspan: "3", class: "num" }, `50 ${rest < 0 ? "−" : "+"} ${number(Math.abs(rest), 1)} = `, h("strong", {}, number(score.index, 1)), ` (${number(score.low)} to ${number(score.high)})`))))),
    h("h3", {}, "Signal by signal"),
    frame("Signals", h("table", { class: "plain profile" },
      h("thead", {}, h("tr", {}, head("Signal"), head("Found", "num"), head("Per 100 sentences: ● here ○ portfolio", "rate"), head("Moves the index by", "effect"), head("Points", "num"))),
      h("tbody", {}, order.map((i) => {
        const [found, own, all, points, typical] = profile[i], effect = points - typical, label = summary.signals[i].label;
        return h("tr", {}, h("th", { scope: "row" }, h("span", { class: `chip ${sides[i]}`, title: summary.signals[i].definition }, words(label))),
          h("td", { class: "num" }, number(found)),
          h("td", { class: "rate" }, h("div", { class: "dumbbell", role: "img", "aria-label": `${number(own, 2)} per 100 sentences here, ${number(all, 2)} in the portfolio` },
            h("span", { class: "track", style: { left: `${100 * Math.min(own, all) / rate}%`, width: `${100 * Math.abs(own - all) / rate}%` } }),
            h("span", { class: "ring", style: { left: `${100 * all / rate}%` } }), h("span", { class: `dot ${sides[i]}`, style: { left: `${100 * own / rate}%` } }))),
          h("td", { class: "effect" }, h("div", { class: "pull", "aria-hidden": "true" }, h("span", { class: effect < 0 ? "down" : "up", style: { width: `${50 * Math.abs(effect) / most}%` } }))),
          h("td", { class: "num" }, signed(effect), h("span", { class: "facts" }, `${signed(points)} found, ${signed(typical)} typical`)));
      })))),
    h("p", { class: "note" }, "Single signals rest on few sentences: read the counts before the bars."));
}
function threads(rows, score) {
  return section("Conversations that moved it most", "What the index would be without one whole conversation, its exposure included. These numbers do not add up.",
    frame("Conversations", h("table", { class: "plain" },
      h("thead", {}, h("tr", {}, ["Conversation", "Messages", "Without it", "Moved it by"].map((text, i) => h("th", { scope: "col", class: i ? "num" : null }, text)))),
      h("tbody", {}, rows.map((row) => h("tr", {},
        h("td", {}, row.bulk ? "bulk mail of a month" : row.subject ? h("bdi", {}, row.subject) : "(subject not kept)", row.from && h("span", { class: "facts" }, row.from === row.to ? row.from : `${row.from} to ${row.to}`)),
        h("td", { class: "num" }, row.bulk ? "–" : number(row.messages)), h("td", { class: "num" }, number(row.without, 1)), h("td", { class: "num" }, signed(row.change))))))));
}
function conduct(rows) {
  const value = (amount, unit) => amount === null ? "–" : `${number(amount, Number.isInteger(amount) ? 0 : 1)} ${unit}`;
  return section("Conduct", "Read from headers, not from words. It is shown beside the index and not part of it.",
    frame("Conduct", h("table", { class: "plain" },
      h("thead", {}, h("tr", {}, ["Measure", "Here", "90 % interval", "Portfolio", "Rests on"].map((text, i) => h("th", { scope: "col", class: i && i < 4 ? "num" : null }, text)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.name), h("td", { class: "num" }, value(row.value, row.unit)),
        h("td", { class: "num" }, row.low === null ? "–" : `${number(row.low, 1)} to ${number(row.high, 1)}`), h("td", { class: "num" }, value(row.portfolio, row.unit)), h("td", {}, row.rests_on)))))));
}
function cannot(rows) {
  return section("Cannot or will not", "Where a behaviour is lacking: does the evidence speak for a supplier that is not able to, or one that does not want to?",
    h("ul", { class: "cannot" }, rows.map((row) => h("li", {}, h("strong", {}, `${words(row.signal)}: ${row.verdict}`), row.probability === null ? "" : ` (probability ${number(row.probability, 2)})`, ". ", h("bdi", {}, row.reason)))));
}

// All suppliers on one line.
const SORTS = {
  index: ["Index", (row) => -row.score.index],
  name: ["Name", null],
  balance: ["Balance", (row) => -(row.score.balance ?? -1)],
  threads: ["Threads", (row) => -row.score.threads],
  spend: ["Spend", (row) => -(row.supplier.spend ?? -1)],
};
const hasSpend = summary.suppliers.some((supplier) => supplier.spend !== undefined && supplier.spend !== null);
const LANES = 8;

function portfolioPage(query) {
  const quiet = query.get("bulk") === "without" && summary.views.quiet;
  const view = quiet ? summary.views.quiet : summary.views.all;
  const rows = summary.suppliers.map((supplier) => ({ supplier, score: view.scores[supplier.name] }));
  const ranked = rows.filter((row) => row.score.enough_evidence);
  const body = h("div", {});
  const draw = () => body.replaceChildren(...tables(rows, view, query));
  draw();
  return [
    h("h1", {}, "Which suppliers behave like partners?"),
    h("p", { class: "lead" }, lead(rows, ranked, view)),
    caution(),
    controls(query, draw),
    body,
    howToRead(),
  ];
}
function lead(rows, ranked, view) {
  const read = summary.receipt.read;
  const parts = [`${plural(rows.length, "supplier")}, ${plural(read, "message")} read, evidence as of ${summary.view.as_of ?? "no date"}.`];
  if (!ranked.length) parts.push("None has enough evidence to be ranked.");
  else if (view.groups.length === 1 && ranked.length > 1) parts.push("No two of them can be told apart on this evidence.");
  else parts.push(`${plural(ranked.length, "has", "have")} enough evidence to be ranked${ranked.length < rows.length ? `, ${number(rows.length - ranked.length)} not yet` : ""}.`);
  return parts.join(" ");
}
function caution() {
  const parts = [];
  if (uncorrected) parts.push(h("p", {}, h("strong", {}, "Uncorrected. "), "The model’s false alarms are in these numbers until an audit corrects them, and the intervals do not cover them."));
  const { since, until } = summary.view;
  if (since || until) parts.push(h("p", {}, h("strong", {}, "A window. "), `Only mail from ${since ?? "the beginning"} to ${until ?? "the end"} counts.`));
  if (summary.view.bulk === "exclude") parts.push(h("p", {}, h("strong", {}, "Without bulk mail. "), "This run leaves newsletters and other bulk mail out."));
  if (!summary.quotes) parts.push(h("p", {}, h("strong", {}, "Without quotes. "), "This report keeps no words of messages."));
  parts.push(h("p", {}, "Not a verdict: ", h("a", { href: "#/about" }, "what not to decide with this"), "."));
  return h("aside", { class: "caution", "aria-label": "Read with care" }, parts);
}
function controls(query, draw) {
  const set = (name, value) => { setQuery(query, name, value); draw(); };
  const pick = (name, label, choices) => field(label, h("select", { id: `pick-${name}`, onchange: (event) => set(name, event.target.value) },
    choices.map(([value, text]) => option(value, text, query.get(name) ?? ""))));
  const values = (key) => [...new Set(summary.suppliers.map((supplier) => supplier[key]).filter(Boolean))].sort();
  const facts = (key, label) => values(key).length > 1 ? pick(key, label, [["", "all"], ...values(key).map((value) => [value, value])]) : null;
  return h("form", { class: "controls", role: "search", "aria-label": "Suppliers", onsubmit: (event) => event.preventDefault() },
    field("Find a supplier", h("input", { type: "search", id: "find", value: query.get("find") ?? "", autocomplete: "off", oninput: (event) => set("find", event.target.value) })),
    pick("sort", "Sort by", Object.entries(SORTS).filter(([name]) => name !== "spend" || hasSpend).map(([name, [text]]) => [name === "index" ? "" : name, text])),
    facts("category", "Category"), facts("criticality", "Criticality"),
    summary.views.quiet && field("Bulk mail", h("select", { id: "pick-bulk", onchange: (event) => { setQuery(query, "bulk", event.target.value); show(true); } },
      option("", "counts", query.get("bulk") ?? ""), option("without", "left out", query.get("bulk") ?? ""))));
}
function tables(rows, view, query) {
  const wanted = (query.get("find") ?? "").toLocaleLowerCase();
  const sort = SORTS[query.get("sort")] ? query.get("sort") : "index";
  const chosen = rows.filter(({ supplier }) => supplier.name.toLocaleLowerCase().includes(wanted) &&
    ["category", "criticality"].every((key) => !query.get(key) || supplier[key] === query.get(key)));
  const key = SORTS[sort][1];
  chosen.sort((a, b) => (key ? key(a) - key(b) : 0) || a.supplier.name.localeCompare(b.supplier.name));
  const enough = chosen.filter((row) => row.score.enough_evidence), weak = chosen.filter((row) => !row.score.enough_evidence);
  const most = Math.max(0, ...rows.map(({ score }) => Math.max(score.partner_evidence, score.vendor_evidence)));
  const lanes = sort === "index" && enough.length === rows.filter((row) => row.score.enough_evidence).length ? laneOf(view.groups) : null;
  say(`${plural(chosen.length, "supplier")} shown`);
  return [
    chosen.length ? null : h("p", { class: "note" }, "No supplier matches."),
    enough.length && table("Ranked", enough, most, lanes, view),
    weak.length && h("section", { class: "section" }, h("h2", {}, "Not enough evidence to rank"),
      h("p", { class: "note" }, "Fewer than 5 threads, or fewer than 3 messages with a signal in fewer than 30 threads. The number lies somewhere in the interval; no more is known."),
      table("Not enough evidence", weak, most, null, view)),
  ].filter(Boolean);
}
function table(label, rows, most, lanes, view) {
  const head = (text, extra = "", title = null) => h("th", { scope: "col", class: extra, title }, text);
  const ranked = rows[0].score.enough_evidence;
  return frame(label, h("table", { class: `portfolio ${ranked ? "" : "unranked"}` },
    h("caption", { class: "visually-hidden" }, `${label}: index, interval and evidence of each supplier`),
    h("thead", {}, h("tr", {}, head("Supplier"), h("th", { scope: "col", class: "line" }, h("span", { class: "ticks" }, h("span", {}, "0"), h("span", {}, "50 typical"), h("span", {}, "100"))),
      ranked && lanes && lanes.count > 0 && head(h("span", { class: "visually-hidden" }, "Cannot be told apart"), "lanes"),
      head("Index", "num"), ranked && head("Rank", "num wide", "Expected rank: 1 plus the chances that others are above"),
      head(h("span", {}, h("span", { class: "is-vendor" }, "vendor"), " evidence ", h("span", { class: "is-partner" }, "partner")), "mid wide"),
      head("Balance", "num wide", "Partner share of the evidence"), head("Threads", "num wide"), head("Coverage", "num wide", "Share of sentences that could be read"),
      hasSpend && head("Spend", "num wide"))),
    h("tbody", {}, rows.map((row) => portfolioRow(row, most, lanes, view)))));
}
function portfolioRow({ supplier, score }, most, lanes, view) {
  const facts = [supplier.category, supplier.criticality && `${supplier.criticality} criticality`].filter(Boolean).join(" · ");
  const mates = new Set(view.groups.filter((group) => group.includes(supplier.name)).flat());
  const light = (on) => (event) => {
    for (const each of event.currentTarget.parentNode.children) each.classList.toggle("mate", on && mates.size > 1 && mates.has(each.dataset.name));
  };
  return h("tr", { "data-name": supplier.name, onmouseenter: light(true), onmouseleave: light(false), onfocusin: light(true), onfocusout: light(false) },
    h("th", { scope: "row" }, h("a", { href: supplierLink(supplier.name) }, h("bdi", {}, supplier.name)), facts && h("span", { class: "facts" }, h("bdi", {}, facts))),
    h("td", { class: "line" }, scale(score, supplier.name)),
    score.enough_evidence && lanes && lanes.count > 0 && h("td", { class: "lanes" }, bracket(lanes, supplier.name, mates.size)),
    h("td", { class: "num" }, score.enough_evidence ? h("strong", {}, number(score.index)) : h("span", { class: "visually-hidden" }, "none"),
      h("span", { class: "facts" }, `${number(score.low)}–${number(score.high)}`)),
    score.enough_evidence && h("td", { class: "num wide" }, number(score.rank, 1)),
    h("td", { class: "mid wide" }, mirror(score.vendor_evidence, score.partner_evidence, most)),
    h("td", { class: "num wide" }, percent(score.balance)),
    h("td", { class: "num wide" }, number(score.threads)),
    h("td", { class: "num wide" }, percent(score.coverage)),
    hasSpend && h("td", { class: "num wide" }, number(supplier.spend)));
}
// Groups are runs of the ranking; each gets the first free lane, as brackets beside the rows.
function laneOf(all) {
  const ends = [], lanes = new Map();
  const groups = all.filter((group) => group.length > 1);
  const rank = new Map();
  all.flat().forEach((name) => { if (!rank.has(name)) rank.set(name, rank.size); });
  for (const group of groups) {
    const from = rank.get(group[0]), to = rank.get(group.at(-1));
    let lane = ends.findIndex((end) => end < from);
    if (lane < 0) lane = ends.length;
    ends[lane] = to;
    group.forEach((name, i) => {
      if (!lanes.has(name)) lanes.set(name, []);
      lanes.get(name)[lane] = group.length === 1 ? "" : i === 0 ? "first" : i === group.length - 1 ? "last" : "inside";
    });
  }
  return { count: ends.length > LANES ? 0 : ends.length, lanes };
}
function bracket(lanes, name, mates) {
  const own = lanes.lanes.get(name) ?? [];
  return h("div", { class: "brackets", role: "img", "aria-label": mates > 1 ? `cannot be told apart from ${plural(mates - 1, "other")}` : "can be told apart from all others" },
    Array.from({ length: lanes.count }, (_, lane) => h("span", { class: own[lane] ?? "" })));
}
function howToRead() {
  return h("details", { class: "how" }, h("summary", {}, "How to read this"),
    h("ul", {},
      h("li", {}, "50 is typical of this portfolio; 84 is one standard deviation more partner-like. It is a place on a line, not a grade."),
      h("li", {}, "The bar is the 90 % interval: with less mail it is longer. The dot is the best guess inside it."),
      h("li", {}, "Brackets join suppliers that cannot be told apart: neither is above the other with more than 95 % probability. Point at a supplier to see its group."),
      h("li", {}, "Evidence is weighted, capped at one unit a thread and side, and fades with age. Balance is the partner share of it."),
      h("li", {}, "Rates count, not volumes: a supplier that writes twice as much of the same is not moved away from typical by that alone, only known better."),
      h("li", {}, "Organisations are scored, never persons.")));
}

// Two windows compared, supplier by supplier.
function comparePage(query) {
  const which = Math.min(summary.comparisons.length - 1, Number(query.get("which")) || 0);
  const { before, after, portfolio_shift, portfolio_p_rise, changes } = summary.comparisons[which];
  const span = ({ name, since, until }) => `${name} (${since ?? "the beginning"} to ${until ?? "the end"})`;
  return [
    h("h1", {}, "Windows compared"),
    h("p", { class: "lead" }, h("bdi", {}, span(before)), " and ", h("bdi", {}, span(after)), ". Inside a window nothing fades."),
    caution(),
    summary.comparisons.length > 1 && h("div", { class: "controls" }, field("Windows", h("select", { id: "which", onchange: (event) => { setQuery(query, "which", event.target.value); show(true); } },
      summary.comparisons.map((each, i) => option(String(i), `${each.before.name} → ${each.after.name}`, String(which)))))),
    portfolio_shift !== null && h("p", {}, `The whole portfolio moved by ${signed(portfolio_shift)} points${portfolio_p_rise === null ? "" : ` (P(rise) ${percent(portfolio_p_rise)})`}; that is not in the changes below.`),
    h("p", { class: "note" }, "Below each change its 90 % interval. A change is called real where it is over 10 points at 50, and its direction known, with 95 % probability each."),
    frame("Changes", h("table", { class: "plain" },
      h("thead", {}, h("tr", {}, ["Supplier", before.name, after.name, "Change", "P(rise)", "P(over 10 points)", "Verdict"].map((text, i) => h("th", { scope: "col", class: i && i < 6 ? "num" : null }, text)))),
      h("tbody", {}, [...changes].sort((a, b) => b.enough_evidence - a.enough_evidence || Math.abs(b.p_rise - 0.5) - Math.abs(a.p_rise - 0.5)).map((row) => h("tr", {},
        h("th", { scope: "row" }, h("a", { href: supplierLink(row.supplier) }, h("bdi", {}, row.supplier))),
        [row.before, row.after].map((index) => h("td", { class: "num" }, number(index))),
        h("td", { class: "num" }, signed(row.difference), h("span", { class: "facts" }, `${signed(row.low)} to ${signed(row.high)}`)), h("td", { class: "num" }, percent(row.p_rise)), h("td", { class: "num" }, percent(row.p_large)),
        h("td", {}, row.real ? h("strong", {}, "real") : h("span", { class: "note" }, row.enough_evidence ? "not established" : "too little evidence"))))))),
  ];
}

// Two windows compared, supplier by supplier.
function comparePage(query) {
  const which = Math.min(summary.comparisons.length - 1, Number(query.get("which")) || 0);
  const { before, after, portfolio_shift, changes } = summary.comparisons[which];
  const span = ({ name, since, until }) => `${name} (${since ?? "the beginning"} to ${until ?? "the end"})`;
  return [
    h("h1", {}, "Windows compared"),
    h("p", { class: "lead" }, h("bdi", {}, span(before)), " and ", h("bdi", {}, span(after)), ". Inside a window nothing fades."),
    caution(),
    summary.comparisons.length > 1 && h("div", { class: "controls" }, field("Windows", h("select", { id: "which", onchange: (event) => { setQuery(query, "which", event.target.value); show(true); } },
      summary.comparisons.map((each, i) => option(String(i), `${each.before.name} → ${each.after.name}`, String(which)))))),
    portfolio_shift !== null && h("p", {}, `The whole portfolio moved by ${signed(portfolio_shift)} points; that is not in the changes below.`),
    frame("Changes", h("table", { class: "plain" },
      h("thead", {}, h("tr", {}, ["Supplier", before.name, after.name, "Change", "P(rise)", "P(over 10 points)", ""].map((text, i) => h("th", { scope: "col", class: i ? "num" : null }, text || h("span", { class: "visually-hidden" }, "Verdict"))))),
      h("tbody", {}, [...changes].sort((a, b) => Math.abs(b.p_rise - 0.5) - Math.abs(a.p_rise - 0.5)).map((row) => h("tr", {},
        h("th", { scope: "row" }, h("a", { href: supplierLink(row.supplier) }, h("bdi", {}, row.supplier))),
        [row.before, row.after].map(([index, low, high]) => h("td", { class: "num" }, number(index), h("span", { class: "facts" }, `${number(low)}–${number(high)}`))),
        h("td", { class: "num" }, signed(row.difference)), h("td", { class: "num" }, percent(row.p_rise)), h("td", { class: "num" }, percent(row.p_large)),
        h("td", {}, row.real ? h("strong", {}, "real") : h("span", { class: "note" }, "not established"))))))),
  ];
}

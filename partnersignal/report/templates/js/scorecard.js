// What the scorecard draws: the line and the time line.
const facts = JSON.parse(byId("summary").textContent);
byId("scale").append(scale(facts.score, facts.name), h("div", { class: "ticks", "aria-hidden": "true" }, ["0", "50 typical", "100"].map((text) => h("span", {}, text))));
if (facts.history.day.length) byId("history").append(timeline(facts.history, { name: facts.name }), historyTable(facts.history));
else byId("history").append(h("p", { class: "note" }, "No dated evidence."));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redrawCharts());
addEventListener("beforeprint", () => { document.documentElement.classList.add("printing"); redrawCharts(680); });
addEventListener("afterprint", () => { document.documentElement.classList.remove("printing"); redrawCharts(); });
document.documentElement.dataset.ready = "yes";

// Which view is shown stands in the address, so that every view can be linked to.
function address() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  const parts = path.split("/").filter(Boolean);
  let name = "";
  try { name = decodeURIComponent(parts.slice(1).join("/")); } catch { /* a broken link names nobody */ }
  return { view: parts[0] ?? "", name, path: path || "/", query: new URLSearchParams(query) };
}
function setQuery(query, name, value) {
  if (value) query.set(name, value); else query.delete(name);
  const text = query.toString();
  history.replaceState(null, "", `#${address().path}${text ? `?${text}` : ""}`);
}
const VIEWS = [["", "Portfolio", "#/"], ["evidence", "Sentences", "#/evidence"], ["compare", "Windows", "#/compare"], ["corrections", "Corrections", "#/corrections"], ["about", "Method and limits", "#/about"]];
function drawNav() {
  const here = address().view === "supplier" ? "" : address().view;
  byId("nav").replaceChildren(...VIEWS.filter(([view]) => view !== "compare" || summary.comparisons.length).map(([view, text, href]) =>
    h("a", { href, "aria-current": view === here ? "page" : null }, text, view === "corrections" && noted.length ? h("span", { class: "badge" }, String(noted.length)) : null)));
}
let showing = 0;
async function show(quietly) {
  const turn = ++showing, { view, name, query } = address();
  drawNav();
  const pages = { "": () => portfolioPage(query), supplier: () => supplierPage(name, query), evidence: () => evidencePage(query), compare: () => summary.comparisons.length ? comparePage(query) : portfolioPage(query), corrections: correctionsPage, about: aboutPage };
  const focused = quietly ? document.activeElement?.id : null;
  const body = await (pages[view] ?? pages[""])();
  if (turn !== showing) return;
  byId("main").replaceChildren(...body.filter(Boolean));
  redrawCharts();
  const title = byId("main").querySelector("h1");
  document.title = `${title.textContent} · Partnership index`;
  if (quietly) byId(focused)?.focus();
  else { scrollTo(0, 0); if (started) byId("main").focus({ preventScroll: true }); }
}
async function copyLink(event) {
  const button = event.currentTarget;
  try { await navigator.clipboard.writeText(location.href); }
  catch { prompt("Copy this link", location.href); return; }
  button.textContent = "Copied";
  say("Link copied");
  setTimeout(() => { button.textContent = "Copy link"; }, 1500);
}
const THEMES = ["auto", "light", "dark"];
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  byId("theme").textContent = `Theme: ${theme}`;
  redrawCharts();
}
let started = false;
byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("main").focus(); });
byId("tools").append(
  h("button", { type: "button", onclick: copyLink }, "Copy link"),
  h("button", { type: "button", onclick: () => print() }, "Print or PDF"),
  h("button", { type: "button", id: "theme", onclick: () => setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % 3]) }, "Theme: auto"));
byId("foot").append(h("p", {}, `Evidence as of ${summary.view.as_of ?? "no date"} · model ${summary.receipt.model ?? ""} · partnersignal ${summary.receipt.partnersignal ?? ""} · ${uncorrected ? "uncorrected" : `corrected by ${summary.correction}`} · `, h("a", { href: "#/about" }, "what not to decide with this")));
addEventListener("hashchange", () => show());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redrawCharts());
// Paper is light and narrow: the canvas is drawn again for it.
addEventListener("beforeprint", () => { document.documentElement.classList.add("printing"); redrawCharts(680); });
addEventListener("afterprint", () => { document.documentElement.classList.remove("printing"); redrawCharts(); });
show().then(() => {
  started = true;
  document.documentElement.dataset.ready = "yes";
  // Unpacked while the reader reads, so that a search need not wait.
  whole.then(() => setTimeout(allEvidence, 300));
});

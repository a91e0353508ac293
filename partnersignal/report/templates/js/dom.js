// Marks that reorder what stands beside them are shown as what they are: something that does not belong.
const plain = (text) => typeof text === "string" ? text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd") : text;
// Elements are made with text only: nothing that a stranger wrote is ever parsed as markup.
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, each] of Object.entries(value)) element.style.setProperty(key, each);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false).map(plain));
  return element;
}
const byId = (id) => document.getElementById(id);
const say = (text) => { byId("status").textContent = text; };

const number = (value, digits = 0) => value === null || value === undefined ? "–" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const signed = (value, digits = 1) => {
  const text = number(Math.abs(value), digits);
  if (!/[1-9]/.test(text)) return text;
  return (value < 0 ? "−" : "+") + text;
};
const percent = (value) => value === null || value === undefined ? "–" : `${number(100 * value)} %`;
const words = (label) => label.replaceAll("_", " ");
const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
const isoDay = (day) => day === null ? "undated" : new Date(day * 864e5).toISOString().slice(0, 10);
const VOICE = { supplier: "their words", customer: "our words to them", third_person: "said among us" };

function option(value, text, chosen) { return h("option", { value, selected: value === chosen }, text); }
function field(label, control, extra = "") {
  return h("label", { class: `field ${extra}` }, h("span", {}, label), control);
}
// A heading with what it means, for every section of a page.
function section(title, note, ...body) {
  return h("section", { class: "section" }, h("h2", {}, title), note && h("p", { class: "note" }, note), body);
}
// Wide tables scroll inside their frame; the frame can be reached by keyboard.
function frame(label, table) { return h("div", { class: "frame", role: "region", "aria-label": label, tabindex: "0" }, table); }
function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

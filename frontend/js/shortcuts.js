import { word } from "./words.js";

const OFF = "shortcuts-off";
let row = -1;

/** Single keys for people who do this all day: links are followed, buttons only focused, so that Enter still decides. */
export function shortcuts() {
  const openers = document.querySelectorAll("[data-shortcuts]");
  if (!document.documentElement.classList.contains("counter") && !document.querySelector("[data-key]")) return;
  openers.forEach((button) => { button.hidden = false; button.addEventListener("click", showList); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (event.key === "?") return take(event, showList);
    if (isOff() || document.querySelector("dialog[open]")) return;
    if (event.key === "j" || event.key === "k") return take(event, () => move(event.key === "j" ? 1 : -1));
    const target = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key.toLowerCase() === event.key.toLowerCase() && each.checkVisibility());
    if (target) take(event, () => use(target));
  });
}

function take(event, act) { event.preventDefault(); act(); }

function typing(target) {
  return target.isContentEditable || target.matches?.("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select");
}

function use(target) {
  target.focus();
  if (target.matches("input")) target.select();
  if (target.matches("a, button[type=button]")) target.click();
}

function move(by) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((each) => each.checkVisibility());
  if (rows.length === 0) return;
  const here = rows.findIndex((each) => each.contains(document.activeElement));
  const start = here >= 0 ? here : rows.findIndex((each) => each.querySelector("[aria-current]"));
  row = start >= 0 ? start + by : by > 0 ? 0 : rows.length - 1;
  row = Math.min(Math.max(row, 0), rows.length - 1);
  rows[row].querySelector("a, button, input")?.focus();
}

function isOff() { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } }

function setOff(off) { try { off ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF); } catch { /* lasts for this page only */ } }

function showList() {
  document.querySelector("dialog.shortcuts")?.remove();
  const dialog = document.createElement("dialog");
  dialog.className = "shortcuts";
  dialog.setAttribute("aria-labelledby", "shortcuts-title");
  const title = Object.assign(document.createElement("h2"), { id: "shortcuts-title", textContent: word("shortcuts") });
  const list = document.createElement("dl");
  const lines = [["?", word("help")]];
  if (document.querySelector("[data-row]")) lines.push(["j k", word("rows")]);
  document.querySelectorAll("[data-key]").forEach((each) => lines.push([each.dataset.key, name(each)]));
  lines.forEach(([keys, text]) => list.append(line(keys, text)));
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !isOff() });
  box.addEventListener("change", () => setOff(!box.checked));
  label.append(box, word("shortcutsOn"));
  const close = Object.assign(document.createElement("button"), { className: "btn btn-plain", type: "button", textContent: word("close") });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(title, list, label, close);
  document.body.append(dialog);
  dialog.showModal();
}

function line(keys, text) {
  const group = document.createElement("div");
  const keyCell = document.createElement("dt");
  keys.split(" ").forEach((each) => keyCell.append(Object.assign(document.createElement("kbd"), { textContent: each }), " "));
  group.append(keyCell, Object.assign(document.createElement("dd"), { textContent: text }));
  return group;
}

function name(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  if (element.getAttribute("aria-label")) return element.getAttribute("aria-label");
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, svg").forEach((each) => each.remove());
  return copy.textContent.trim();
}

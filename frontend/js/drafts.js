import { note } from "./session.js";
import { clockTime, word } from "./words.js";

const IDLE = 1500;
const KEPT_FOR = 24 * 3600 * 1000;
const PREFIX = "draft:";

/** Forms with data-autosave save themselves; what the server did not get stays in this browser for a day. */
export function keepDrafts() {
  forgetOld();
  document.querySelectorAll("form[data-autosave]").forEach(keep);
  document.querySelectorAll("[data-forget-draft]").forEach((mark) => { if (mark.dataset.forgetDraft === "all") forgetAll(); else forget(mark.dataset.forgetDraft); });
  document.querySelectorAll("form[data-forget-drafts]").forEach((form) => form.addEventListener("submit", forgetAll));
}

function keep(form) {
  const draft = { form, url: form.dataset.autosave, line: form.querySelector("[data-saved]"), timer: 0, dirty: false, turn: 0, sending: null };
  restore(draft);
  const touched = () => {
    draft.dirty = true;
    clearTimeout(draft.timer);
    draft.timer = setTimeout(() => save(draft), IDLE);
  };
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  form.addEventListener("submit", (event) => {
    clearTimeout(draft.timer);
    store(draft, true);
    draft.dirty = false;
    if (!draft.sending || event.defaultPrevented) return;
    event.preventDefault();
    draft.leaving = true;
    draft.sending.finally(() => leave(form, event.submitter));
  });
  window.addEventListener("online", () => { if (draft.dirty) save(draft); });
  document.addEventListener("visibilitychange", () => { if (document.hidden && draft.dirty) save(draft); });
}

/** Sends the form as its button would have, once the last save has told its revision. */
function leave(form, submitter) {
  if (submitter?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value }));
  form.submit();
}

/** One save after the other: each carries the revision that the one before it made. */
async function save(draft) {
  clearTimeout(draft.timer);
  while (draft.sending) await draft.sending;
  if (draft.leaving) return;
  draft.sending = send(draft).finally(() => { draft.sending = null; });
}

async function send(draft) {
  const turn = ++draft.turn;
  const body = new FormData(draft.form);
  for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
  tell(draft, "saving");
  try {
    const answer = await fetch(draft.url, { method: "POST", body, keepalive: true, redirect: "error", headers: { "X-Requested-With": "autosave" } });
    if (answer.status === 409) return tell(draft, "elsewhere");
    if (!answer.ok) throw new Error(String(answer.status));
    const revision = draft.form.elements._revision;
    if (revision) revision.value = answer.headers.get("Draft-Revision") ?? revision.value;
    note(Number(answer.headers.get("Session-Seconds")));
    if (turn !== draft.turn) return;
    draft.dirty = false;
    forget(draft.url);
    tell(draft, "saved");
  } catch {
    if (turn !== draft.turn) return;
    tell(draft, store(draft) ? "kept" : "failed");
  }
}

function tell(draft, state, time = clockTime()) {
  if (!draft.line) return;
  draft.line.dataset.state = state;
  draft.line.textContent = word(state, { time });
}

function store(draft, sent = false) {
  const fields = [];
  for (const control of draft.form.elements) {
    if (!control.name || control.name === "csrfmiddlewaretoken" || ["file", "password", "submit", "button"].includes(control.type)) continue;
    if (["checkbox", "radio"].includes(control.type) && !control.checked) continue;
    const values = control.selectedOptions ? [...control.selectedOptions].map((option) => option.value) : [control.value];
    values.forEach((value) => fields.push([control.name, value]));
  }
  try {
    localStorage.setItem(PREFIX + draft.url, JSON.stringify({ at: Date.now(), sent, fields }));
    return true;
  } catch {
    return false;
  }
}

function restore(draft) {
  const kept = read(PREFIX + draft.url);
  if (!kept) return;
  if (kept.sent && arrived(draft.form)) return forget(draft.url);
  if (!fill(draft.form, kept.fields)) return forget(draft.url);
  window.addEventListener("pageshow", () => fill(draft.form, kept.fields), { once: true }); // after the browser's own, older memory of the form
  tell(draft, "restored", clockTime(new Date(kept.at)));
  draft.dirty = true;
}

function fill(form, fields) {
  const values = new Map();
  fields.forEach(([name, value]) => values.set(name, [...(values.get(name) ?? []), value]));
  let changed = false;
  for (const control of form.elements) {
    if (!control.name || control.type === "hidden" || ["file", "password", "submit", "button"].includes(control.type)) continue;
    changed = put(control, values.get(control.name) ?? []) || changed;
  }
  return changed;
}

/** Is this page the answer to what was sent? Then it shows what arrived; one gone back to or loaded again may not. */
function arrived(form) {
  return "arrived" in form.dataset && performance.getEntriesByType("navigation")[0]?.type === "navigate";
}

function put(control, values) {
  if (["checkbox", "radio"].includes(control.type)) {
    const checked = values.includes(control.value);
    const changed = control.checked !== checked;
    control.checked = checked;
    return changed;
  }
  if (control.multiple && control.options) {
    [...control.options].forEach((option) => { option.selected = values.includes(option.value); });
    return false;
  }
  if (values.length === 0) return false;
  const value = values.shift();
  const changed = control.value !== value;
  control.value = value;
  return changed;
}

function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    return kept && Array.isArray(kept.fields) && Date.now() - kept.at < KEPT_FOR ? kept : null;
  } catch {
    return null;
  }
}

function draftKeys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function forget(url) { try { localStorage.removeItem(PREFIX + url); } catch { /* storage is closed: nothing was kept */ } }
function forgetAll() { draftKeys().forEach((key) => localStorage.removeItem(key)); }
function forgetOld() { draftKeys().filter((key) => !read(key)).forEach((key) => localStorage.removeItem(key)); }

import { say } from "./words.js";

const WARN_BEFORE = 120;
const KEY = "session-seen";
const MOST_WAIT = 2 ** 31 - 1;

/** Warns two minutes before the session ends, in every window of it; says when it has ended. What is typed is not touched. */
export function watchSession() {
  const dialog = document.querySelector("dialog[data-session]");
  if (!dialog?.showModal) return;
  const session = { dialog, seconds: Number(dialog.dataset.session), timer: 0 };
  note(session.seconds);
  plan(session);
  dialog.querySelector("[data-session-stay]").addEventListener("click", (event) => stay(session, event.target.dataset.sessionStay));
  dialog.querySelectorAll("[data-session-close]").forEach((each) => each.addEventListener("click", () => dialog.close()));
  window.addEventListener("storage", (event) => { if (event.key === KEY) plan(session); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) plan(session); });
}

/** The server has just heard from this person: the session lasts as long again. */
export function note(seconds) {
  if (!seconds) return;
  try { localStorage.setItem(KEY, String(Date.now() + seconds * 1000)); } catch { /* each window then counts for itself */ }
}

function end(session) {
  try { return Number(localStorage.getItem(KEY)) || Date.now() + session.seconds * 1000; } catch { return Date.now() + session.seconds * 1000; }
}

function plan(session) {
  clearTimeout(session.timer);
  const left = end(session) - Date.now();
  const shown = left <= 0 ? "over" : left <= WARN_BEFORE * 1000 ? "soon" : "";
  if (shown) show(session, shown);
  else if (session.dialog.open) session.dialog.close();
  if (shown !== "over") session.timer = setTimeout(() => plan(session), Math.min(MOST_WAIT, shown ? left : left - WARN_BEFORE * 1000));
}

function show({ dialog }, state) {
  if (dialog.open && dialog.dataset.state === state) return;
  dialog.dataset.state = state;
  dialog.querySelector("[data-session-soon]").hidden = state !== "soon";
  dialog.querySelector("[data-session-over]").hidden = state !== "over";
  if (!dialog.open) dialog.showModal();
  const part = dialog.querySelector(`[data-session-${state}]`);
  part.querySelector("button").focus();
  say(part.querySelector("h2").textContent);
}

async function stay(session, path) {
  try {
    const answer = await fetch(path, { method: "GET", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const seconds = Number(answer.headers.get("Session-Seconds"));
    if (!seconds) return show(session, "over");
    note(seconds);
    session.dialog.close();
    plan(session);
  } catch {
    plan(session);
  }
}

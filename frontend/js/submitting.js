import { say, word } from "./words.js";

const sent = new Map();

/** A form that writes is sent once; its button says so and comes back with the page. */
export function submitOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("data-may-repeat")) return;
    if (sent.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (event.defaultPrevented) return;
    if (navigator.onLine === false) return wait(event);
    hold(form, event.submitter);
  }, true);
  window.addEventListener("pageshow", (event) => { if (event.persisted) releaseAll(); });
  document.addEventListener("htmx:afterRequest", (event) => release(event.target.closest?.("form")));
}

/** Without a connection nothing is sent, so that the browser's own error page takes nothing away. */
function wait(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const form = event.target;
  const line = form.querySelector("[data-offline]") ?? Object.assign(document.createElement("p"), { className: "error" });
  line.dataset.offline = "";
  line.textContent = word("offline");
  const last = form.querySelector(".btns");
  last ? last.before(line) : form.append(line);
  say(word("offline"));
  window.addEventListener("online", () => line.remove(), { once: true });
}

function hold(form, submitter) {
  const button = submitter ?? form.querySelector("button:not([type=button])");
  sent.set(form, { button, text: button ? [...button.childNodes] : [] });
  if (!button) return;
  const busy = button.dataset.busy || word("sending");
  button.setAttribute("aria-disabled", "true");
  button.replaceChildren(busy);
  say(busy);
}

function release(form) {
  const kept = sent.get(form);
  if (!kept) return;
  sent.delete(form);
  kept.button?.removeAttribute("aria-disabled");
  kept.button?.replaceChildren(...kept.text);
}

function releaseAll() {
  [...sent.keys()].forEach(release);
}

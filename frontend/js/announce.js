import { say, word } from "./words.js";

/** Says to screen readers that a part of the page changed, in the words of its data-announce, or that it did not. */
export function announceSwaps() {
  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.target;
    const problems = target.querySelector?.("[data-error-summary]");
    if (problems) return problems.focus();
    say(target.dataset?.announce || target.querySelector?.("[data-announce]")?.dataset.announce || word("updated"));
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, () => say(word("failed")));
}

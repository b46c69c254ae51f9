/** Asks every few seconds whether what a page waits for is there, and loads the page again only then: nobody loses their place in it. */
export function waitQuietly() {
  const waiting = document.querySelector("[data-waits-for]");
  if (!waiting) return;
  const timer = setInterval(async () => {
    try {
      const answer = await fetch(waiting.dataset.waitsFor, { cache: "no-store" });
      if (!answer.ok || answer.status === 204) return;
      clearInterval(timer);
      location.replace(location.pathname);
    } catch { /* no network for a moment: asked again */ }
  }, Number(waiting.dataset.seconds) * 1000);
}

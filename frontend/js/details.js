/** Opens what should be read: on wide screens where asked, around the target of a link, around errors, and on paper. */
export function openDetails() {
  if (window.matchMedia("(min-width: 60rem)").matches) document.querySelectorAll("details[data-open-wide]").forEach(open);
  document.querySelectorAll("details:has(.error)").forEach(open);
  window.addEventListener("hashchange", openTarget);
  openTarget();
  let opened = [];
  window.addEventListener("beforeprint", () => { opened = [...document.querySelectorAll("details:not([open])")]; opened.forEach(open); });
  window.addEventListener("afterprint", () => opened.forEach((each) => { each.open = false; }));
}

function open(details) { details.open = true; }

function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target && target.closest("details");
  if (!details || details.open) return;
  open(details);
  target.scrollIntoView();
}

/** The page's own words for scripts, put on <body> by the layout, with {facts} filled in. */
export function word(name, facts = {}) {
  const key = "word" + name[0].toUpperCase() + name.slice(1);
  return (document.body.dataset[key] ?? "").replace(/\{(\w+)\}/g, (_, fact) => facts[fact] ?? "");
}

/** Says a sentence to screen readers; an equal sentence twice in a row is said twice. */
export function say(sentence) {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  live.textContent = "";
  setTimeout(() => { live.textContent = sentence; }, 50);
}

export function clockTime(date = new Date()) {
  const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "Asia/Shanghai" };
  return new Intl.DateTimeFormat("en-GB", form).format(date);
}

export function fileSize(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

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

/** Sizes as the server reckons them, 1024 to a step, rounded up: what is over a limit never reads like the limit. */
export function fileSize(bytes) {
  const inMegabytes = bytes / 1024 ** 2;
  return inMegabytes < 1 ? `${Math.ceil(bytes / 1024)} kB` : `${Math.ceil(inMegabytes * 10) / 10} MB`;
}

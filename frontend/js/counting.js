import { say } from "./words.js";

/** Long answers with data-longest say how much still fits, and how much is too much, while they are written. Nothing is cut off. */
export function countLetters() {
  document.querySelectorAll("textarea[data-longest]").forEach((area) => {
    const line = Object.assign(document.createElement("p"), { className: "chosen", id: `${area.id}-left` });
    line.dataset.left = "";
    area.after(line);
    area.setAttribute("aria-describedby", `${area.getAttribute("aria-describedby") ?? ""} ${line.id}`.trim());
    const count = () => {
      const left = Number(area.dataset.longest) - [...area.value.normalize("NFC").trim()].length;
      const state = left < 0 ? "late" : "";
      line.textContent = area.value && (left < 0 ? area.dataset.over : area.dataset.left).replace("{count}", Math.abs(left));
      if (state !== line.dataset.state && area === document.activeElement) say(line.textContent);
      line.dataset.state = state;
    };
    area.addEventListener("input", count);
    count();
  });
}

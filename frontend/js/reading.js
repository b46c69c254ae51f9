/** Reads the page aloud where the browser has a voice; the button is hidden where it has none. */
export function readAloud() {
  const button = document.querySelector("[data-read-aloud]");
  if (!button || !("speechSynthesis" in window)) return;
  const start = button.textContent;
  button.hidden = false;
  const idle = () => { button.textContent = start; };
  button.addEventListener("click", () => {
    if (speechSynthesis.speaking) { speechSynthesis.cancel(); return idle(); }
    const sentences = document.getElementById("main").innerText.split(/\n+|(?<=[。！？.!?])\s*/).filter((each) => each.trim());
    sentences.forEach((sentence, index) => {
      const speech = new SpeechSynthesisUtterance(sentence);
      speech.lang = document.documentElement.lang === "en" ? "en-GB" : "zh-CN";
      speech.rate = 0.9;
      if (index === sentences.length - 1) speech.onend = idle;
      speechSynthesis.speak(speech);
    });
    button.textContent = button.dataset.readAloud;
  });
  window.addEventListener("pagehide", () => speechSynthesis.cancel());
}

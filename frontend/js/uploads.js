import { fileSize, say, word } from "./words.js";

/** Says which files were chosen and that they are not sent yet, and refuses those over data-max-bytes; the server is told, and says so too. */
export function describeUploads() {
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches?.("input[type=file]")) return;
    const limit = Number(input.dataset.maxBytes || Infinity);
    const files = [...input.files];
    const big = files.find((file) => file.size > limit);
    const line = lineFor(input);
    line.dataset.state = big ? "late" : "";
    if (big) {
      line.textContent = word("tooBig", { file: big.name, size: fileSize(big.size), limit: fileSize(limit) });
      input.value = "";
    } else {
      const names = files.map((file) => `${file.name} (${fileSize(file.size)})`).join(", ");
      line.textContent = files.length ? word("chosen", { files: names }) : "";
    }
    tellServer(input, big);
    big ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
    if (line.textContent) say(line.textContent);
  });
}

/** A file that is not sent is named to the server, so that the next page says why it is not there. */
function tellServer(input, big) {
  const name = `too-large-${input.name}`;
  input.form?.elements[name]?.remove();
  if (big) input.form?.append(Object.assign(document.createElement("input"), { type: "hidden", name, value: big.name }));
}

function lineFor(input) {
  const next = input.nextElementSibling;
  if (next?.matches("[data-chosen]")) return next;
  const line = Object.assign(document.createElement("p"), { className: "chosen" });
  line.id = `${input.id}-chosen`;
  line.dataset.chosen = "";
  input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${line.id}`.trim());
  input.after(line);
  return line;
}

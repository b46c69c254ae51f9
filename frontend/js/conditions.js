/** Fields that wait for another answer of the page are shown and hidden as it changes; without scripts they say so in words. */
export function showAsked() {
  document.querySelectorAll("[data-only-if]").forEach((field) => {
    const form = field.closest("form");
    const told = field.querySelector("[id$='--if']");
    if (told) told.hidden = true;
    const look = () => { field.hidden = !answers(form, field.dataset.onlyIf).includes(field.dataset.onlyValue); };
    form.addEventListener("change", look);
    look();
  });
}

function answers(form, name) {
  return new FormData(form).getAll(name).map(String);
}

/** Passkeys: a form with data-passkey asks the browser for one and sends its answer in the field marked data-passkey-answer. */
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readable(options) {
  const made = { ...options, challenge: bytes(options.challenge) };
  if (options.user) made.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) made.excludeCredentials = options.excludeCredentials.map((each) => ({ ...each, id: bytes(each.id) }));
  return made;
}

function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = text(credential.response[name]);
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

async function ask(form) {
  const options = await (await fetch(form.dataset.passkey, { headers: { Accept: "application/json" } })).json();
  const publicKey = readable(options);
  return publicKey.user ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey });
}

document.querySelectorAll("form[data-passkey]").forEach((form) => {
  if (!window.PublicKeyCredential) return;
  const field = form.querySelector("[data-passkey-answer]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (field.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const said = form.querySelector("[data-passkey-said]");
    said.hidden = true;
    try {
      field.value = written(await ask(form));
      form.requestSubmit();
    } catch {
      said.textContent = said.dataset.passkeySaid;
      said.hidden = false;
    }
  }, true);
});

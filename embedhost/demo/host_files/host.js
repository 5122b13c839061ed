// What Tradewind's page adds to the frame: its true height, fresh tokens, and a switcher without a button.
// It loads before the body, so that it misses nothing that the frame says. Without this script the page works too:
// the frame keeps the style sheet's height, and "Switch" sends the form.

const theFrame = () => document.querySelector("iframe");

// The message goes to embedhost's exact origin: nobody else who might sit in the frame can read it.
function say(event, detail = {}) {
  const frame = theFrame();
  frame.contentWindow.postMessage({ event, detail }, frame.dataset.origin);
}

function hear({ source, origin, data }) {
  const frame = theFrame();
  if (frame === null || source !== frame.contentWindow || origin !== frame.dataset.origin) return;
  if (data.event === "embedhostHeight" || data.event === "embedhostReady") fit(frame, data.detail.height);
  if (data.event === "embedhostTokenExpiring" || data.event === "embedhostTokenRequest") renew(frame);
}

function fit(frame, height) {
  if (Number.isFinite(height) && height > 0) frame.style.height = `${Math.ceil(height)}px`;
}

// Our backend makes the token for whoever is signed in; the frame goes on with it without a reload.
async function renew(frame) {
  const answer = await fetch(frame.dataset.tokenAddress, { cache: "no-store" });
  if (answer.ok) say("embedhostSetToken", { token: (await answer.json()).token });
}

window.addEventListener("message", hear);
document.addEventListener("load", ({ target }) => target === theFrame() && say("embedhostHello"), true);
document.addEventListener("change", ({ target }) => target.id === "customer" && target.form.requestSubmit());

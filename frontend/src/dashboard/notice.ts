/** Entry of the two pages without data: the refused one and the one that is opened in the place of a token. */

import { FROM_FRAME, isToken, readCommand } from "../embed/protocol";
import { withToken } from "./address";
import { wireCopy } from "./copy";

/** Seconds that the host has to answer before the viewer reads what to do. */
const PATIENCE = 4;

/** Ask the page around for a token, once, and open the real address with its answer: that one's headers decide. */
function askForToken(waiting: Element): void {
  const message = document.querySelector<HTMLElement>("[data-after]");
  const giveUp = (): void => {
    waiting.toggleAttribute("hidden", true);
    message?.removeAttribute("hidden");
  };
  if (window.parent === window) return giveUp();
  addEventListener("message", (event) => {
    const command = event.source === window.parent ? readCommand(event.data) : null;
    if (command?.kind !== "token" || !isToken(command.token)) return;
    location.replace(withToken(location.pathname, location.search, command.token) + location.hash);
  });
  window.parent.postMessage({ event: FROM_FRAME.tokenRequest, detail: {} }, "*");
  setTimeout(giveUp, PATIENCE * 1000);
}

wireCopy();
const waiting = document.querySelector("[data-ask]");
if (waiting !== null) askForToken(waiting);

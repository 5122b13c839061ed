/** viaSocket's frame: embed.js around it is asked for the token. */

import { FROM_FRAME, readCommand } from "../embed/protocol";
import { detailOf, Handover, type Manner, type Shell } from "./handover";

/** Seconds that the page around has to answer before the viewer reads what to do. */
const PATIENCE = 10;

export function startByTag(shell: Shell): void {
  let sandboxed = false;
  const manner: Manner = {
    patience: PATIENCE,
    locale: null,
    values: {},
    onStarted: () => undefined,
    accepts: ({ mayExport }) => {
      if (!mayExport || !sandboxed) return true;
      // The sandbox gets its word for files only for a dashboard that gives any, and that takes another frame.
      handover.tell(FROM_FRAME.wantsDownloads);
      return false;
    },
  };
  const handover = new Handover(shell, manner);
  addEventListener("message", (event: MessageEvent<unknown>) => {
    const command = handover.hears(event) ? readCommand(event.data) : null;
    // Once the page is there it hears for itself.
    if (command?.kind !== "token" || handover.current !== null) return;
    sandboxed = detailOf(event.data)["downloads"] === false;
    handover.take(command.token);
  });
  // A key that nothing in the page takes closes the dialog around it.
  document.addEventListener("keydown", ({ key, defaultPrevented }) => {
    if (key === "Escape" && !defaultPrevented) handover.tell(FROM_FRAME.escape);
  });
  // The request is empty and any site may hear it; only an origin of the list is listened to.
  if (window.parent !== window) window.parent.postMessage({ event: FROM_FRAME.tokenRequest, detail: {} }, "*");
}

/** The preview's frame is as high as the page in it, as a host page would make it. */

import { FROM_FRAME, readMessage, TO_FRAME } from "../embed/protocol";

const LEAST = 120;
const MOST = 20_000;

/** Return the height that a message asks for, in whole pixels within sane limits; null when it asks for none. */
export function askedHeight(data: unknown): number | null {
  const message = readMessage(data);
  if (message === null || (message.event !== FROM_FRAME.height && message.event !== FROM_FRAME.ready)) return null;
  const height = message.detail["height"];
  if (typeof height !== "number" || !Number.isFinite(height)) return null;
  return Math.min(MOST, Math.max(LEAST, Math.ceil(height)));
}

/** Let a frame have the height that its own page asks for. */
export function fitFrame(frame: HTMLIFrameElement): void {
  const { origin } = new URL(frame.src);
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== origin) return;
    const height = askedHeight(event.data);
    if (height !== null) frame.style.height = `${height}px`;
  });
  const greet = (): void => frame.contentWindow?.postMessage({ event: TO_FRAME.hello, detail: {} }, origin);
  frame.addEventListener("load", greet);
}

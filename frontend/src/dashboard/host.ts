/** The page around the frame: what is said to it, and what is heard from it. */

import { readCommand, type Command, type Detail } from "../embed/protocol";
import { originAllowed, parentOrigin, targets } from "./origins";

export class Host {
  private origin: string | null;
  private waiting: { event: string; detail: Detail }[] = [];
  private readonly alone: boolean;

  /** Hear until `life` ends. `known` is the parent's origin when it has spoken before. */
  constructor(
    private readonly view: Window,
    private readonly patterns: readonly string[],
    private readonly obey: (command: Command) => void,
    { life, known }: { readonly life?: AbortSignal; readonly known?: string } = {},
  ) {
    this.alone = view.parent === view;
    const hints = [known, view.location.ancestorOrigins?.[0], view.document.referrer];
    this.origin = this.alone ? null : parentOrigin(hints, patterns);
    view.addEventListener("message", (event) => this.hear(event), life === undefined ? {} : { signal: life });
  }

  /** Tell the host something. Never holds a token or rows; the target is always an exact origin of the owner's list. */
  tell(event: string, detail: Detail = {}): void {
    if (this.alone) return;
    const reached = targets(this.origin, this.patterns);
    for (const origin of reached) this.view.parent.postMessage({ event, detail }, origin);
    if (this.origin === null && reached.length === 0) this.waiting.push({ event, detail });
  }

  private hear(event: MessageEvent<unknown>): void {
    if (this.alone || event.source !== this.view.parent || !originAllowed(event.origin, this.patterns)) return;
    const command = readCommand(event.data);
    if (command === null) return;
    this.meet(event.origin);
    this.obey(command);
  }

  private meet(origin: string): void {
    this.origin = origin;
    const kept = this.waiting;
    this.waiting = [];
    for (const { event, detail } of kept) this.tell(event, detail);
  }
}

/** On the first deep interaction with a drawing the chart's own script comes and takes it over. */

import type * as Charts from "../charts/mount";
import type { Mounted } from "../charts/mount";
import type { DataCalls, Payload } from "./data";

const DRAWN = new Set(["line", "bar", "pie"]);

export interface TakeoverHost {
  /** Where the charts' script is: the page names it, so that this script needs no chunk shared with it. */
  readonly script: string;
  readonly calls: DataCalls;
  readonly values: () => Payload;
  readonly locale: string;
  readonly timeZone: string;
}

export class Takeover {
  /** What was taken over; null while its script and rows are on their way. */
  private readonly taken = new WeakMap<HTMLElement, Mounted | null>();

  constructor(root: HTMLElement, private readonly host: TakeoverHost) {
    const onTouch = (event: Event): void => this.begin(event.target);
    for (const kind of ["pointerover", "focusin", "touchstart"]) root.addEventListener(kind, onTouch, { passive: true });
  }

  /** Make a card's drawing reachable by keyboard. */
  offer(card: HTMLElement): void {
    const chart = card.querySelector<HTMLElement>(".chart");
    if (chart !== null && drawnCard(chart) === card) chart.tabIndex = 0;
  }

  /** Let go of a card that another one has replaced. */
  release(card: HTMLElement): void {
    this.taken.get(card)?.destroy();
    this.taken.delete(card);
  }

  private begin(target: EventTarget | null): void {
    const card = drawnCard(target);
    if (card === null || this.taken.has(card)) return;
    this.taken.set(card, null);
    // A chart that cannot be taken over stays as the server drew it, and the next touch tries again.
    this.takeOver(card).catch(() => this.taken.delete(card));
  }

  private async takeOver(card: HTMLElement): Promise<void> {
    const { script, calls, values, locale, timeZone } = this.host;
    const rows = calls.rows(card.dataset["panel"] ?? "", values(), new AbortController().signal);
    const [charts, answer] = await Promise.all([import(script) as Promise<typeof Charts>, rows]);
    if (answer.kind !== "ready" || !card.isConnected) this.taken.delete(card);
    else this.taken.set(card, charts.mount(card, { ...answer.value, locale, time_zone: timeZone }));
  }
}

function drawnCard(target: EventTarget | null): HTMLElement | null {
  const chart = target instanceof Element ? target.closest(".chart") : null;
  const card = chart?.closest<HTMLElement>("[data-panel][data-state=ready]") ?? null;
  return card !== null && DRAWN.has(card.dataset["type"] ?? "") ? card : null;
}

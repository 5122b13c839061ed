/** On the first deep interaction with a drawing the chart's own script comes and takes it over. */

import type { DataCalls, Payload } from "./data";

const DRAWN = new Set(["line", "bar", "pie"]);

export interface TakeoverHost {
  readonly calls: DataCalls;
  readonly values: () => Payload;
  readonly locale: string;
  readonly timeZone: string;
}

/** Watch the page for a pointer, finger or focus on a drawing; each card is taken over once. */
export function watchCharts(root: HTMLElement, host: TakeoverHost): void {
  const taken = new WeakSet<HTMLElement>();
  const onTouch = (event: Event): void => {
    const card = drawnCard(event.target);
    if (card === null || taken.has(card)) return;
    taken.add(card);
    takeOver(card, host).then((done) => { if (!done) taken.delete(card); }, () => taken.delete(card));
  };
  for (const kind of ["pointerover", "focusin", "touchstart"]) root.addEventListener(kind, onTouch, { passive: true });
}

function drawnCard(target: EventTarget | null): HTMLElement | null {
  const chart = target instanceof Element ? target.closest(".chart") : null;
  const card = chart?.closest<HTMLElement>("[data-panel][data-state=ready]") ?? null;
  return card !== null && DRAWN.has(card.dataset["type"] ?? "") ? card : null;
}

async function takeOver(card: HTMLElement, host: TakeoverHost): Promise<boolean> {
  const never = new AbortController().signal;
  const [charts, answer] = await Promise.all([
    import("../charts/mount"),
    host.calls.rows(card.dataset["panel"] ?? "", host.values(), never),
  ]);
  if (answer.kind !== "ready" || !card.isConnected) return false;
  charts.mount(card, { ...answer.value, locale: host.locale, time_zone: host.timeZone });
  return true;
}

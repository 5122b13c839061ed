// The browser takes a drawing over: the same option at the exact size, with tooltip, keys and a legend that isolates.
// ECharts draws to a string here too, so the page's policy (no style attributes) holds for both drawings alike.
import type { Chart } from "./chart";
import { liveLegend } from "./legend";
import { chartOf, places, render } from "./render";
import type { DrawingSpec, Words } from "./spec";
import { liveTip } from "./tooltip";

export type LiveSpec = Omit<DrawingSpec, "width" | "height">;
/** What a data call answers, with the viewer's locale and time zone beside it. */
export type Answer = Readonly<Record<string, unknown>>;
export interface Mounted { destroy(): void }

function element(card: HTMLElement): HTMLElement {
  const chart = card.querySelector<HTMLElement>(".chart");
  if (!chart) throw new Error(`card "${card.id}" has no drawing to take over`);
  return chart;
}

/** The server says the few words of a drawing in the viewer's language. */
function wordsOf(chart: HTMLElement): Partial<Words> {
  return JSON.parse(chart.dataset["words"] ?? "{}") as Partial<Words>;
}

function parsed(svg: string): Element {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  root.setAttribute("aria-hidden", "true");
  return document.importNode(root, true);
}

class Live implements Mounted {
  private readonly box = document.createElement("div");
  private readonly height: number;
  private width = 0;
  private only: string[] | undefined;
  private readonly kind: Chart;
  private readonly tip: ReturnType<typeof liveTip>;
  private readonly legend: { destroy(): void };
  private readonly observer: ResizeObserver;

  constructor(private readonly card: HTMLElement, private readonly chart: HTMLElement, private readonly spec: LiveSpec) {
    // A chart behind its table has no height to keep; the server's usual one is right then.
    this.height = Math.round(chart.getBoundingClientRect().height) || 256;
    this.kind = chartOf(this.at(1));
    this.box.className = "live";
    chart.append(this.box);
    this.tip = liveTip(chart);
    this.legend = liveLegend(card, (name) => { this.only = name === null ? undefined : [name]; this.draw(); });
    this.resize();
    chart.classList.add("is-live");
    this.observer = new ResizeObserver(() => { requestAnimationFrame(() => { this.resize(); }); });
    this.observer.observe(chart);
  }

  destroy(): void {
    this.observer.disconnect();
    this.legend.destroy();
    this.tip.destroy();
    this.box.remove();
    this.chart.classList.remove("is-live");
  }

  private at(width: number): DrawingSpec {
    const only = this.only === undefined ? {} : { only: this.only };
    return { ...this.spec, words: wordsOf(this.chart), width, height: this.height, ...only };
  }

  private resize(): void {
    const width = Math.round(this.chart.getBoundingClientRect().width);
    // A hidden chart (its table is shown) has no width; it is drawn when it comes back.
    if (width === 0 || width === this.width) return;
    this.width = width;
    this.draw();
  }

  private draw(): void {
    const spec = this.at(this.width);
    const along = this.kind.along(spec);
    const tips = this.kind.tips(spec);
    let spots: number[] = [];
    const svg = render(spec, this.card.id, (instance) => {
      if (along !== "none") spots = places(instance, along, tips.length);
    });
    this.box.replaceChildren(parsed(svg));
    this.tip.show(spec, { along, places: spots, tips, hit: this.kind.hit });
  }
}

/** Return an answer as a spec. Throws when it is not one, so that a half-read answer never replaces a good drawing. */
export function specOf(answer: Answer): LiveSpec {
  const { data, encoding, type, locale, time_zone: zone } = answer;
  const columns = typeof data === "object" && data !== null && "columns" in data ? data.columns : null;
  const whole = Array.isArray(columns) && typeof encoding === "object" && encoding !== null;
  if (!whole || [type, locale, zone].some((part) => typeof part !== "string")) throw new Error("the answer is not a drawing spec");
  return answer as unknown as LiveSpec;
}

/** Take a card's drawing over at its exact size. Throws when the card has no drawing or the answer is no spec. */
export function mount(card: HTMLElement, answer: Answer): Mounted {
  return new Live(card, element(card), specOf(answer));
}

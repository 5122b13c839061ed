// Our own tooltip: HTML styled by class. It follows the nearest category, a tap pins it, arrow keys move it.
import type { Chart } from "./chart";
import type { Tip } from "./series";
import type { DrawingSpec } from "./spec";

export interface Spots { along: "x" | "y" | "none"; places: number[]; tips: Tip[]; hit: Chart["hit"] }

/** Return the index of the place nearest to `at`, or -1 without places. */
export function nearest(places: readonly number[], at: number): number {
  let best = -1;
  places.forEach((place, i) => {
    if (best < 0 || Math.abs(place - at) < Math.abs((places[best] ?? 0) - at)) best = i;
  });
  return best;
}

/** Return where a box of `size` starts so that it stands beside `at`, 12 px off, inside 0..room. */
export function beside(at: number, size: number, room: number): number {
  const after = at + 12;
  if (after + size <= room) return after;
  return Math.max(0, at - 12 - size);
}

/** Return the index that a key leads to, or null when the key is none of ours. */
export function moved(key: string, index: number, count: number, rtl: boolean): number | null {
  const steps: Record<string, number> = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1, ArrowDown: 1, ArrowUp: -1 };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[key];
  if (step === undefined) return null;
  if (index < 0) return step > 0 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, index + step));
}

function make(tag: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

/** A row without a key of its own keeps the room of the others' keys. */
function rowOf(row: Tip["rows"][number], _: number, all: Tip["rows"]): HTMLElement {
  const line = make("tr", "");
  const name = make("td", "");
  const key = row.kind === "none" ? `key ${all[0]?.kind ?? ""}` : `key ${row.kind} k-${row.colour}`;
  name.append(make("span", key), make("bdi", "", row.label));
  line.append(name, make("td", "", row.value));
  return line;
}

function fill(box: HTMLElement, tip: Tip): void {
  const heading = make("p", "");
  heading.append(make("bdi", "", tip.heading));
  const table = make("table", "");
  const body = make("tbody", "");
  body.append(...tip.rows.map(rowOf));
  table.append(body);
  box.replaceChildren(heading, table);
}

const spoken = (tip: Tip): string => `${tip.heading}: ${tip.rows.map((row) => `${row.label} ${row.value}`).join(", ")}`;

class LiveTip {
  private readonly box = make("div", "tip");
  private readonly cursor = make("div", "cursor");
  private readonly voice = make("p", "vh");
  private readonly stop = new AbortController();
  private spots: Spots = { along: "none", places: [], tips: [], hit: undefined };
  private spec: DrawingSpec | null = null;
  private index = -1;
  private pinned = false;

  constructor(private readonly chart: HTMLElement) {
    this.voice.setAttribute("role", "status");
    this.box.setAttribute("aria-hidden", "true");
    chart.append(this.cursor, this.box);
    chart.after(this.voice);
    chart.tabIndex = 0;
    this.point(-1);
    this.listen();
  }

  show(spec: DrawingSpec, spots: Spots): void {
    [this.spec, this.spots] = [spec, spots];
    this.point(-1);
  }

  destroy(): void {
    this.stop.abort();
    for (const part of [this.box, this.cursor, this.voice]) part.remove();
    this.chart.removeAttribute("tabindex");
  }

  private listen(): void {
    const on = <K extends keyof HTMLElementEventMap>(kind: K, act: (event: HTMLElementEventMap[K]) => void): void => {
      this.chart.addEventListener(kind, act, { signal: this.stop.signal });
    };
    on("pointermove", (event) => { if (event.pointerType !== "touch" && !this.pinned) this.point(this.under(event)); });
    on("pointerleave", () => { if (!this.pinned) this.point(-1); });
    on("click", (event) => { this.press(this.under(event)); });
    on("keydown", (event) => { this.key(event); });
    on("blur", () => { this.release(); });
    const away = (event: Event): void => { if (!this.chart.contains(event.target as Node)) this.release(); };
    document.addEventListener("pointerdown", away, { signal: this.stop.signal });
  }

  private under(event: MouseEvent): number {
    const { left, top } = this.chart.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    if (this.spots.along === "none") return this.spec && this.spots.hit ? this.spots.hit(this.spec, x, y) : -1;
    return nearest(this.spots.places, this.spots.along === "x" ? x : y);
  }

  /** A press pins what it points at; a second one on the same category lets go. */
  private press(index: number): void {
    this.pinned = !(this.pinned && index === this.index) && index >= 0;
    this.point(this.pinned ? index : -1);
  }

  private release(): void {
    this.pinned = false;
    this.point(-1);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.index >= 0) { this.release(); return; }
    const to = moved(event.key, this.index, this.spots.tips.length, this.chart.matches(":dir(rtl)"));
    if (to === null) return;
    event.preventDefault();
    this.pinned = true;
    this.point(to);
    const tip = this.spots.tips[to];
    if (tip) this.voice.textContent = spoken(tip);
  }

  private point(index: number): void {
    this.index = index;
    const tip = this.spots.tips[index];
    this.box.hidden = tip === undefined;
    this.cursor.hidden = tip === undefined || this.spots.along !== "x";
    if (!tip) return;
    fill(this.box, tip);
    this.place(this.spots.places[index] ?? 0);
  }

  private place(at: number): void {
    const { width = 0, height = 0 } = this.spec ?? {};
    const [w, h] = [this.box.offsetWidth, this.box.offsetHeight];
    const isX = this.spots.along === "x";
    const left = isX ? beside(at, w, width) : Math.max(0, (width - w) / 2);
    const top = isX ? 8 : this.spots.along === "y" ? beside(at, h, height) : Math.max(0, height - h);
    this.box.style.transform = `translate(${String(Math.round(left))}px, ${String(Math.round(top))}px)`;
    Object.assign(this.cursor.style, { left: `${String(Math.round(at))}px`, top: "8px", width: "1px", height: `${String(height - 48)}px` });
  }
}

/** Put a tooltip on a chart; `show` gives it the drawing it belongs to. */
export const liveTip = (chart: HTMLElement): Pick<LiveTip, "show" | "destroy"> => new LiveTip(chart);

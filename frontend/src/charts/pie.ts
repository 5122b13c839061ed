// A ring of up to five parts with names, values and shares beside it.
import type { EChartsOption } from "echarts";
import type { Chart } from "./chart";
import { compact, decimalsFor, exact, share } from "./format";
import { BASE, STILL, TEXT, textWidth, truncate, v } from "./look";
import { coloursOf } from "./series";
import type { DrawingSpec } from "./spec";
import { column, isRtl, number, text, words } from "./spec";

interface Part { name: string; value: number; colour: string }

const MOST = 5;
const LINE = 28;

/** Return the parts: largest first, the small ones as Other, catch-alls last. */
export function partsOf(spec: DrawingSpec): Part[] {
  const values = column(spec, spec.encoding.value).values;
  const names = column(spec, spec.encoding.label).values.map((name) => spec.encoding.labels?.[text(name)] ?? text(name));
  const raw = names.map((name, i) => ({ name, value: Math.max(0, number(values[i]) ?? 0) })).filter((p) => p.value > 0);
  raw.sort((a, b) => b.value - a.value);
  const colours = coloursOf(raw.map((p) => p.name), spec.encoding.colours);
  const all = raw.map((p) => ({ ...p, colour: colours.get(p.name) ?? "c8" }));
  all.sort((a, b) => Number(a.colour === "c8") - Number(b.colour === "c8") || b.value - a.value);
  if (all.length <= MOST) return all;
  const rest = all.slice(MOST - 1).reduce((sum, p) => sum + p.value, 0);
  return [...all.slice(0, MOST - 1), { name: words(spec).other, value: rest, colour: "c8" }];
}

interface Beside { y: number; part: Part; value: string; share: string }

function beside(spec: DrawingSpec, parts: Part[]): Beside[] {
  const whole = parts.reduce((sum, p) => sum + p.value, 0);
  const top = (spec.height - parts.length * LINE) / 2 + LINE / 2;
  return parts.map((part, i) => ({
    part, y: top + i * LINE, share: share(part.value / whole, spec.locale),
    value: compact(part.value, spec.locale, spec.encoding.format ?? {}),
  }));
}

const label = (x: number, y: number, text: string, align: "left" | "right", colour: string): object => ({
  type: "text", silent: true, x, y,
  style: { text, align, verticalAlign: "middle", fill: v(colour), fontSize: 12, fontFamily: TEXT.fontFamily },
});

function lineOf(spec: DrawingSpec, row: Beside, from: number, columns: { value: number; share: number }): object[] {
  const rtl = isRtl(spec);
  const flip = (x: number): number => (rtl ? spec.width - x : x);
  const [start, end] = rtl ? (["right", "left"] as const) : (["left", "right"] as const);
  const shareEnd = Math.min(spec.width, from + 320);
  const valueEnd = shareEnd - columns.share - 12;
  const room = valueEnd - columns.value - 12 - from - 18;
  return [
    { type: "rect", silent: true, shape: { x: flip(from) - (rtl ? 10 : 0), y: row.y - 5, width: 10, height: 10, r: 2 }, style: { fill: v(row.part.colour) } },
    label(flip(from + 18), row.y, truncate(row.part.name, room), start, "ink"),
    label(flip(valueEnd), row.y, row.value, end, "ink"),
    label(flip(shareEnd), row.y, row.share, end, "ink-3"),
  ];
}

interface Ring { size: number; x: number; y: number }

function ringOf(spec: DrawingSpec): Ring {
  const size = Math.min(spec.height - 24, spec.width * (spec.width < 400 ? 0.34 : 0.38));
  return { size, x: isRtl(spec) ? spec.width - size / 2 : size / 2, y: spec.height / 2 };
}

/** Return the part at a point: on the ring by its angle, beside it by its line. */
function hit(spec: DrawingSpec, x: number, y: number): number {
  const parts = partsOf(spec);
  const ring = ringOf(spec);
  const away = Math.hypot(x - ring.x, y - ring.y);
  if (away > ring.size / 2) return parts.findIndex((_, i) => Math.abs(y - (spec.height + (2 * i + 1 - parts.length) * LINE) / 2) <= LINE / 2);
  if (away < ring.size * 0.31) return -1;
  const turn = Math.atan2((x - ring.x) * (isRtl(spec) ? -1 : 1), ring.y - y) / (2 * Math.PI);
  let left = (turn < 0 ? turn + 1 : turn) * parts.reduce((sum, p) => sum + p.value, 0);
  return parts.findIndex((p) => (left -= p.value) < 0);
}

function option(spec: DrawingSpec): EChartsOption {
  const parts = partsOf(spec);
  const { size, x: centre } = ringOf(spec);
  const lines = beside(spec, parts);
  const widest = (list: string[]): number => list.reduce((most, s) => Math.max(most, textWidth(s)), 0);
  const columns = { value: widest(lines.map((l) => l.value)), share: widest(lines.map((l) => l.share)) };
  return {
    ...BASE,
    series: [{
      ...STILL, type: "pie", center: [centre, spec.height / 2], radius: [size * 0.31, size / 2], startAngle: 90, label: { show: false },
      labelLine: { show: false }, clockwise: !isRtl(spec),
      data: parts.map((p) => ({ name: p.name, value: p.value, itemStyle: { color: v(p.colour), borderColor: v("card"), borderWidth: 1.5 } })),
    }],
    graphic: { elements: lines.flatMap((row) => lineOf(spec, row, size + 24, columns)) as never },
  };
}

function tips(spec: DrawingSpec): ReturnType<Chart["tips"]> {
  const parts = partsOf(spec);
  const format = spec.encoding.format ?? {};
  const decimals = decimalsFor(parts.map((p) => p.value), format);
  const whole = parts.reduce((sum, p) => sum + p.value, 0);
  return parts.map((p) => ({
    heading: p.name,
    rows: [
      { label: exact(p.value, spec.locale, format, decimals), value: share(p.value / whole, spec.locale), colour: p.colour, kind: "area" },
    ],
  }));
}

export const pie: Chart = { option, legend: () => [], tips, along: () => "none", hit };

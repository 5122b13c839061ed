// A ring of up to five parts with names, values and shares beside it, or under it where the drawing is narrow.
import type { EChartsOption } from "echarts";
import type { Chart } from "./chart";
import { compact, decimalsFor, exact, share } from "./format";
import { BASE, STILL, TEXT, textWidth, truncate, v } from "./look";
import { coloursOf } from "./series";
import type { DrawingSpec } from "./spec";
import { column, isRtl, number, text, words } from "./spec";

interface Part { name: string; value: number; colour: string }

const MOST = 5;
const HOLE = 0.31;
/** Heights of a row beside and under the ring. */
const BESIDE = 28;
const UNDER = 22;
/** Between ring and list, between the list's columns, and from a row's start to its name. */
const BETWEEN = 24;
const GAP = 12;
const KEY = 18;
/** Names over this width are cut only where room is short; a list needs no more width than this to be read along its rows. */
const NAME = 220;
const LIST = 320;
/** A smaller ring says nothing. */
const LEAST = 72;

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

interface Row { part: Part; value: string; share: string }
/** Where ring and list stand. `line` is the height of one row of the list, `first` the middle of its first row. */
interface Layout { ring: { size: number; x: number; y: number }; rows: Row[]; from: number; to: number; first: number; line: number; value: number; share: number }

function rowsOf(spec: DrawingSpec): Row[] {
  const parts = partsOf(spec);
  const whole = parts.reduce((sum, p) => sum + p.value, 0);
  return parts.map((part) => ({
    part, share: share(part.value / whole, spec.locale), value: compact(part.value, spec.locale, spec.encoding.format ?? {}),
  }));
}

/** Narrow drawings have the list under the ring; either way the names come first and the ring takes the room they leave. */
function layoutOf(spec: DrawingSpec): Layout {
  const { width, height } = spec;
  const rows = rowsOf(spec);
  const widest = (list: string[]): number => list.reduce((most, s) => Math.max(most, textWidth(s)), 0);
  const [value, shares] = [widest(rows.map((row) => row.value)), widest(rows.map((row) => row.share))];
  const wanted = KEY + Math.min(NAME, widest(rows.map((row) => row.part.name))) + GAP + value + GAP + shares;
  const aside = Math.min(height, width - wanted - BETWEEN);
  const above = Math.min(width, height - rows.length * UNDER - UNDER);
  const common = { rows, value, share: shares };
  if (above >= LEAST && aside < Math.min(height, above * 1.25)) {
    const list = Math.min(width, Math.max(wanted, LIST + BETWEEN * 2));
    const from = (width - list) / 2;
    const first = height - rows.length * UNDER + UNDER / 2;
    return { ...common, ring: { size: above, x: width / 2, y: above / 2 }, from, to: from + list, first, line: UNDER };
  }
  const size = Math.max(aside, Math.min(height, width * 0.3));
  const from = size + BETWEEN;
  const first = (height - (rows.length - 1) * BESIDE) / 2;
  const ring = { size, x: isRtl(spec) ? width - size / 2 : size / 2, y: height / 2 };
  return { ...common, ring, from, to: Math.min(width, from + Math.max(wanted, LIST)), first, line: BESIDE };
}

const label = (x: number, y: number, text: string, align: "left" | "right", colour: string): object => ({
  type: "text", silent: true, x, y,
  style: { text, align, verticalAlign: "middle", fill: v(colour), fontSize: 12, fontFamily: TEXT.fontFamily },
});

function lineOf(spec: DrawingSpec, l: Layout, row: Row, i: number): object[] {
  const rtl = isRtl(spec);
  const flip = (x: number): number => (rtl ? spec.width - x : x);
  const [start, end] = rtl ? (["right", "left"] as const) : (["left", "right"] as const);
  const y = l.first + i * l.line;
  const valueEnd = l.to - l.share - GAP;
  const room = valueEnd - l.value - GAP - l.from - KEY;
  return [
    { type: "rect", silent: true, shape: { x: flip(l.from) - (rtl ? 10 : 0), y: y - 5, width: 10, height: 10, r: 2 }, style: { fill: v(row.part.colour) } },
    label(flip(l.from + KEY), y, truncate(row.part.name, room), start, "ink"),
    label(flip(valueEnd), y, row.value, end, "ink"),
    label(flip(l.to), y, row.share, end, "ink-3"),
  ];
}

/** Return the part at a point: on the ring by its angle, beside or under it by its line. */
function hit(spec: DrawingSpec, x: number, y: number): number {
  const { ring, rows, first, line } = layoutOf(spec);
  const away = Math.hypot(x - ring.x, y - ring.y);
  if (away > ring.size / 2) return rows.findIndex((_, i) => Math.abs(y - first - i * line) <= line / 2);
  if (away < ring.size * HOLE) return -1;
  const turn = Math.atan2((x - ring.x) * (isRtl(spec) ? -1 : 1), ring.y - y) / (2 * Math.PI);
  let left = (turn < 0 ? turn + 1 : turn) * rows.reduce((sum, row) => sum + row.part.value, 0);
  return rows.findIndex((row) => (left -= row.part.value) < 0);
}

function option(spec: DrawingSpec): EChartsOption {
  const l = layoutOf(spec);
  const { size, x, y } = l.ring;
  return {
    ...BASE,
    series: [{
      ...STILL, type: "pie", center: [x, y], radius: [size * HOLE, size / 2], startAngle: 90, label: { show: false },
      labelLine: { show: false }, clockwise: !isRtl(spec),
      data: l.rows.map(({ part: p }) => ({ name: p.name, value: p.value, itemStyle: { color: v(p.colour), borderColor: v("card"), borderWidth: 1.5 } })),
    }],
    graphic: { elements: l.rows.flatMap((row, i) => lineOf(spec, l, row, i)) as never },
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

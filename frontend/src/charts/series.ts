// From rows to what is drawn: categories on one axis, one or more series on the other.
import type { Cell, DrawingSpec } from "./spec";
import { column, labelOf, number, text, words } from "./spec";
import type { TimeAxis } from "./time";
import { filled, labels, long, openMoment, timeAxis } from "./time";

export interface Series { name: string; label: string; colour: string; values: (number | null)[] }
export interface Legend { name: string; label: string; colour: string; kind: "area" | "line" | "tick" }
/** What the tooltip says about one category. */
export interface Tip { heading: string; rows: { label: string; value: string; colour: string; kind: Legend["kind"] | "none" }[] }

export interface Plot {
  /** Category names as drawn on the axis for a given room in px. */
  axisLabels: (room: number) => string[];
  /** Category names in full. */
  headings: string[];
  time: TimeAxis | null;
  series: Series[];
  compare: Series | null;
  /** The category whose period is not over, when the author asks for `partial`; else -1. */
  open: number;
}

const CATCH_ALL = /^(other|others|unknown|none|n\/a|returned|rest|sonstige|autres)$/i;
const PALETTE = ["c1", "c2", "c3", "c4", "c5", "c6", "c7"];
const KNOWN = new Set([...PALETTE, "c8", "past", "ink", "good", "bad", "warn"]);

/** Return the colour of every name: the author's, slate for catch-alls, else the next free one of the palette. */
export function coloursOf(names: string[], chosen: Record<string, string> = {}): Map<string, string> {
  const result = new Map<string, string>();
  const fixed = (name: string): string | undefined => {
    const wish = Object.hasOwn(chosen, name) ? chosen[name] : undefined;
    return wish !== undefined && KNOWN.has(wish) ? wish : undefined;
  };
  const taken = new Set(names.map(fixed).filter((c) => c !== undefined));
  const free = PALETTE.filter((c) => !taken.has(c));
  for (const name of names) {
    result.set(name, fixed(name) ?? (CATCH_ALL.test(name) ? "c8" : free.shift() ?? "c8"));
  }
  return result;
}

export const total = (values: readonly (number | null)[]): number => values.reduce<number>((sum, v) => sum + (v ?? 0), 0);

/** Rates do not add up, so they never get an "Other". */
export const additive = (spec: DrawingSpec): boolean => spec.encoding.format?.style !== "percent";

interface Axis { keys: Cell[]; index: Map<Cell, number>; time: TimeAxis | null; moments: number[] }

function axisOf(spec: DrawingSpec): Axis {
  const x = column(spec, spec.encoding.x);
  const time = timeAxis(x, spec.time_zone);
  if (!time) {
    const keys = spec.encoding.series === undefined ? x.values : [...new Set(x.values)];
    return { keys, index: new Map(keys.map((k, i) => [k, i])), time: null, moments: [] };
  }
  const moments = filled(time);
  const place = new Map(moments.map((at, i) => [at, i]));
  const index = new Map<Cell, number>();
  x.values.forEach((value, row) => index.set(value, place.get(time.moments[row] ?? Number.NaN) ?? 0));
  return { keys: moments, index, time, moments };
}

/** Return a column's numbers along the axis. Rows of one moment add up; without time each row stays by itself. */
function along(spec: DrawingSpec, axis: Axis, name: string, rows?: number[]): (number | null)[] {
  const values = column(spec, name).values;
  if (!axis.time && rows === undefined) return values.map(number);
  const x = column(spec, spec.encoding.x).values;
  const result: (number | null)[] = Array.from({ length: axis.keys.length }, () => null);
  for (const row of rows ?? x.keys()) {
    const at = axis.index.get(x[row] ?? null);
    const value = number(values[row]);
    if (at !== undefined && value !== null) result[at] = (result[at] ?? 0) + value;
  }
  return result;
}

function named(spec: DrawingSpec, axis: Axis): [string, string, (number | null)[]][] {
  const { y, series } = spec.encoding;
  const measures = Array.isArray(y) ? y : [y ?? ""];
  if (series === undefined) return measures.map((name) => [name, labelOf(spec, name), along(spec, axis, name)]);
  const rows = new Map<string, number[]>();
  column(spec, series).values.forEach((value, row) => {
    const name = text(value);
    const list = rows.get(name);
    if (list) list.push(row);
    else rows.set(name, [row]);
  });
  return [...rows].map(([name, own]) => [name, spec.encoding.labels?.[name] ?? name, along(spec, axis, measures[0] ?? "", own)]);
}

/** Largest first, catch-alls last: the steady part lies at the base of a stack. */
function ordered(list: Series[], spec: DrawingSpec): Series[] {
  if (spec.encoding.series === undefined) return list;
  const rest = (s: Series): number => (s.colour === "c8" ? 1 : 0);
  return [...list].sort((a, b) => rest(a) - rest(b) || total(b.values) - total(a.values));
}

/** Keep `most` series: the largest, and the others as one. */
function limited(list: Series[], spec: DrawingSpec, most: number): Series[] {
  if (list.length <= most) return list;
  const bySize = [...list].filter((s) => s.colour !== "c8").sort((a, b) => total(b.values) - total(a.values));
  const kept = new Set(bySize.slice(0, most - 1));
  const rest = list.filter((s) => !kept.has(s));
  const shown = list.filter((s) => kept.has(s));
  if (!additive(spec)) return shown;
  const values = (list[0]?.values ?? []).map((_, i) => sumAt(rest, i));
  return [...shown, { name: "\u2026other", label: words(spec).other, colour: "c8", values }];
}

function sumAt(list: Series[], i: number): number | null {
  const present = list.map((s) => s.values[i] ?? null).filter((n): n is number => n !== null);
  return present.length > 0 ? present.reduce((sum, n) => sum + n, 0) : null;
}

function coloured(spec: DrawingSpec, axis: Axis, most: number): Series[] {
  const raw = named(spec, axis);
  const largest = [...raw].sort((a, b) => total(b[2]) - total(a[2])).map(([name]) => name);
  const inOrder = spec.encoding.series === undefined ? raw.map(([name]) => name) : largest;
  const colours = coloursOf(inOrder, spec.encoding.colours);
  const all = raw.map(([name, label, values]) => ({ name, label, values, colour: colours.get(name) ?? "c8" }));
  return ordered(limited(all, spec, most), spec);
}

function openOf(spec: DrawingSpec, { time, moments }: Axis): number {
  const open = time && spec.encoding.partial ? openMoment(time, spec.as_of, spec.time_zone) : null;
  return open === null ? -1 : moments.indexOf(open);
}

/** Return the plot of a spec with at most `most` series. Throws when a named column is missing. */
export function plotOf(spec: DrawingSpec, most: number): Plot {
  const axis = axisOf(spec);
  const { time, moments } = axis;
  const series = coloured(spec, axis, most).filter((s) => spec.only === undefined || spec.only.includes(s.name));
  const { compare } = spec.encoding;
  const past = compare === undefined || (spec.only && !spec.only.includes(compare)) ? null : compare;
  const names = axis.keys.map(text);
  return {
    time, series, open: openOf(spec, axis),
    headings: time ? moments.map((at) => long(at, time, spec.locale)) : names,
    axisLabels: (room) => (time ? labels(moments, time, spec.locale, room) : names),
    compare: past === null ? null : { name: past, label: labelOf(spec, past), colour: "past", values: along(spec, axis, past) },
  };
}

/** Return the legend of a plot in the order of the drawing; one series needs none. */
export function legendOf(plot: Plot, kind: Legend["kind"], past: Legend["kind"]): Legend[] {
  const items = plot.series.map(({ name, label, colour }): Legend => ({ name, label, colour, kind }));
  if (plot.compare) items.push({ name: plot.compare.name, label: plot.compare.label, colour: past === "tick" ? "ink" : "past", kind: past });
  return items.length > 1 ? items : [];
}


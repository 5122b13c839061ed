// The category axis under a plot and the tooltip of a plot, shared by lines and columns.
import type { XAXisComponentOption } from "echarts";
import { change, decimalsFor, exact } from "./format";
import { TEXT, textWidth, truncate, v } from "./look";
import type { Legend, Plot, Series, Tip } from "./series";
import type { DrawingSpec } from "./spec";
import { isRtl, words } from "./spec";

/** Return the labels of the category axis: dates by step, names cut to their band or left out evenly. */
export function bandLabels(plot: Plot, room: number): string[] {
  const names = plot.axisLabels(room);
  if (plot.time) return names;
  const band = room / Math.max(1, names.length);
  const widest = names.reduce((most, name) => Math.max(most, textWidth(name)), 0);
  if (widest + 8 <= band || band >= 48) return names.map((name) => truncate(name, band - 8));
  const nth = Math.ceil(Math.min(widest + 12, 80) / band);
  return names.map((name, i) => (i % nth === 0 ? truncate(name, nth * band - 10) : ""));
}

/** Return the category axis: a base line unless `crossed` by values below 0, no ticks, never a rotated label. */
export function categoryAxis(spec: DrawingSpec, names: string[], gap: boolean, crossed: boolean): XAXisComponentOption {
  return {
    type: "category", data: names, boundaryGap: gap, inverse: isRtl(spec), axisTick: { show: false }, splitLine: { show: false },
    axisLine: { show: !crossed, onZero: false, lineStyle: { color: v("axis"), width: 1 } },
    axisLabel: {
      ...TEXT, interval: (i: number) => names[i] !== "", margin: 10, lineHeight: 16, hideOverlap: false, rotate: 0,
      ...(gap || names.length < 2 ? {} : { alignMinLabel: isRtl(spec) ? "right" : "left", alignMaxLabel: isRtl(spec) ? "left" : "right" }),
    },
  };
}

/** Return the room under a plot: one line of labels, or two with years. */
export const below = (names: string[]): number => (names.some((name) => name.includes("\n")) ? 40 : 24);

/** Return the tooltips of a plot: its series in the order of the drawing, the past, and the difference last. */
export function plotTips(spec: DrawingSpec, plot: Plot, kind: Legend["kind"], past: Legend["kind"]): Tip[] {
  const format = spec.encoding.format ?? {};
  const all = plot.compare ? [...plot.series, plot.compare] : plot.series;
  const decimals = decimalsFor(all.flatMap((s) => s.values), format);
  const say = (s: Series, i: number): string => {
    const n = s.values[i] ?? null;
    return n === null ? "–" : exact(n, spec.locale, format, decimals);
  };
  return plot.headings.map((heading, i) => ({
    heading,
    rows: [
      ...plot.series.map((s) => ({ label: s.label, value: say(s, i), colour: s.colour, kind })),
      ...(plot.compare ? [{ label: plot.compare.label, value: say(plot.compare, i), colour: past === "tick" ? "ink" : "past", kind: past }] : []),
      ...difference(spec, plot, i),
    ],
  }));
}

function difference(spec: DrawingSpec, plot: Plot, i: number): Tip["rows"] {
  const now = plot.series[0]?.values[i] ?? null;
  const before = plot.compare?.values[i] ?? null;
  if (plot.series.length !== 1 || now === null || before === null || before <= 0) return [];
  return [{ label: words(spec).change, value: change(now / before - 1, spec.locale), colour: "", kind: "none" }];
}

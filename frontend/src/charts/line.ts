// Lines: the present in colour, the past in grey, the period that is not over yet dotted.
import type { EChartsOption, LineSeriesOption, ScatterSeriesOption } from "echarts";
import type { Scale } from "./axis";
import { niceScale, valueAxis, wholeScale } from "./axis";
import type { Chart } from "./chart";
import { compact } from "./format";
import { BASE, HALO, STILL, TEXT, textWidth, v } from "./look";
import { bandLabels, below, categoryAxis, plotTips } from "./plain";
import type { Plot, Series } from "./series";
import { legendOf, plotOf } from "./series";
import type { DrawingSpec } from "./spec";
import { isRtl, words } from "./spec";
import { dayOf } from "./time";

const MOST = 8;
const TOP = 22;
const END = 8;

function scaleOf(spec: DrawingSpec, plot: Plot): Scale {
  const all = [...plot.series, ...(plot.compare ? [plot.compare] : [])].flatMap((s) => s.values);
  const present = all.filter((n): n is number => n !== null);
  const low = present.reduce((least, n) => Math.min(least, n), Infinity);
  const high = present.reduce((most, n) => Math.max(most, n), -Infinity);
  if (present.length === 0) return niceScale(0, 1, true);
  const zero = spec.encoding.zero ?? (low >= 0 && low < high * 0.6);
  return wholeScale(niceScale(low, high, zero), present.every(Number.isInteger));
}

const stroke = (colour: string, width: number): LineSeriesOption => ({
  ...STILL, type: "line", symbol: "none", clip: false, sampling: "lttb",
  lineStyle: { color: v(colour), width, cap: "round", join: "round" },
});

/** Return the index of the last value, or -1. */
const lastIndex = (values: (number | null)[]): number => values.findLastIndex((n) => n !== null);

function drawn(plot: Plot, s: Series, fill: boolean): LineSeriesOption[] {
  const area = fill ? { areaStyle: { color: v(s.colour), opacity: 0.08 } } : {};
  const end = lastIndex(s.values);
  if (end < 1 || end !== plot.open) return [{ ...stroke(s.colour, 2.5), ...area, data: s.values }];
  const tail = stroke(s.colour, 2.5);
  return [
    { ...stroke(s.colour, 2.5), ...area, data: s.values.map((n, i) => (i < end ? n : null)) },
    { ...tail, lineStyle: { ...tail.lineStyle, type: [2, 5] }, data: s.values.map((n, i) => (i === end || i === end - 1 ? n : null)) },
  ];
}

/** A value without neighbours has no line to lie on, so it is a dot. */
function lonely(s: Series): ScatterSeriesOption[] {
  const at = (i: number): number | null => s.values[i] ?? null;
  const data = s.values.flatMap((n, i) => (n !== null && at(i - 1) === null && at(i + 1) === null ? [[i, n]] : []));
  const dots = { ...STILL, type: "scatter", clip: false, symbol: "circle", symbolSize: 7, data } as const;
  return data.length > 0 ? [{ ...dots, itemStyle: { opacity: 1, color: v(s.colour) } }] : [];
}

interface Note { at: number; value: number; label: string; above: boolean; strong: boolean; hollow: boolean }

function dot(spec: DrawingSpec, note: Note, s: Series, count: number): ScatterSeriesOption {
  const place = count < 2 ? 0.5 : (isRtl(spec) ? count - 1 - note.at : note.at) / (count - 1);
  const room = textWidth(note.label) / 2 / Math.max(1, spec.width - 60);
  const align = place < room ? "left" : 1 - place < room ? "right" : "center";
  return {
    ...STILL, type: "scatter", clip: false, symbol: "circle", symbolSize: 7, z: 5, data: [[note.at, note.value]],
    itemStyle: note.hollow ? { opacity: 1, color: v("card"), borderColor: v(s.colour), borderWidth: 2 } : { opacity: 1, color: v(s.colour) },
    label: {
      show: note.label !== "", ...TEXT, ...HALO, color: v(note.strong ? "ink" : "ink-2"), fontWeight: note.strong ? 600 : 400,
      position: note.above ? "top" : "bottom", distance: 8, align, offset: [align === "right" ? 6 : align === "left" ? -6 : 0, 0],
      formatter: () => note.label,
    },
  };
}

function partialNote(spec: DrawingSpec, s: Series, scale: Scale, end: number): Note {
  const value = s.values[end] ?? 0;
  const day = spec.as_of === undefined ? null : dayOf(spec.as_of, spec.time_zone, spec.locale);
  const short = compact(value, spec.locale, spec.encoding.format ?? {});
  const label = day === null ? short : `${short}, ${words(spec).to.replace("{date}", day)}`;
  const above = value - scale.min < (scale.max - scale.min) * 0.2;
  return { at: end, value, label, above, strong: false, hollow: true };
}

function peakNote(spec: DrawingSpec, s: Series, until: number): Note | null {
  const present = s.values.slice(0, until);
  let at = -1;
  present.forEach((n, i) => { if (n !== null && (at < 0 || n > (present[at] ?? 0))) at = i; });
  const value = present[at];
  if (value === undefined || value === null || present.length < 3) return null;
  return { at, value, label: compact(value, spec.locale, spec.encoding.format ?? {}), above: true, strong: true, hollow: false };
}

/** At most two labels on one line: the open period and the peak; the peak goes when the two would touch. */
function notes(spec: DrawingSpec, plot: Plot, scale: Scale): ScatterSeriesOption[] {
  const s = plot.series[0];
  if (!s || plot.series.length !== 1) return [];
  const end = lastIndex(s.values);
  if (end < 0) return [];
  const open = end === plot.open ? partialNote(spec, s, scale, end) : null;
  const peak = peakNote(spec, s, open ? end : end + 1);
  const clash = open && peak && open.above && (end - peak.at) / plot.headings.length < 0.35;
  return [open, clash ? null : peak].filter((n) => n !== null).map((n) => dot(spec, n, s, plot.headings.length));
}

function option(spec: DrawingSpec): EChartsOption {
  const plot = plotOf(spec, MOST);
  const scale = scaleOf(spec, plot);
  const axis = valueAxis(spec, scale);
  const names = bandLabels(plot, spec.width - axis.room - END);
  const fill = plot.series.length === 1 && scale.min === 0;
  const [left, right] = isRtl(spec) ? [END, axis.room] : [axis.room, END];
  return {
    ...BASE,
    grid: { left, right, top: TOP, bottom: below(names), outerBoundsMode: "none" },
    xAxis: categoryAxis(spec, names, false, axis.scale.min < 0),
    yAxis: axis.option,
    series: [
      ...(plot.compare ? [{ ...stroke("past", 1.5), data: plot.compare.values }, ...lonely(plot.compare)] : []),
      ...plot.series.toReversed().flatMap((s) => [...drawn(plot, s, fill), ...lonely(s)]),
      ...notes(spec, plot, scale),
    ],
  };
}

export const line: Chart = {
  option,
  legend: ({ only: _, ...whole }) => legendOf(plotOf(whole, MOST), "line", "line"),
  tips: (spec) => plotTips(spec, plotOf(spec, MOST), "line", "line"),
  along: () => "x",
};

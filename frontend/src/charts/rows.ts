// Horizontal bars for categories: longest first, Other last, name left, value and share right of the bar, no value axis.
import type { BarSeriesOption, EChartsOption, ScatterSeriesOption } from "echarts";
import { compact, share } from "./format";
import { BASE, STILL, TEXT, textWidth, tick, truncate, v } from "./look";
import type { Plot } from "./series";
import { additive, total } from "./series";
import type { DrawingSpec } from "./spec";
import { isRtl, words } from "./spec";

export interface Row { heading: string; values: (number | null)[]; past: number | null; sum: number; rest: boolean }

const PITCH = 26;
const OTHER = /^(other|others|unknown|rest|sonstige|autres)$/i;

function rowAt(plot: Plot, i: number): Row {
  const values = plot.series.map((s) => s.values[i] ?? null);
  const heading = plot.headings[i] ?? "";
  return { heading, values, past: plot.compare?.values[i] ?? null, sum: total(values), rest: OTHER.test(heading.trim()) };
}

function folded(rest: Row[], label: string): Row {
  const width = rest[0]?.values.length ?? 0;
  const values = Array.from({ length: width }, (_, k) => total(rest.map((row) => row.values[k] ?? null)));
  return { heading: label, values, past: total(rest.map((row) => row.past)), sum: total(values), rest: true };
}

/** Return the rows as drawn in `height` px: longest first, what does not fit as one last row. */
export function rowsOf(spec: DrawingSpec, plot: Plot): Row[] {
  const all = plot.headings.map((_, i) => rowAt(plot, i));
  if (!plot.time) all.sort((a, b) => Number(a.rest) - Number(b.rest) || b.sum - a.sum);
  const fit = Math.max(2, Math.floor(spec.height / PITCH));
  if (all.length <= fit) return all;
  const rest = all.slice(fit - 1);
  const label = additive(spec) ? words(spec).other : words(spec).more.replace("{n}", String(rest.length));
  const last = folded(rest, label);
  return [...all.slice(0, fit - 1), additive(spec) ? last : { ...last, values: last.values.map(() => null), past: null }];
}

interface Layout { rows: Row[]; name: number; gap: number; texts: string[]; shares: string[]; reach: [number, number] }

function layout(spec: DrawingSpec, plot: Plot): Layout {
  const rows = rowsOf(spec, plot);
  const format = spec.encoding.format ?? {};
  const whole = rows.reduce((sum, row) => sum + Math.max(0, row.sum), 0);
  const empty = (row: Row): boolean => row.values.every((n) => n === null);
  const texts = rows.map((row) => (empty(row) ? "" : compact(row.sum, spec.locale, format)));
  const widest = (list: string[]): number => list.reduce((most, s) => Math.max(most, textWidth(s)), 0);
  const name = Math.min(widest(rows.map((row) => row.heading)) + 14, Math.floor(spec.width * 0.4));
  const wanted = spec.encoding.share === true && additive(spec) && whole > 0;
  const shares = wanted ? rows.map((row) => share(Math.max(0, row.sum) / whole, spec.locale)) : [];
  const beside = widest(texts) + 14 + (wanted ? widest(shares) + 10 : 0);
  const fits = spec.width - name - beside > spec.width * 0.25;
  const ends = rows.flatMap((row) => [row.sum, row.past ?? 0]);
  const reach: [number, number] = [Math.min(0, ...ends), Math.max(0, ...ends) || 1];
  return { rows, name, texts, reach, shares: fits ? shares : [], gap: fits ? beside : widest(texts) + 14 };
}

function bar(spec: DrawingSpec, plot: Plot, l: Layout, k: number): BarSeriesOption {
  const rtl = isRtl(spec);
  const last = k === plot.series.length - 1;
  const many = plot.series.length > 1;
  const px = (spec.width - l.name - l.gap) / (l.reach[1] - l.reach[0]);
  // The caption stands behind the tick of the past where that reaches farther than the bar.
  const over = (row: Row): number => Math.max(0, (row.past ?? 0) - Math.max(0, row.sum)) * px;
  const caption = (i: number): string => {
    const parts = [`{v|${l.texts[i] ?? ""}}`, l.shares[i] === undefined ? "" : `{s|${l.shares[i]}}`];
    return (rtl ? parts.reverse() : parts).join("");
  };
  return {
    ...STILL, type: "bar", clip: false, stack: "all", barMaxWidth: 20, barCategoryGap: "46%",
    data: l.rows.map((row) => ({ value: row.values[k] ?? (last ? 0 : null), label: { distance: 8 + over(row) } })),
    itemStyle: { color: v(plot.series[k]?.colour ?? "c1"), borderRadius: many ? 0 : rtl ? [1, 0, 0, 1] : [0, 1, 1, 0], ...(many ? { borderColor: v("card"), borderWidth: 0.75 } : {}) },
    label: {
      show: last, position: rtl ? "left" : "right", formatter: (p) => caption(p.dataIndex),
      rich: { v: { ...TEXT, color: v("ink") }, s: { ...TEXT, padding: rtl ? [0, 8, 0, 0] : [0, 0, 0, 8] } },
    },
  };
}

/** The year before as a 2 px tick over each bar. */
const ticks = (plot: Plot, rows: Row[], pitch: number): ScatterSeriesOption[] =>
  plot.compare ? tick(rows.map((row, i) => [row.past, i]), [2, Math.min(24, pitch * 0.54 + 4)]) : [];

/** Few rows keep the pitch of many: they hang from the top instead of spreading out. */
const bottom = (spec: DrawingSpec, count: number): number => Math.max(0, spec.height - count * 48);

/** Return the drawing of a plot as horizontal bars. */
export function rows(spec: DrawingSpec, plot: Plot): EChartsOption {
  const l = layout(spec, plot);
  const rtl = isRtl(spec);
  const [left, right] = rtl ? [l.gap, l.name] : [l.name, l.gap];
  const under = bottom(spec, l.rows.length);
  return {
    ...BASE,
    grid: { left, right, top: 0, bottom: under, outerBoundsMode: "none" },
    xAxis: { type: "value", show: false, inverse: rtl, min: l.reach[0], max: l.reach[1] },
    yAxis: {
      type: "category", inverse: true, position: rtl ? "right" : "left", data: l.rows.map((row) => truncate(row.heading, l.name - 8)),
      axisTick: { show: false }, axisLine: { show: false },
      axisLabel: { ...TEXT, color: v("ink"), textMargin: 0, align: rtl ? "right" : "left", margin: l.name, interval: 0 },
    },
    series: [
      ...plot.series.map((_, k) => bar(spec, plot, l, k)),
      ...ticks(plot, l.rows, (spec.height - under) / l.rows.length),
    ],
  };
}

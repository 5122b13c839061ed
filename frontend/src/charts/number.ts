// The sparkline of a number card: no axes, one dot on the last complete period. The number itself is HTML.
import type { EChartsOption } from "echarts";
import type { Chart } from "./chart";
import { decimalsFor, exact } from "./format";
import { BASE, STILL, v } from "./look";
import type { DrawingSpec } from "./spec";
import { column, isRtl, labelOf, number } from "./spec";
import { openMoment, timeAxis } from "./time";

const trendOf = (spec: DrawingSpec): (number | null)[] => column(spec, spec.encoding.trend).values.map(number);

/** Return the row whose period is not over, or -1. */
function openRow(spec: DrawingSpec): number {
  const periods = spec.encoding.x === undefined ? spec.data.columns[0] : column(spec, spec.encoding.x);
  const axis = spec.encoding.partial && periods ? timeAxis(periods, spec.time_zone) : null;
  const open = axis && openMoment(axis, spec.as_of, spec.time_zone);
  return open === null ? -1 : axis?.moments.indexOf(open) ?? -1;
}

/** Return the index that carries the dot: the last value, or the one before it while its period is still open. */
function dotAt(values: (number | null)[], open: number): number {
  const end = values.findLastIndex((n) => n !== null);
  return end === open && end > 0 ? end - 1 : end;
}

function option(spec: DrawingSpec): EChartsOption {
  const values = trendOf(spec);
  const present = values.filter((n): n is number => n !== null);
  const high = present.reduce((most, n) => Math.max(most, n), -Infinity);
  const low = present.reduce((least, n) => Math.min(least, n), Infinity);
  const margin = (high - low || Math.abs(high) || 1) * 0.1;
  const dot = dotAt(values, openRow(spec));
  const solid = values.map((n, i) => (i <= dot ? n : null));
  const open = values.map((n, i) => (i >= dot ? n : null));
  const stroke = { ...STILL, type: "line", symbol: "none", clip: false, sampling: "lttb" } as const;
  return {
    ...BASE,
    grid: { left: isRtl(spec) ? 5 : 1, right: isRtl(spec) ? 1 : 5, top: 5, bottom: 5, outerBoundsMode: "none" },
    xAxis: { type: "category", show: false, boundaryGap: false, inverse: isRtl(spec), data: values.map((_, i) => String(i)) },
    yAxis: { type: "value", show: false, min: low - margin, max: high + (high === low ? margin : 0) },
    series: [
      { ...stroke, data: solid, lineStyle: { color: v("c1"), width: 1.75, join: "round", cap: "round" } },
      ...(dot < values.length - 1 ? [{ ...stroke, data: open, lineStyle: { color: v("c1"), width: 1.75, type: [1, 4], cap: "round" as const } }] : []),
      ...(dot < 0 ? [] : [{ ...STILL, type: "scatter" as const, clip: false, symbol: "circle", symbolSize: 6, itemStyle: { opacity: 1, color: v("c1") }, data: [[dot, values[dot] ?? 0]] }]),
    ],
  };
}

function tips(spec: DrawingSpec): ReturnType<Chart["tips"]> {
  const values = trendOf(spec);
  const format = spec.encoding.format ?? {};
  const decimals = decimalsFor(values, format);
  const label = labelOf(spec, spec.encoding.trend ?? "");
  return values.map((n, i) => ({
    heading: String(i + 1),
    rows: [{ label, value: n === null ? "–" : exact(n, spec.locale, format, decimals), colour: "c1", kind: "line" }],
  }));
}

export const sparkline: Chart = { option, legend: () => [], tips, along: () => "x" };

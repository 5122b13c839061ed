// Columns over time: stacked with a hairline of card colour between the parts, or side by side.
import type { BarSeriesOption, EChartsOption, ScatterSeriesOption } from "echarts";
import type { Scale } from "./axis";
import { niceScale, valueAxis, wholeScale } from "./axis";
import { BASE, STILL, tick, v } from "./look";
import { bandLabels, below, categoryAxis } from "./plain";
import type { Plot } from "./series";
import type { DrawingSpec } from "./spec";
import { isRtl } from "./spec";

export const isStacked = (spec: DrawingSpec): boolean => spec.encoding.mode !== "grouped";

/** Return the lowest and highest end of any column or tick. */
function reach(spec: DrawingSpec, plot: Plot): [number, number] {
  let [low, high] = [0, 0];
  plot.headings.forEach((_, i) => {
    const parts = plot.series.map((s) => s.values[i] ?? 0);
    const up = parts.filter((n) => n > 0);
    const down = parts.filter((n) => n < 0);
    const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0);
    high = Math.max(high, plot.compare?.values[i] ?? 0, isStacked(spec) ? sum(up) : Math.max(0, ...up));
    low = Math.min(low, plot.compare?.values[i] ?? 0, isStacked(spec) ? sum(down) : Math.min(0, ...down));
  });
  return [low, high];
}

function scaleOf(spec: DrawingSpec, plot: Plot): Scale {
  const [low, high] = reach(spec, plot);
  const whole = plot.series.every((s) => s.values.every((n) => n === null || Number.isInteger(n)));
  return wholeScale(niceScale(low, high, true), whole);
}

function bars(spec: DrawingSpec, plot: Plot): BarSeriesOption[] {
  const stacked = isStacked(spec);
  const many = plot.series.length > 1;
  return plot.series.map((s) => ({
    ...STILL, type: "bar", clip: false, ...(stacked ? { stack: "all" } : {}), barGap: "8%",
    barCategoryGap: spec.width < 480 ? "24%" : "34%", barMaxWidth: 72,
    itemStyle: { color: v(s.colour), ...(stacked && many ? { borderColor: v("card"), borderWidth: 0.75 } : {}) },
    // A part of nothing is not drawn: its border would cut the axis.
    data: s.values.map((n) => (stacked && many && n === 0 ? null : n)).map((value, i) => (i === plot.open ? { value, itemStyle: { opacity: 0.45 } } : value)),
  }));
}

/** The past as a tick across each column. */
function ticks(spec: DrawingSpec, plot: Plot, band: number): ScatterSeriesOption[] {
  if (!plot.compare) return [];
  const width = Math.min(76, band * (spec.width < 480 ? 0.76 : 0.66)) + 4;
  return tick(plot.compare.values.map((n, i) => [i, n]), [width, 2]);
}

/** Return the drawing of a plot as columns. */
export function columns(spec: DrawingSpec, plot: Plot): EChartsOption {
  const axis = valueAxis(spec, scaleOf(spec, plot));
  const room = spec.width - axis.room;
  const names = bandLabels(plot, room);
  const [left, right] = isRtl(spec) ? [0, axis.room] : [axis.room, 0];
  return {
    ...BASE,
    grid: { left, right, top: 10, bottom: below(names), outerBoundsMode: "none" },
    xAxis: categoryAxis(spec, names, true, axis.scale.min < 0),
    yAxis: axis.option,
    series: [...bars(spec, plot), ...ticks(spec, plot, room / Math.max(1, plot.headings.length))],
  };
}

// Bars: columns over time, horizontal bars for categories, unless the author says otherwise.
import type { Chart } from "./chart";
import { columns } from "./columns";
import { plotTips } from "./plain";
import { rows, rowsOf } from "./rows";
import type { Plot } from "./series";
import { legendOf, plotOf } from "./series";
import type { DrawingSpec } from "./spec";
import { column } from "./spec";

/** More than five parts are not told apart in a stack; side by side, eight. */
const most = (spec: DrawingSpec): number => (spec.encoding.mode === "grouped" ? 8 : 5);

function isHorizontal(spec: DrawingSpec): boolean {
  if (spec.encoding.orientation !== undefined) return spec.encoding.orientation === "horizontal";
  const { type } = column(spec, spec.encoding.x);
  return type !== "date" && type !== "datetime";
}

const plot = (spec: DrawingSpec): Plot => plotOf(spec, most(spec));

/** The rows in the order of the drawing, as a plot again, so that tooltips follow it. */
function asDrawn(spec: DrawingSpec): Plot {
  const raw = plot(spec);
  if (!isHorizontal(spec)) return raw;
  const drawn = rowsOf(spec, raw);
  return {
    ...raw,
    headings: drawn.map((row) => row.heading),
    series: raw.series.map((s, k) => ({ ...s, values: drawn.map((row) => row.values[k] ?? null) })),
    compare: raw.compare && { ...raw.compare, values: drawn.map((row) => row.past) },
  };
}

export const bar: Chart = {
  option: (spec) => (isHorizontal(spec) ? rows(spec, plot(spec)) : columns(spec, plot(spec))),
  legend: (spec) => {
    const { only: _, ...whole } = spec;
    const items = legendOf(plot(whole), "area", "tick");
    // One bar per row needs no key; the tick does.
    return items.length === 2 && whole.encoding.compare !== undefined ? items.slice(1) : items;
  },
  tips: (spec) => plotTips(spec, asDrawn(spec), "area", "tick"),
  along: (spec) => (isHorizontal(spec) ? "y" : "x"),
};

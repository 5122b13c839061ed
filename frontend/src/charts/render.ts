// One way from a spec to a drawing, in the server's V8 and in the browser: ECharts with only the parts in use.
import { BarChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import { GraphicComponent, GridComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { CHARTS } from "./charts";
import { clean } from "./clean";
import type { Chart } from "./chart";
import type { Legend } from "./series";
import type { DrawingSpec } from "./spec";

echarts.use([BarChart, LineChart, PieChart, ScatterChart, GraphicComponent, GridComponent, SVGRenderer]);

/** Return the chart of a spec's type. Throws on an unknown type. */
export function chartOf(spec: DrawingSpec): Chart {
  const chart = Object.hasOwn(CHARTS, spec.type) ? CHARTS[spec.type] : undefined;
  if (!chart) throw new Error(`no chart type "${spec.type}"`);
  return chart;
}

export interface Drawn { svg: string; places: number[] }

/** Return the drawing as SVG text for a strict CSP, and where its categories lie in px. */
export function render(spec: DrawingSpec, id: string): Drawn {
  const chart = chartOf(spec);
  const instance = echarts.init(null, null, { renderer: "svg", ssr: true, width: spec.width, height: spec.height });
  try {
    instance.setOption(chart.option(spec));
    return { svg: clean(instance.renderToSVGString(), id), places: placesOf(instance, chart, spec) };
  } finally {
    instance.dispose();
  }
}

function placesOf(instance: echarts.ECharts, chart: Chart, spec: DrawingSpec): number[] {
  const along = chart.along(spec);
  if (along === "none") return [];
  const finder = along === "x" ? { xAxisIndex: 0 } : { yAxisIndex: 0 };
  return chart.tips(spec).map((_, i) => Number(instance.convertToPixel(finder, i)));
}

export const legend = (spec: DrawingSpec): Legend[] => chartOf(spec).legend(spec);

// One way from a spec to a drawing, in the server's V8 and in the browser: ECharts with only the parts in use.
import { BarChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import { GraphicComponent, GridComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { CHARTS } from "./charts";
import { clean } from "./clean";
import type { Chart } from "./chart";
import { textWidth } from "./look";
import type { Legend } from "./series";
import type { DrawingSpec } from "./spec";

echarts.use([BarChart, LineChart, PieChart, ScatterChart, GraphicComponent, GridComponent, SVGRenderer]);

// In a browser ECharts would ask a canvas, which knows neither the page's font nor what the server measured.
echarts.setPlatformAPI({
  measureText: (text: string, font?: string) => ({ width: textWidth(text, Number(/(\d+)px/.exec(font ?? "")?.[1] ?? 12)) }),
});

/** Return the chart of a spec's type. Throws on an unknown type. */
export function chartOf(spec: DrawingSpec): Chart {
  const chart = Object.hasOwn(CHARTS, spec.type) ? CHARTS[spec.type] : undefined;
  if (!chart) throw new Error(`no chart type "${spec.type}"`);
  return chart;
}

/** Return the drawing as SVG text for a strict CSP; `look` may measure the chart before it is gone. */
export function render(spec: DrawingSpec, id: string, look?: (instance: echarts.ECharts) => void): string {
  const instance = echarts.init(null, null, { renderer: "svg", ssr: true, width: spec.width, height: spec.height });
  try {
    instance.setOption(chartOf(spec).option(spec));
    const svg = clean(instance.renderToSVGString(), id);
    look?.(instance);
    return svg;
  } finally {
    instance.dispose();
  }
}

/** Return where a chart's `count` categories lie along its axis, in px. */
export function places(instance: echarts.ECharts, along: "x" | "y", count: number): number[] {
  const finder = along === "x" ? { xAxisIndex: 0 } : { yAxisIndex: 0 };
  return Array.from({ length: count }, (_, i) => Number(instance.convertToPixel(finder, i)));
}

export const legend = (spec: DrawingSpec): Legend[] => chartOf(spec).legend(spec);

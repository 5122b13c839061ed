// What every chart type's file gives: pure functions of the spec, the same on the server and in the browser.
import type { EChartsOption } from "echarts";
import type { Legend, Tip } from "./series";
import type { DrawingSpec } from "./spec";

export interface Chart {
  /** The drawing. Throws when a column is missing. */
  option: (spec: DrawingSpec) => EChartsOption;
  /** The legend, in the order of the drawing; empty for one series. */
  legend: (spec: DrawingSpec) => Legend[];
  /** What the tooltip says, one entry per category in the order of the axis. */
  tips: (spec: DrawingSpec) => Tip[];
  /** Where categories lie: along x, along y, or none. */
  along: (spec: DrawingSpec) => "x" | "y" | "none";
  /** Which category lies at x, y, for drawings without an axis; -1 for none. */
  hit?: ((spec: DrawingSpec, x: number, y: number) => number) | undefined;
}

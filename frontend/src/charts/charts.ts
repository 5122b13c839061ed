// Every chart type that is drawn. A new one is a file, a line here, and an entry in CHARTS of dashboards/charts.
import { bar } from "./bar";
import type { Chart } from "./chart";
import { line } from "./line";
import { sparkline } from "./number";
import { pie } from "./pie";

export const CHARTS: Record<string, Chart> = { number: sparkline, line, bar, pie };

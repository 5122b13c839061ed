// The drawing spec: one JSON for the server's V8 and for the browser. docs/charts.md has the words.

export type Cell = string | number | boolean | null;
export type ColumnType = "text" | "number" | "boolean" | "date" | "datetime" | "time";
export interface Column { name: string; type: ColumnType; values: Cell[] }

export interface NumberFormat {
  style?: "number" | "currency" | "percent";
  currency?: string;
  decimals?: number;
  compact?: boolean;
}

export interface Encoding {
  x?: string;
  y?: string | string[];
  series?: string;
  value?: string;
  label?: string;
  compare?: string;
  trend?: string;
  partial?: boolean;
  mode?: "stacked" | "grouped";
  orientation?: "vertical" | "horizontal";
  share?: boolean;
  zero?: boolean;
  labels?: Record<string, string>;
  colours?: Record<string, string>;
  format?: NumberFormat;
}

/** Words inside a drawing; the server sends them in the viewer's language. */
export interface Words { other: string; more: string; to: string; change: string }
export const WORDS: Words = { other: "Other", more: "{n} more", to: "to {date}", change: "Change" };

export interface DrawingSpec {
  type: string;
  encoding: Encoding;
  data: { columns: Column[]; rows: number; truncated?: boolean };
  locale: string;
  time_zone: string;
  as_of?: string;
  words?: Partial<Words>;
  width: number;
  height: number;
  /** Names of the series to draw; absent means all. Set by the legend in the browser. */
  only?: string[];
}

/** Return the column called `name`. Throws when the query does not return it. */
export function column(spec: DrawingSpec, name: string | undefined): Column {
  const found = spec.data.columns.find((c) => c.name === name);
  if (!found) throw new Error(`the query returns no column "${name ?? ""}"`);
  return found;
}

export const words = (spec: DrawingSpec): Words => ({ ...WORDS, ...spec.words });

export const number = (cell: Cell | undefined): number | null =>
  typeof cell === "number" && Number.isFinite(cell) ? cell : null;

export const text = (cell: Cell | undefined): string => (cell === null || cell === undefined ? "–" : String(cell));

/** Say a column's name as a person would: "net_revenue" is "Net revenue". */
export function humanise(name: string): string {
  const plain = name.replace(/_+/g, " ").trim();
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

export const labelOf = (spec: DrawingSpec, name: string): string => spec.encoding.labels?.[name] ?? humanise(name);

const RTL = new Set(["ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"]);
export const isRtl = (spec: DrawingSpec): boolean => RTL.has((spec.locale.split(/[-_]/)[0] ?? "").toLowerCase());

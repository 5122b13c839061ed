import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf } from "./rows";
import { coloursOf, legendOf, plotOf } from "./series";
import type { Column, DrawingSpec, Encoding } from "./spec";

const col = (name: string, type: Column["type"], values: Column["values"]): Column => ({ name, type, values });
const spec = (encoding: Encoding, ...columns: Column[]): DrawingSpec => ({
  type: "bar", encoding, data: { columns, rows: columns[0]?.values.length ?? 0 }, locale: "en", time_zone: "UTC", width: 358, height: 256,
});

test("a name keeps the author's colour, catch-alls are slate, the rest takes the palette in order", () => {
  const colours = coloursOf(["Web", "Other", "Shop", "Phone"], { Shop: "c1", Phone: "url(evil)", constructor: "c2" });
  assert.deepEqual([...colours], [["Web", "c2"], ["Other", "c8"], ["Shop", "c1"], ["Phone", "c3"]]);
});

test("the largest part lies at the base, what is over the limit is Other", () => {
  const names = ["a", "b", "c", "d"];
  const plot = plotOf(spec({ x: "x", y: "y", series: "s" }, col("x", "date", names.map(() => "2026-01-01")), col("s", "text", names), col("y", "number", [1, 4, 2, 3])), 3);
  assert.deepEqual(plot.series.map((s) => [s.label, s.colour, s.values]), [["b", "c1", [4]], ["d", "c2", [3]], ["Other", "c8", [3]]]);
});

test("rates are never added up to Other", () => {
  const names = ["a", "b", "c"];
  const one = spec({ x: "x", y: "y", series: "s", format: { style: "percent" } }, col("x", "date", names.map(() => "2026-01-01")), col("s", "text", names), col("y", "number", [0.1, 0.4, 0.2]));
  assert.deepEqual(plotOf(one, 2).series.map((s) => s.label), ["b"]);
});

test("missing periods are nulls, dates out of order are sorted", () => {
  const plot = plotOf(spec({ x: "x", y: "y" }, col("x", "date", ["2026-03-01", "2025-12-01", "2026-01-01"]), col("y", "number", [3, 1, 2])), 8);
  assert.deepEqual(plot.series[0]?.values, [1, 2, null, 3]);
});

test("isolating a series keeps its colour", () => {
  const columns = [col("x", "text", ["q", "r"]), col("a", "number", [1, 2]), col("b", "number", [3, 4])];
  const only = plotOf({ ...spec({ x: "x", y: ["a", "b"] }, ...columns), only: ["b"] }, 8);
  assert.deepEqual(only.series.map((s) => [s.name, s.colour]), [["b", "c2"]]);
});

test("one series needs no legend", () => {
  const plot = plotOf(spec({ x: "x", y: "a" }, col("x", "text", ["q"]), col("a", "number", [1])), 8);
  assert.deepEqual(legendOf(plot, "line", "line"), []);
});

test("bars stand longest first, Other last, and what does not fit becomes one row", () => {
  const names = Array.from({ length: 14 }, (_, i) => `n${String(i)}`);
  const one = spec({ x: "x", y: "y" }, col("x", "text", ["Other", ...names]), col("y", "number", [99, ...names.map((_, i) => i + 1)]));
  const rows = rowsOf(one, plotOf(one, 5));
  assert.equal(rows.length, 9);
  assert.deepEqual([rows[0]?.heading, rows[7]?.heading, rows[8]?.heading], ["n13", "n6", "Other"]);
  assert.equal(rows[8]?.sum, 99 + 1 + 2 + 3 + 4 + 5 + 6);
});

test("a column that is not there is named", () => {
  assert.throws(() => plotOf(spec({ x: "x", y: "gone" }, col("x", "text", ["q"])), 8), /no column "gone"/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHARTS } from "./charts";
import { specOf } from "./mount";
import type { DrawingSpec } from "./spec";
import { beside, moved, nearest } from "./tooltip";

test("the nearest category answers", () => {
  assert.equal(nearest([10, 20, 30], 24), 1);
  assert.equal(nearest([30, 20, 10], 29), 0);
  assert.equal(nearest([], 5), -1);
});

test("a box stands beside its place and never outside", () => {
  assert.equal(beside(10, 50, 200), 22);
  assert.equal(beside(180, 50, 200), 118);
  assert.equal(beside(10, 300, 200), 0);
});

test("arrow keys move along the reading direction and stop at the ends", () => {
  assert.equal(moved("ArrowRight", -1, 5, false), 0);
  assert.equal(moved("ArrowRight", 4, 5, false), 4);
  assert.equal(moved("ArrowRight", 2, 5, true), 1);
  assert.equal(moved("End", 0, 5, false), 4);
  assert.equal(moved("a", 0, 5, false), null);
});

const line: DrawingSpec = {
  type: "line", encoding: { x: "m", y: "r", compare: "b", format: { style: "currency", currency: "EUR" }, labels: { r: "Last 12 months", b: "Year before" } },
  data: { columns: [{ name: "m", type: "date", values: ["2026-10-01", "2026-11-01"] }, { name: "r", type: "number", values: [541209, 402000] }, { name: "b", type: "number", values: [437016, 0] }], rows: 2 },
  locale: "en", time_zone: "UTC", width: 358, height: 256,
};

test("a tooltip says the period in full, exact values in the order of the drawing, the difference last", () => {
  const [october, november] = CHARTS["line"]?.tips(line) ?? [];
  assert.equal(october?.heading, "October 2026");
  assert.deepEqual(october.rows.map((row) => [row.label, row.value]), [["Last 12 months", "€541,209"], ["Year before", "€437,016"], ["Change", "+23.8%"]]);
  assert.equal(november?.rows.length, 2);
});

test("an answer that is no spec is refused", () => {
  assert.throws(() => specOf({ code: "forbidden" }), /not a drawing spec/);
  assert.throws(() => specOf({ ...line, locale: undefined }), /not a drawing spec/);
  assert.equal(specOf({ ...line })["type"], "line");
});

test("the parts of a ring are found by angle and by their line", () => {
  const pie: DrawingSpec = {
    type: "pie", encoding: { label: "c", value: "n" }, locale: "en", time_zone: "UTC", width: 400, height: 200,
    data: { columns: [{ name: "c", type: "text", values: ["a", "b"] }, { name: "n", type: "number", values: [3, 1] }], rows: 2 },
  };
  const hit = CHARTS["pie"]?.hit;
  assert.ok(hit);
  assert.equal(hit(pie, 180, 100), 0);
  assert.equal(hit(pie, 40, 60), 1);
  assert.equal(hit(pie, 100, 100), -1);
  assert.equal(hit(pie, 300, 114), 1);
  const narrow = { ...pie, width: 200 };
  assert.equal(hit(narrow, 160, 70), 0);
  assert.equal(hit(narrow, 20, 167), 0);
  assert.equal(hit(narrow, 20, 189), 1);
});

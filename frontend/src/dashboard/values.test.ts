import assert from "node:assert/strict";
import { test } from "node:test";
import type { Variable } from "./boot";
import { rangeText, readRange } from "./ranges";
import { fits, stillOffered, Values, valueText } from "./values";

const say = (word: string, count?: number): string => (count === undefined ? word : `${word} ${count}`);

function variable(name: string, type: string, more: Partial<Variable> = {}): Variable {
  const none = { choices: [], required: false, truncated: false, long: false, labels: [], depends: [] };
  return { name, label: name, type, mode: "open", value: more.initial ?? null, initial: null, ...none, ...more };
}

const REGION = variable("region", "choice", { choices: [{ value: "DACH", label: "D, A, CH" }] });
const PERIOD = variable("period", "date_range", { initial: "last_12_months" });
const PLAN = variable("plan", "text", { mode: "locked", initial: "pro" });

test("a data call carries only what the viewer changed", () => {
  const values = new Values([REGION, PERIOD, PLAN], true);
  assert.deepEqual(values.payload(), {});
  assert.equal(values.set("region", "DACH"), true);
  assert.deepEqual(values.payload(), { region: "DACH" });
});

test("a value that the address brought counts as changed, and reset goes behind it", () => {
  const values = new Values([{ ...PERIOD, value: "last_30_days" }], true);
  assert.deepEqual(values.payload(), { period: "last_30_days" });
  assert.deepEqual(values.reset(), ["period"]);
  assert.equal(values.current("period"), "last_12_months");
  assert.equal(values.anyChanged, false);
});

test("unsetting a variable with a default is a change of its own", () => {
  const values = new Values([PERIOD], true);
  values.set("period", null);
  assert.deepEqual(values.payload(), { period: null });
});

test("going back to the first value by hand is no change any more", () => {
  const values = new Values([PERIOD], true);
  values.set("period", { start: "2026-01-01", end: "2026-01-31" });
  values.set("period", "last_12_months");
  assert.equal(values.isChanged("period"), false);
});

test("setting the same value again is no change", () => {
  const values = new Values([PERIOD], true);
  const days = { start: "2026-01-01", end: "2026-01-31" };
  assert.equal(values.set("period", days), true);
  assert.equal(values.set("period", { ...days }), false);
});

test("locked, unknown and ill-fitting values are refused, each with its reason", () => {
  const values = new Values([REGION, PLAN], true);
  assert.equal(values.refusal("plan", "free"), "variable_locked");
  assert.equal(values.refusal("nonsense", 1), "unknown_variable");
  assert.equal(values.refusal("region", 3), "variable_invalid");
  assert.equal(values.set("plan", "free"), false);
  assert.deepEqual(values.payload(), {});
});

test("p_dv_03: when viewers may not change variables, none is open", () => {
  const values = new Values([{ ...REGION, value: "DACH" }], false);
  assert.deepEqual(values.open, []);
  assert.equal(values.refusal("region", "DACH"), "variable_locked");
  assert.deepEqual(values.payload(), {});
});

test("a fresh token keeps what the viewer changed and brings its own values", () => {
  const values = new Values([REGION, PERIOD, PLAN], true);
  values.set("region", "DACH");
  values.rebase([REGION, { ...PERIOD, initial: "this_year" }, { ...PLAN, initial: "free", value: "free" }]);
  assert.equal(values.current("region"), "DACH");
  assert.equal(values.current("period"), "this_year");
  assert.equal(values.current("plan"), "free");
});

test("each type takes its own kind of value", () => {
  const number = variable("n", "number");
  assert.equal(fits(number, 1.5), true);
  for (const value of ["1", NaN, Infinity, true, [1], {}]) assert.equal(fits(number, value), false, String(value));
  assert.equal(fits(variable("t", "text"), 1), false);
  for (const value of [true, false]) assert.equal(fits(variable("b", "boolean"), value), true);
  for (const value of ["true", 1, 0]) assert.equal(fits(variable("b", "boolean"), value), false);
  for (const value of ["2026-02-28", "today", "7_days_ago"]) assert.equal(fits(variable("d", "date"), value), true);
  for (const value of ["2026-02-30", "now", "0_days_ago", 20260228]) assert.equal(fits(variable("d", "date"), value), false);
  for (const value of [[], ["a", "b"]]) assert.equal(fits(variable("m", "multi_choice"), value), true);
  for (const value of ["a", [1], [["a"]]]) assert.equal(fits(variable("m", "multi_choice"), value), false);
  assert.equal(fits(variable("r", "text", { required: true }), null), false);
  assert.equal(fits(variable("x", "unheard_of"), "x"), false);
});

test("a range is a known word or two real days in order", () => {
  for (const good of ["last_30_days", "this_quarter", "yesterday", "last_1_years"]) assert.equal(readRange(good), good);
  for (const bad of ["last_0_days", "last_30_hours", "next_week", "", 3, null, { start: "2026-02-30", end: "2026-03-01" }, { start: "2026-03-02", end: "2026-03-01" }]) {
    assert.equal(readRange(bad), null, JSON.stringify(bad));
  }
});

test("values are written as the viewer reads them", () => {
  assert.equal(valueText(REGION, "DACH", "en", say), "D, A, CH");
  assert.equal(valueText(REGION, null, "en", say), "all");
  assert.equal(valueText(PERIOD, "last_12_months", "en", say), "last_n_months 12");
  assert.equal(valueText(variable("n", "number"), 1234.5, "de", say), "1.234,5");
  assert.equal(valueText(variable("b", "boolean"), false, "en", say), "no");
  assert.equal(valueText(variable("d", "date"), "2026-02-28", "en-GB", say), "28 Feb 2026");
  assert.equal(valueText(variable("d", "date"), "7_days_ago", "en", say), "n_days_ago 7");
  assert.equal(valueText(variable("m", "multi_choice"), ["DACH", "b", "c"], "en", say, REGION.choices ?? []), "D, A, CH, b +1");
  assert.equal(valueText(variable("m", "multi_choice"), [], "en", say), "none");
  assert.equal(rangeText({ start: "2026-11-01", end: "2026-11-14" }, "en", say).replace(/\s/g, ""), "1–14Nov2026");
  assert.equal(rangeText({ start: "2026-09-01", end: "2026-09-14" }, "en-GB", say).replace(/\s/g, ""), "1–14Sep2026");
});

test("of a value stays what is still offered, and what is required becomes the first", () => {
  const offered = [{ value: "a", label: "A" }, { value: "b", label: "B" }];
  const one = variable("s", "choice", { choices: null });
  const several = variable("m", "multi_choice", { choices: null });
  assert.equal(stillOffered(one, "a", offered), "a");
  assert.equal(stillOffered(one, "x", offered), null);
  assert.equal(stillOffered(one, null, offered), null);
  assert.deepEqual(stillOffered(several, ["x", "b"], offered), ["b"]);
  assert.equal(stillOffered(several, ["x"], offered), null);
  assert.equal(stillOffered({ ...one, required: true }, "x", offered), "a");
  assert.deepEqual(stillOffered({ ...several, required: true }, ["x"], offered), ["a"]);
  assert.equal(stillOffered({ ...one, required: true }, "x", []), "x");
});

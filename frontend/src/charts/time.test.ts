import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column } from "./spec";
import { dayOf, filled, labels, long, openMoment, parse, timeAxis } from "./time";

const dates = (values: string[], type: Column["type"] = "date"): Column => ({ name: "d", type, values });
const axisOf = (values: string[], zone = "UTC", type: Column["type"] = "date"): NonNullable<ReturnType<typeof timeAxis>> => {
  const axis = timeAxis(dates(values, type), zone);
  assert.ok(axis);
  return axis;
};
const MONTHS = ["2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01"];

test("the step is read from the values", () => {
  assert.equal(axisOf(["2024-01-01", "2025-01-01"]).step, "year");
  assert.equal(axisOf(["2025-10-01", "2026-01-01"]).step, "quarter");
  assert.equal(axisOf(MONTHS).step, "month");
  assert.equal(axisOf(["2026-09-07", "2026-09-14", "2026-09-28"]).step, "week");
  assert.equal(axisOf(["2026-09-07", "2026-09-08"]).step, "day");
  assert.equal(axisOf(["2026-09-07T10:00:00", "2026-09-07T10:05:00"], "UTC", "datetime").step, "moment");
  assert.equal(timeAxis(dates(["x"]), "UTC"), null);
  assert.equal(timeAxis(dates(["2026-01-01"], "text"), "UTC"), null);
});

test("months cut off at midnight UTC stay months west of Greenwich", () => {
  const axis = axisOf(["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"], "America/New_York", "datetime");
  assert.equal(long(axis.moments[0] ?? 0, axis, "en"), "January 2026");
});

test("moments with a zone are said in the viewer's zone, those without as they are", () => {
  const zoned = axisOf(["2026-11-20T23:30:00+00:00", "2026-11-20T23:45:00+00:00"], "Europe/Berlin", "datetime");
  assert.match(long(zoned.moments[0] ?? 0, zoned, "en"), /21 Nov 2026.*00:30/);
  const naive = axisOf(["2026-11-20T23:30:00", "2026-11-20T23:45:00"], "Europe/Berlin", "datetime");
  assert.match(long(naive.moments[0] ?? 0, naive, "en"), /20 Nov 2026.*23:30/);
  assert.equal(parse("2026-11-20T12:00:00+05:30")?.at, Date.UTC(2026, 10, 20, 6, 30));
});

test("periods without a row are gaps", () => {
  const axis = axisOf(["2025-11-01", "2026-02-01", "2026-03-01"]);
  assert.equal(filled(axis).length, 5);
  assert.equal(filled(axisOf(["2026-09-07", "2026-09-14", "2026-09-28"])).length, 4);
});

test("the year stands under the first label and under each January", () => {
  const axis = axisOf(MONTHS);
  assert.deepEqual(labels(axis.moments, axis, "en", 800), ["Dec\n2025", "Jan\n2026", "Feb", "Mar"]);
});

test("labels are left out evenly, never January", () => {
  const year = Array.from({ length: 24 }, (_, i) => `${String(2025 + Math.floor(i / 12))}-${String((i % 12) + 1).padStart(2, "0")}-01`);
  const axis = axisOf(year);
  const shown = labels(axis.moments, axis, "en", 330).filter((s) => s !== "");
  assert.deepEqual(shown, ["Jan\n2025", "Apr", "Jul", "Oct", "Jan\n2026", "Apr", "Jul", "Oct"]);
});

test("headings say the whole period", () => {
  const week = axisOf(["2026-09-07", "2026-09-14"]);
  assert.equal(long(week.moments[0] ?? 0, week, "en").replace(/\s/g, " "), "7 – 13 Sep 2026");
  const quarter = axisOf(["2025-10-01", "2026-01-01"]);
  assert.equal(long(quarter.moments[0] ?? 0, quarter, "en"), "Q4 2025");
  assert.equal(long(quarter.moments[0] ?? 0, quarter, "fr"), "T4 2025");
});

test("a day is said in the viewer's zone; an unknown zone is UTC", () => {
  assert.equal(dayOf("2026-11-20T23:30:00Z", "Asia/Tokyo", "en"), "21 Nov");
  assert.equal(dayOf("2026-11-20T23:30:00Z", "No/Where", "en"), "20 Nov");
  assert.equal(dayOf("soon", "UTC", "en"), null);
});

const isOpen = (values: string[], asOf: string | undefined, zone = "UTC", type: Column["type"] = "date"): boolean =>
  openMoment(axisOf(values, zone, type), asOf, zone) !== null;

test("a period is open from its first moment until one step later, for every step", () => {
  const cases: [string[], string, string][] = [
    [["2024-01-01", "2025-01-01"], "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"],
    [["2026-04-01", "2026-07-01"], "2026-09-30T23:59:59Z", "2026-10-01T00:00:00Z"],
    [["2025-12-01", "2026-02-01", "2026-01-01"], "2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z"],
    [["2026-11-09", "2026-11-16"], "2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z"],
    [["2026-11-18", "2026-11-20", "2026-11-21"], "2026-11-21T23:59:59Z", "2026-11-22T00:00:00Z"],
  ];
  for (const [values, during, after] of cases) {
    assert.ok(isOpen(values, during), during);
    assert.ok(!isOpen(values, after), after);
    assert.ok(!isOpen(values, "2020-01-01T00:00:00Z"));
  }
  assert.ok(!isOpen(MONTHS, undefined) && !isOpen(MONTHS, "soon"));
});

test("whether a period is open is read from the viewer's clock", () => {
  assert.ok(!isOpen(MONTHS, "2026-03-31T23:30:00Z", "Europe/Berlin"));
  assert.ok(isOpen(MONTHS, "2026-04-01T03:30:00Z", "America/New_York"));
});

test("months cut off at the viewer's midnight, and hours, end with their own step", () => {
  const months = ["2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"];
  assert.ok(isOpen(months, "2026-11-30T22:59:00Z", "Europe/Berlin", "datetime"));
  assert.ok(!isOpen(months, "2026-11-30T23:01:00Z", "Europe/Berlin", "datetime"));
  const hours = ["2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z", "2026-11-20T14:00:00Z"];
  assert.ok(isOpen(hours, "2026-11-20T14:32:07Z", "Europe/Berlin", "datetime"));
  assert.ok(!isOpen(hours, "2026-11-20T15:00:00Z", "Europe/Berlin", "datetime"));
});

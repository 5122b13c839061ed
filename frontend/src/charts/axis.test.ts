import assert from "node:assert/strict";
import { test } from "node:test";
import { niceScale, niceStep, valueAxis, wholeScale } from "./axis";
import type { DrawingSpec } from "./spec";

const lines = ({ min, max, step }: ReturnType<typeof niceScale>): number => Math.round((max - min) / step) + 1;

test("a scale holds its data on 3 to 5 round lines, for any range", () => {
  let seed = 7;
  const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let i = 0; i < 3000; i++) {
    const high = random() * 10 ** Math.floor(random() * 12 - 4);
    const low = random() < 0.5 ? 0 : high * random() * (random() < 0.5 ? -1 : 1);
    const scale = niceScale(low, high, i % 2 === 0);
    assert.ok(scale.min <= low + 1e-9 && scale.max >= high - Math.abs(high) * 1e-9, JSON.stringify([low, high, scale]));
    assert.ok(lines(scale) >= 3 && lines(scale) <= 6, JSON.stringify([low, high, scale]));
  }
});

test("the figures of the looks: 541,209 reaches 600k by 200k, 990 reaches 1,000 by 250", () => {
  assert.deepEqual(niceScale(0, 541_209, true), { min: 0, max: 600_000, step: 200_000 });
  assert.deepEqual(niceScale(0, 990, true), { min: 0, max: 1000, step: 250 });
});

test("nothing, one value and equal values have a scale too", () => {
  assert.deepEqual(niceScale(0, 0, true), { min: 0, max: 1, step: 0.5 });
  assert.equal(niceScale(5, 5, false).max >= 5, true);
  assert.equal(niceScale(-5, -5, false).min <= -5, true);
});

test("counts never stand on half lines", () => {
  assert.deepEqual(wholeScale(niceScale(0, 1, true), true), { min: 0, max: 2, step: 1 });
  assert.equal(niceStep(3, 4), 1);
});

const spec = (format: DrawingSpec["encoding"]["format"], locale: string): DrawingSpec => ({
  type: "line", encoding: format ? { format } : {}, data: { columns: [], rows: 0 }, locale, time_zone: "UTC", width: 358, height: 256,
});

function labels(format: DrawingSpec["encoding"]["format"], locale: string, high: number): string[] {
  const scale = niceScale(0, high, true);
  const label = valueAxis(spec(format, locale), scale).option.axisLabel as { formatter: (n: number) => string };
  const all: string[] = [];
  for (let n = scale.min; n <= scale.max + scale.step / 2; n += scale.step) all.push(label.formatter(n).replace(/\s/g, " "));
  return all;
}

test("the unit stands on the top label only", () => {
  assert.deepEqual(labels({ style: "currency", currency: "EUR" }, "en", 541_209), ["0", "200k", "400k", "€600k"]);
  assert.deepEqual(labels({ style: "percent" }, "en", 0.064), ["0", "2", "4", "6", "8%"]);
  assert.deepEqual(labels({ style: "currency", currency: "EUR" }, "de", 2_900_000), ["0", "1 Mio.", "2 Mio.", "3 Mio. €"]);
});

test("labels of small steps have the decimals they need", () => {
  assert.deepEqual(labels(undefined, "en", 0.9), ["0", "0.5", "1"]);
});

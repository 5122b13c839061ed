import assert from "node:assert/strict";
import { test } from "node:test";
import { textWidth } from "./look";
import { render } from "./render";
import type { Cell, Column, DrawingSpec, Encoding } from "./spec";

const col = (name: string, type: Column["type"], values: Cell[]): Column => ({ name, type, values });
const draw = (type: string, encoding: Encoding, columns: Column[], more: Partial<DrawingSpec> = {}): string => render({
  type, encoding, data: { columns, rows: columns[0]?.values.length ?? 0 }, locale: "en", time_zone: "UTC", width: 358, height: 256, ...more,
}, "t");

const MONTHS = [col("m", "date", ["2026-09-01", "2026-10-01", "2026-11-01"]), col("n", "number", [3, 5, 4])];
const DURING = { as_of: "2026-11-21T10:00:00Z" };
const AFTER = { as_of: "2026-12-01T00:00:00Z" };

test("a line is dotted and labelled while its last period runs, and not once it is over", () => {
  const encoding: Encoding = { x: "m", y: "n", partial: true };
  assert.match(draw("line", encoding, MONTHS, DURING), /stroke-dasharray[\s\S]*4, to 21 Nov</);
  const over = draw("line", encoding, MONTHS, AFTER);
  assert.doesNotMatch(over, /stroke-dasharray|to 1 Dec|to 21 Nov/);
  assert.equal(over, draw("line", { x: "m", y: "n" }, MONTHS, AFTER));
});

test("a line whose last period has no value yet is not dotted before it", () => {
  const gap = [MONTHS[0] as Column, col("n", "number", [3, 5, null])];
  assert.doesNotMatch(draw("line", { x: "m", y: "n", partial: true }, gap, DURING), /stroke-dasharray|to 21 Nov/);
});

test("a column is paler while its period runs, and not once it is over", () => {
  const encoding: Encoding = { x: "m", y: "n", partial: true };
  assert.match(draw("bar", encoding, MONTHS, DURING), /opacity="0.45"/);
  assert.doesNotMatch(draw("bar", encoding, MONTHS, AFTER), /opacity="0.45"/);
});

test("a trend is dotted while its last period runs, and not once it is over", () => {
  const encoding: Encoding = { value: "n", trend: "n", partial: true };
  for (const one of [encoding, { ...encoding, x: "m" }]) {
    assert.match(draw("number", one, MONTHS, DURING), /stroke-dasharray/);
    assert.doesNotMatch(draw("number", one, MONTHS, AFTER), /stroke-dasharray/);
  }
});

/** Where texts start (or end, right to left), by what they say. */
function texts(svg: string): Map<string, { x: number; y: number }> {
  const found = [...svg.matchAll(/<text([^>]*)>([^<]*)<\/text>/g)];
  return new Map(found.map(([, tag = "", said = ""]) => {
    const [, x = "0", y = "0"] = /translate\(([-\d.]+)[ ,]([-\d.]+)\)/.exec(tag) ?? [];
    const at = (name: string): number => Number(new RegExp(`\\s${name}="([-\\d.]+)"`).exec(tag)?.[1] ?? 0);
    return [said, { x: Number(x) + at("x"), y: Number(y) + at("y") }];
  }));
}

test("the value of a bar stands behind the farther of bar and tick", () => {
  const columns = [col("r", "text", ["Far", "Near"]), col("n", "number", [40, 20]), col("p", "number", [10, 30])];
  for (const [locale, way] of [["en", 1], ["ar", -1]] as const) {
    const svg = draw("bar", { x: "r", y: "n", compare: "p" }, columns, { locale, width: 400 });
    const say = new Intl.NumberFormat(locale);
    const [far, near] = [texts(svg).get(say.format(40)), texts(svg).get(say.format(20))];
    const ticks = [...svg.matchAll(/matrix\(1,0,0,[\d.]+,([\d.]+),[\d.]+\)" fill="var\(--eh-ink\)"/g)].map((m) => Number(m[1]));
    assert.equal(ticks.length, 2, svg);
    assert.ok(far && near);
    const farthest = way * Math.max(...ticks.map((x) => way * x));
    assert.ok(way * (near.x - farthest) >= 7, `${String(near.x)} ${String(farthest)}`);
    assert.ok(way * (far.x - near.x) > 0);
  }
});

/** How many places carry a dot; a dot with a label may lie on a plain one. */
const dots = (svg: string): number =>
  new Set([...svg.matchAll(/<path(?=[^>]*fill="var\(--eh-c1\)")[^>]*A[^>]*transform="([^"]*)"/g)].map((m) => m[1])).size;

test("a line of one point is a dot", () => {
  const one = [col("m", "date", ["2026-10-01"]), col("n", "number", [5])];
  assert.equal(dots(draw("line", { x: "m", y: "n" }, one)), 1);
  const apart = [MONTHS[0] as Column, col("n", "number", [3, null, 4])];
  assert.equal(dots(draw("line", { x: "m", y: ["n"] }, apart)), 2);
});

test("one point of a period that is not over says until when", () => {
  const one = [col("m", "date", ["2026-11-01"]), col("n", "number", [5])];
  const svg = draw("line", { x: "m", y: "n", partial: true }, one, DURING);
  const [month, note] = [texts(svg).get("Nov"), texts(svg).get("5, to 21 Nov")];
  assert.ok(month && note);
  assert.equal(month.x, note.x);
});

const NAMES = ["Marketplace", "Web", "Shop in Innsbruck", "Wholesale", "Telephone"];
const PIE = [col("c", "text", NAMES), col("n", "number", [24118, 12930, 3077, 1161, 700])];
const ringOf = (svg: string): number => Math.max(...[...svg.matchAll(/A([\d.]+) \1/g)].map((m) => Number(m[1]))) * 2;

test("names beside or under a ring are whole and never touch their values, on every card", () => {
  for (const [width, height] of [[254, 280], [275, 280], [302, 240], [358, 280], [460, 280], [560, 280], [774, 280]] as const) {
    const said = texts(draw("pie", { label: "c", value: "n" }, PIE, { width, height }));
    for (const name of NAMES) assert.ok(said.has(name), `${name} at ${String(width)}: ${[...said.keys()].join()}`);
    const values = [...said].filter(([text]) => /^[\d.]+k$|^700$/.test(text)).map(([text, { x }]) => x - textWidth(text));
    const ends = NAMES.map((name) => (said.get(name)?.x ?? 0) + textWidth(name));
    assert.ok(Math.max(...ends) < Math.min(...values), String(width));
  }
});

test("the ring takes the height that its card has", () => {
  const ring = (width: number, height: number): number => ringOf(draw("pie", { label: "c", value: "n" }, PIE, { width, height }));
  assert.ok(ring(358, 280) >= 145);
  assert.ok(ring(560, 280) >= 270);
  assert.ok(ring(302, 240) >= 100);
});

test("ring and list never lie on each other, inside the drawing", () => {
  for (const width of [254, 302, 358, 460, 774]) {
    const svg = draw("pie", { label: "c", value: "n" }, PIE, { width, height: 280 });
    const list = [...texts(svg).values()];
    const [left, top] = [Math.min(...list.map((t) => t.x)), Math.min(...list.map((t) => t.y))];
    assert.ok(ringOf(svg) <= left - 18 || ringOf(svg) <= top - 8, String(width));
    assert.ok(Math.max(...list.map((t) => t.x)) <= width && Math.max(...list.map((t) => t.y)) <= 274);
  }
});

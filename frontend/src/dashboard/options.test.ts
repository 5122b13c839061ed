import assert from "node:assert/strict";
import { test } from "node:test";
import { matching } from "./options";

const CITIES = ["Zürich", "Genève", "Łódź", "São Paulo"].map((label, place) => ({ value: `c${place}`, label }));

test("a search finds labels whatever their case and accents, and values", () => {
  const found = (wanted: string): string[] => matching(CITIES, wanted, "en").map(({ label }) => label);
  assert.deepEqual(found("zur"), ["Zürich"]);
  assert.deepEqual(found(" SAO "), ["São Paulo"]);
  assert.deepEqual(found("c1"), ["Genève"]);
  assert.deepEqual(found("nowhere"), []);
  assert.equal(found("").length, 4);
});

test("ten thousand choices are searched in no time", () => {
  const many = Array.from({ length: 10_000 }, (_, number) => ({ value: `${number}`, label: `Store ${number}` }));
  assert.equal(matching(many, "store 99", "en").length, 111);
});

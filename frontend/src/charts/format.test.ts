import assert from "node:assert/strict";
import { test } from "node:test";
import { safeLocale } from "../locale";
import { change, compact, decimalsFor, exact, share } from "./format";

const EUR = { style: "currency", currency: "EUR" } as const;

test("three digits on bars and labels", () => {
  assert.equal(compact(5_480_000, "en", EUR), "€5.48M");
  assert.equal(compact(541_209, "en", EUR), "€541k");
  assert.equal(compact(541_209, "en-US", EUR), "€541K");
  assert.equal(compact(12.5, "en", {}), "12.5");
  assert.equal(compact(0.064, "en", { style: "percent" }), "6.4%");
  assert.equal(compact(41286, "en", { compact: false }), "41,286");
});

test("a true minus, and none before zero", () => {
  assert.equal(exact(-6.3, "en", {}, 1), "\u22126.3");
  assert.equal(exact(-0.004, "en", {}, 2), "0.00");
  assert.equal(change(-0.0001, "en"), "0.0%");
  assert.equal(change(0.193, "en"), "+19.3%");
  assert.equal(share(0.3812, "en"), "38%");
});

test("one number of decimals for a whole column", () => {
  assert.equal(decimalsFor([1, 2, null], {}), 0);
  assert.equal(decimalsFor([1.5, 20], {}), 2);
  assert.equal(decimalsFor([1.5, 20_000], EUR), 0);
});

test("a locale that is none is English", () => {
  assert.equal(safeLocale("pt_BR"), "pt-BR");
  assert.equal(safeLocale("<script>"), "en");
});

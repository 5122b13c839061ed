import assert from "node:assert/strict";
import { test } from "node:test";
import { askedHeight } from "./preview";

test("the frame gets the height that its page asks for, in whole pixels", () => {
  assert.equal(askedHeight({ event: "embedhostHeight", detail: { height: 811.2 } }), 812);
  assert.equal(askedHeight({ event: "embedhostReady", detail: { height: 640 } }), 640);
});

test("a height that no page can have is kept within limits", () => {
  assert.equal(askedHeight({ event: "embedhostHeight", detail: { height: -4 } }), 120);
  assert.equal(askedHeight({ event: "embedhostHeight", detail: { height: 1e9 } }), 20_000);
});

test("other messages and odd heights are left alone", () => {
  for (const height of ["640", Number.NaN, Infinity, null, undefined, {}]) {
    assert.equal(askedHeight({ event: "embedhostHeight", detail: { height } }), null);
  }
  assert.equal(askedHeight({ event: "dashboardLoaded", detail: { height: 640 } }), null);
  assert.equal(askedHeight("embedhostHeight"), null);
  assert.equal(askedHeight(null), null);
});

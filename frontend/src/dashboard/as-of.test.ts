import assert from "node:assert/strict";
import { test } from "node:test";
import { momentText, oldestOf } from "./as-of";

test("the page is as old as its oldest numbers, whatever zone they are written in", () => {
  assert.equal(oldestOf(["2026-11-20T14:32:07Z", "2026-11-20T14:33:00+01:00"]), "2026-11-20T14:33:00+01:00");
  assert.equal(oldestOf(["nonsense"]), null);
  assert.equal(oldestOf([]), null);
});

test("a moment is written in the viewer's zone and locale", () => {
  assert.equal(momentText("2026-11-20T14:32:07Z", "en-GB", "Europe/Vienna"), "20 Nov 2026, 15:32");
  assert.equal(momentText("2026-11-20T14:32:07Z", "de", "UTC"), "20.11.2026, 14:32");
  assert.equal(momentText("2026-09-20T14:32:07Z", "en", "UTC"), "20 Sep 2026, 14:32");
  assert.match(momentText("2026-11-20T14:32:07Z", "en-US", "UTC"), /^Nov 20, 2026, 2:32\sPM$/);
});

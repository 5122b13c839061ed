import assert from "node:assert/strict";
import { test } from "node:test";
import { changedNames, unsavedWords } from "./unsaved";

test("a form that was changed back has no unsaved change", () => {
  assert.deepEqual(changedNames([["cache", "60"]], [["cache", "60"]]), []);
});

test("a box that was unticked is a change of its name", () => {
  assert.deepEqual(changedNames([["origins", "a"], ["origins", "b"]], [["origins", "a"]]), ["origins"]);
});

test("each field counts once, also one that came or went", () => {
  const before: Array<[string, string]> = [["cache", "60"], ["stale", "0"]];
  const now: Array<[string, string]> = [["cache", "300"], ["stale", "0"], ["export", "on"]];
  assert.deepEqual(changedNames(before, now), ["cache", "export"]);
});

test("one change is said in the singular", () => {
  assert.equal(unsavedWords(1), "1 unsaved change");
  assert.equal(unsavedWords(3), "3 unsaved changes");
});

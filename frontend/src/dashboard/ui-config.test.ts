import assert from "node:assert/strict";
import { test } from "node:test";
import { readPermalink, readUiConfig, themeOf, writePermalink } from "./ui-config";

test("the bits of uiConfig are read apart", () => {
  const { hideTitle, hideControls, emitDataMasks } = readUiConfig("?uiConfig=25");
  assert.deepEqual([hideTitle, hideControls, emitDataMasks], [true, true, true]);
  const none = readUiConfig("?uiConfig=38");
  assert.deepEqual([none.hideTitle, none.hideControls, none.emitDataMasks], [false, false, false]);
});

test("a number that is none hides nothing", () => {
  for (const bits of ["", "-1", "1.5", "x", "1e3", "99999999"]) assert.equal(readUiConfig(`?uiConfig=${bits}`).hideTitle, false, bits);
});

test("filters are shown and open unless the address says no", () => {
  assert.deepEqual([readUiConfig("").showFilters, readUiConfig("").expandFilters], [true, true]);
  const said = readUiConfig("?show_filters=false&expand_filters=0");
  assert.deepEqual([said.showFilters, said.expandFilters], [false, false]);
});

test("themes go by Superset's words, and system is the viewer's own", () => {
  assert.deepEqual(["default", "dark", "system", "toString", 3].map(themeOf), ["light", "dark", null, undefined, undefined]);
  assert.equal(readUiConfig("?themeMode=dark").theme, "dark");
});

test("a permalink holds what was chosen, in any script, and gives it back", () => {
  const what = { values: { region: "Île-de-France ✓", least: 3, period: null }, anchor: "revenue" };
  const key = writePermalink(what);
  assert.match(key, /^[\w-]+$/);
  assert.deepEqual(readPermalink(key), what);
  assert.deepEqual(readUiConfig(`?permalink_key=${key}`).permalink, what);
});

test("a broken permalink stands for nothing chosen", () => {
  for (const key of [null, "", "%%%", "e30", "bnVsbA", "W10"]) assert.deepEqual(readPermalink(key), { values: {}, anchor: "" }, String(key));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { readBoot, readChoices } from "./boot";

const SENT = {
  data_url: "/data/explo_jwe", environment: null,
  panels: [{ id: "revenue" }],
  variables: [{ name: "region", label: "Region", type: "choice", mode: "open", value: null, initial: null, choices: [{ value: "DACH", label: "DACH" }] }],
  locale: "en", time_zone: "UTC", seconds_left: 3600, refresh_minutes: null, origins: ["https://app.a.test"], subject: "s",
  viewer_may_change: true, may_export: false, ignored: [],
};

test("what the server sends is read into the page's own words", () => {
  const boot = readBoot(SENT);
  assert.equal(boot.secondsLeft, 3600);
  assert.equal(boot.refreshMinutes, null);
  assert.equal(boot.mayChange, true);
  assert.deepEqual(boot.panels, ["revenue"]);
  assert.deepEqual(boot.variables[0]?.choices, [{ value: "DACH", label: "DACH" }]);
});

test("a missing or wrong field is named", () => {
  for (const name of ["data_url", "panels", "seconds_left", "origins", "subject", "variables", "locale"]) {
    assert.throws(() => readBoot({ ...SENT, [name]: undefined }), new RegExp(`^TypeError: ${name} is not a`));
  }
  assert.throws(() => readBoot(null), /boot is not an object/);
});

test("what a variable's query offers may still have to be asked for", () => {
  const [region] = SENT.variables;
  const asked = readBoot({ ...SENT, variables: [{ ...region, choices: null, long: true, required: true, depends: ["country"] }] }).variables[0];
  assert.equal(asked?.choices, null);
  assert.equal(asked?.long && asked.required && !asked.truncated, true);
  assert.deepEqual(asked?.depends, ["country"]);
});

test("rights that are not there are not given", () => {
  const { viewer_may_change: _a, may_export: _b, ...rest } = SENT;
  const boot = readBoot(rest);
  assert.equal(boot.mayChange || boot.mayExport, false);
});

test("choices without a label show their value, everything else counts as none", () => {
  assert.deepEqual(readChoices([{ value: "a" }, 3]), [{ value: "a", label: "a" }]);
  assert.equal(readChoices("x"), null);
  assert.equal(readChoices(null), null);
});

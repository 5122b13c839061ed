import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAddress, loaderOrigin, readFlag, readVariables, withoutBraces, type FrameWish } from "./frame";
import { valuesIn, withValue } from "./shared-address";

const WISH: FrameWish = { base: "https://embed.test", token: "a.b..c.d", environment: null, variables: {}, locale: null, refreshMinutes: null, timeZone: "UTC" };

test("the address is the vendor's: token, environment, JSON values", () => {
  assert.equal(frameAddress(WISH).src, "https://embed.test/iframe/a.b..c.d?time_zone=UTC");
  const { src } = frameAddress({ ...WISH, environment: "prod", variables: { region: "DACH" }, locale: "fr-fr", refreshMinutes: "10" });
  assert.equal(src, "https://embed.test/iframe/a.b..c.d/prod?refresh-minutes=10&locale_code=fr-fr&time_zone=UTC&region=%22DACH%22");
});

test("a token cannot leave its place in the path", () => {
  assert.equal(frameAddress({ ...WISH, token: "../x?y#z" }).src, "https://embed.test/iframe/..%2Fx%3Fy%23z?time_zone=UTC");
});

test("values that would make the address too long go by message", () => {
  const variables = { note: "x".repeat(3000) };
  assert.deepEqual(frameAddress({ ...WISH, variables }), { src: "https://embed.test/iframe/a.b..c.d?time_zone=UTC", late: variables });
});

test("the variables attribute is a JSON object or a mistake", () => {
  assert.deepEqual(readVariables('{"a": 1}'), { a: 1 });
  assert.deepEqual(readVariables(null), {});
  for (const bad of ["[1]", "{a:1}", "1", "null"]) assert.equal(readVariables(bad), null, bad);
});

test("a value in JSX's braces, as the vendor's page has it in plain HTML, is the value", () => {
  for (const refreshMinutes of ["10", "{10}", " {10} ", "{ 10 }"]) {
    assert.equal(frameAddress({ ...WISH, refreshMinutes }).src, "https://embed.test/iframe/a.b..c.d?refresh-minutes=10&time_zone=UTC", refreshMinutes);
  }
  for (const refreshMinutes of ["", "{}", " "]) assert.equal(frameAddress({ ...WISH, refreshMinutes }).src, frameAddress(WISH).src);
  // One pair and no more, and only where it is a pair.
  assert.deepEqual(["{{10}}", "{10", "10}", "1{0}"].map(withoutBraces), ["{{10}}", "{10", "10}", "1{0}"]);
  assert.deepEqual(["{true}", "{false}", " {False} "].map(readFlag), [true, false, false]);
});

test("a flag is set by being there, unless it says false", () => {
  assert.deepEqual([null, "", "true", "false", "False"].map(readFlag), [false, true, true, false, false]);
});

test("the host is where the loader came from", () => {
  assert.equal(loaderOrigin(["https://app.test/main.js", "https://embed.test/embed.js?v=1"]), "https://embed.test");
  assert.equal(loaderOrigin(["https://embed.test:8443/x/bundle.js"]), "https://embed.test:8443");
  assert.equal(loaderOrigin([null, "", "https://app.test/not-embed.json", "https://app.test/?x=/embed.jsx"]), null);
});

test("the host page's address carries chosen values and gives them back", () => {
  const address = withValue("https://app.test/page?tab=1#x", "region", "DACH");
  assert.equal(address, "https://app.test/page?tab=1&region=%22DACH%22#x");
  assert.deepEqual(valuesIn(address, ["region", "period"]), { region: "DACH" });
  assert.equal(withValue(address, "region", null), "https://app.test/page?tab=1#x");
  assert.deepEqual(valuesIn("https://app.test/?region=DACH", ["region"]), { region: "DACH" });
});

test("a customer token stands behind its dashboard in the path", () => {
  const token = `0b8f6f0e-3f4e-4d0e-9d5a-2f4f3c2b1a00:${"ab".repeat(32)}`;
  assert.equal(frameAddress({ ...WISH, token, environment: "prod" }).src, `https://embed.test/iframe/${token.replace(":", "/")}/prod?time_zone=UTC`);
});

test("the host is found by the name of viaSocket's script too", () => {
  assert.equal(loaderOrigin(["https://embed.test/prod-embedcomponent.js"]), "https://embed.test");
});

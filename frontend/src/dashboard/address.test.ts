import assert from "node:assert/strict";
import { test } from "node:test";
import { takeToken, withToken } from "./address";

test("the token is taken out and - stands in its place, the environment stays", () => {
  assert.deepEqual(takeToken("/iframe/aaa.bbb..ccc", ""), { token: "aaa.bbb..ccc", clean: "/iframe/-" });
  assert.deepEqual(takeToken("/iframe/aaa.bbb/prod", ""), { token: "aaa.bbb", clean: "/iframe/-/prod" });
});

test("an address with - holds no token", () => {
  assert.equal(takeToken("/iframe/-/prod", "").token, null);
});

test("an escaped token is the same token, a broken escape is none", () => {
  assert.equal(takeToken("/iframe/a%2Eb", "").token, "a.b");
  assert.equal(takeToken("/iframe/a%2", "").token, null);
  assert.equal(takeToken("/iframe/a%2Fb", "").token, null);
});

test("values of variables leave the address, how the page is shown stays", () => {
  const { clean } = takeToken("/iframe/t", "?region=%22DACH%22&refresh-minutes=5&locale_code=de-de&time_zone=Europe%2FVienna");
  assert.equal(clean, "/iframe/-?refresh-minutes=5&locale_code=de-de&time_zone=Europe%2FVienna");
});

test("the real address is made again for another token", () => {
  assert.equal(withToken("/iframe/-/prod", "?refresh-minutes=5", "new"), "/iframe/new/prod?refresh-minutes=5");
});

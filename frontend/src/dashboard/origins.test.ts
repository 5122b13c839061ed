import assert from "node:assert/strict";
import { test } from "node:test";
import { originAllowed, parentOrigin, targets } from "./origins";

const APP = ["https://app.a.test"];

test("the exact origin of the list is allowed", () => {
  assert.equal(originAllowed("https://app.a.test", APP), true);
});

test("p_ep_06: nothing that only looks like an origin of the list is allowed", () => {
  const strangers = [
    "https://app.a.test.evil.test", "https://evil.test", "null", "", "*", "http://app.a.test", "https://app.a.test:8443",
    "https://app.a.test/", "https://app.a.test@evil.test", "https://xapp.a.test", "https://a.test", "file://", "https://*",
  ];
  for (const origin of strangers) assert.equal(originAllowed(origin, APP), false, origin);
});

test("an empty list allows nobody", () => {
  assert.equal(originAllowed("https://app.a.test", []), false);
});

test("a wildcard stands for subdomains of any depth and not for the bare domain", () => {
  const pattern = ["https://*.a.test"];
  assert.equal(originAllowed("https://x.a.test", pattern), true);
  assert.equal(originAllowed("https://x.y.a.test", pattern), true);
  for (const origin of ["https://a.test", "https://.a.test", "https://xa.test", "https://x.a.test.evil.test", "https://x.b.test"]) {
    assert.equal(originAllowed(origin, pattern), false, origin);
  }
});

test("a port of * stands for every port and none, any other for itself", () => {
  for (const origin of ["http://localhost", "http://localhost:3000"]) assert.equal(originAllowed(origin, ["http://localhost:*"]), true);
  assert.equal(originAllowed("http://localhost.evil.test:3000", ["http://localhost:*"]), false);
  assert.equal(originAllowed("https://app.a.test:8443", ["https://app.a.test:8443"]), true);
});

test("a pattern may not be used as an origin", () => {
  assert.equal(originAllowed("https://*.a.test", ["https://*.a.test"]), false);
});

test("messages go to the known origin, else to every exact one, never to a pattern or a star", () => {
  assert.deepEqual(targets("https://app.a.test", ["https://b.test"]), ["https://app.a.test"]);
  assert.deepEqual(targets(null, ["https://b.test", "https://*.c.test", "http://localhost:*"]), ["https://b.test"]);
  assert.deepEqual(targets(null, []), []);
});

test("the parent is found by the first hint that is on the list", () => {
  assert.equal(parentOrigin([undefined, "https://app.a.test/page?x=1"], APP), "https://app.a.test");
  assert.equal(parentOrigin(["https://evil.test", ""], APP), null);
  assert.equal(parentOrigin(["null"], APP), null);
});

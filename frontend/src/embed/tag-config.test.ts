import assert from "node:assert/strict";
import { test } from "node:test";
import { fields, lengthOf, NO_WISH, placeOf, shapeOf, sizeOf, tagAddress, withWishes } from "./tag-config";

const jwt = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
const TOKEN = jwt({ org_id: "8069", project_id: "ws_k7Q2", user_id: "acme" });

test("p_ep_08: the frame's address names organization and workspace and holds no token", () => {
  const address = tagAddress("https://embed.test", { ...NO_WISH, token: TOKEN, dashboard: "d-1", environment: "prod", locale: "fr-fr" }, "UTC");
  assert.equal(address, "https://embed.test/embedded/tag/8069/ws_k7Q2?time_zone=UTC&dashboard=d-1&environment=prod&locale_code=fr-fr");
});

test("p_ep_08: claims that are no plain ids cannot leave their place in the address", () => {
  const bad = [{ org_id: "../x", project_id: "ws_a" }, { org_id: "1", project_id: "a/b" }, { org_id: "1", project_id: "a?x" }, { org_id: {}, project_id: "a" }, {}, null];
  for (const claims of bad) assert.equal(placeOf(jwt(claims)), "-/-", JSON.stringify(claims));
  for (const token of ["", "a.b", "a.%%%.c", "not a token"]) assert.equal(placeOf(token), "-/-", token);
  assert.equal(placeOf(jwt({ org_id: 8069, project_id: "ws_k7Q2" })), "8069/ws_k7Q2");
});

test("a size is a number with one of the known units", () => {
  assert.deepEqual([["40", "%"], [400, "px"], ["50vw", ""], [1.5, "rem"], [30, undefined], [30, "furlong"]].map(([value, unit]) => lengthOf(value, unit)), ["40%", "400px", "50vw", "1.5rem", "30%", "30%"]);
  for (const bad of ["", "-1", "calc(1px)", "1px;color:red", null, {}, "1e9"]) assert.equal(lengthOf(bad, "px"), null, String(bad));
});

test("each shape has its own size, and what the page says wins", () => {
  assert.deepEqual(sizeOf({}), ["40%", "100%"]);
  assert.deepEqual(sizeOf({ type: "popup", width: 600, widthUnit: "px" }), ["600px", "90%"]);
  assert.equal(shapeOf({ type: "constructor" }), "right_slider");
});

test("wishes are changed one by one, whether in config or beside it", () => {
  const first = withWishes(NO_WISH, { embedToken: " a.b.c ", parentId: "place", config: { type: "popup", width: 50 } });
  assert.deepEqual([first.token, first.parent, first.config], ["a.b.c", "place", { type: "popup", width: 50 }]);
  const next = withWishes(first, { embedToken: "d.e.f", width: 70 });
  assert.deepEqual([next.token, next.parent, next.config], ["d.e.f", "place", { type: "popup", width: 70 }]);
  assert.equal(withWishes(next, { dashboard: "x", variables: '{"region": "DACH"}' }).variables["region"], "DACH");
  assert.equal(withWishes(next, "text"), next);
});

test("an attribute that is no JSON object says nothing", () => {
  for (const text of ["[1]", "{a:1}", "1", "null", "", null]) assert.deepEqual(fields(text), {}, String(text));
  assert.deepEqual(fields('{"a": 1}'), { a: 1 });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { takeToken, withToken } from "./address";

const EMBED_ID = "0b8f6f0e-3f4e-4d0e-9d5a-2f4f3c2b1a00";
const HEX = "ab".repeat(32);

test("the token is taken out and - stands in its place, the environment stays", () => {
  assert.deepEqual(takeToken("/iframe/aaa.bbb..ccc", ""), { token: "aaa.bbb..ccc", clean: "/iframe/-" });
  assert.deepEqual(takeToken("/iframe/aaa.bbb/prod", ""), { token: "aaa.bbb", clean: "/iframe/-/prod" });
});

test("a slash before the question mark changes nothing, and leaves the address with the token", () => {
  for (const [path, token, clean] of [
    ["/iframe/a.b/", "a.b", "/iframe/-"],
    ["/iframe/a.b/prod/", "a.b", "/iframe/-/prod"],
    [`/iframe/${EMBED_ID}/${HEX}/`, `${EMBED_ID}:${HEX}`, `/iframe/${EMBED_ID}/-`],
    [`/iframe/${EMBED_ID}/${HEX}/prod/`, `${EMBED_ID}:${HEX}`, `/iframe/${EMBED_ID}/-/prod`],
  ] as const) {
    assert.deepEqual(takeToken(path, "?region=x&refresh-minutes=5"), { token, clean: `${clean}?refresh-minutes=5` });
    assert.equal(withToken(`${clean}/`, "", token), path.slice(0, -1));
  }
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

test("a customer token stands behind its dashboard", () => {
  assert.deepEqual(takeToken(`/iframe/${EMBED_ID}/${HEX}`, ""), { token: `${EMBED_ID}:${HEX}`, clean: `/iframe/${EMBED_ID}/-` });
  assert.deepEqual(takeToken(`/iframe/${EMBED_ID}/${HEX}/prod`, ""), { token: `${EMBED_ID}:${HEX}`, clean: `/iframe/${EMBED_ID}/-/prod` });
  assert.equal(takeToken(`/iframe/${EMBED_ID}/-/prod`, "").token, null);
  assert.equal(withToken(`/iframe/${EMBED_ID}/-/prod`, "", `${EMBED_ID}:${HEX}`), `/iframe/${EMBED_ID}/${HEX}/prod`);
  assert.equal(withToken(`/iframe/${EMBED_ID}/-`, "", `${EMBED_ID}:${HEX}`), `/iframe/${EMBED_ID}/${HEX}`);
  assert.equal(withToken(`/iframe/${EMBED_ID}/-/prod`, "?a=1", "a.b"), "/iframe/a.b/prod?a=1");
  assert.equal(withToken("/iframe/-/prod", "", `${EMBED_ID}:${HEX}`), `/iframe/${EMBED_ID}/${HEX}/prod`);
});

test("Chartio's three shapes and Metabase's path lose their token and get another one", () => {
  for (const lead of ["/d/acme/sales/", "/d/17/", "/embed/dashboard/"]) {
    assert.deepEqual(takeToken(`${lead}a.b.c`, "?region=x"), { token: "a.b.c", clean: `${lead}-` });
    assert.equal(withToken(`${lead}-`, "", "d.e.f"), `${lead}d.e.f`);
    assert.equal(takeToken(`${lead}-`, "").token, null);
  }
  for (const [path, name] of [["/d/acme/sales/", "embed_token"], ["/d/acme/sales", "token"]] as const) {
    assert.deepEqual(takeToken(path, `?x=1&${name}=a.b.c&locale_code=fr`), { token: "a.b.c", clean: "/d/acme/sales/-?locale_code=fr" });
  }
});

test("Papermap's token stays in the query's place", () => {
  assert.deepEqual(takeToken("/embedded/dashboard", "?x=1&embedded-token=abc&locale_code=fr"), { token: "abc", clean: "/embedded/dashboard?embedded-token=-&locale_code=fr" });
  assert.equal(withToken("/embedded/dashboard", "?embedded-token=-&locale_code=fr", "d=="), "/embedded/dashboard?embedded-token=d%3D%3D&locale_code=fr");
  assert.equal(takeToken("/embedded/dashboard", "?embedded-token=-").token, null);
});

test("Papermap's token is the same one in both alphabets, a plus that came as a space too", () => {
  for (const written of ["a%2Bb%2Fc==", "a+b/c==", "a-b_c=="]) {
    assert.equal(takeToken("/embedded/dashboard", `?embedded-token=${written}`).token, "a-b_c==", written);
  }
});

test("a token in the query of another door is none", () => {
  assert.deepEqual(takeToken("/embedded/tag/1/ws_1", "?token=a.b"), { token: null, clean: "/embedded/tag/1/ws_1" });
});

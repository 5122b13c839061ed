import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { DataCalls, fileName } from "./data";

const real = globalThis.fetch;
const FACTS = { dataUrl: "/data/explo_jwe", environment: "prod", dashboard: null, locale: "en", timeZone: "UTC" };
let asked: { path: string; init: RequestInit } = { path: "", init: {} };

function answer(response: Response): DataCalls {
  globalThis.fetch = (path, init) => {
    asked = { path: String(path), init: init ?? {} };
    return Promise.resolve(response);
  };
  return new DataCalls(FACTS, "the.token");
}

const never = new AbortController().signal;

afterEach(() => { globalThis.fetch = real; });

test("the token goes in the header and in no address", async () => {
  await answer(new Response("<p>")).card("revenue", { region: "DACH" }, never);
  assert.equal(new Headers(asked.init.headers).get("Authorization"), "Bearer the.token");
  assert.equal(asked.path.includes("the.token"), false);
  assert.equal(asked.path, "/data/explo_jwe/panels/revenue?as=card&variables=%7B%22region%22%3A%22DACH%22%7D&locale=en&time_zone=UTC&environment=prod");
  assert.equal(asked.init.credentials, "omit");
});

test("202 is pending, with the server's wish", async () => {
  const calls = answer(new Response("", { status: 202, headers: { "Retry-After": "3" } }));
  assert.deepEqual(await calls.card("x", {}, never), { kind: "pending", retryAfter: 3 });
});

test("an error says its code and reference", async () => {
  const calls = answer(Response.json({ code: "token_expired", message: "m", reference: "R-7K3F9Q" }, { status: 401 }));
  assert.deepEqual(await calls.card("x", {}, never), { kind: "failed", code: "token_expired", message: "m", reference: "R-7K3F9Q", retryAfter: null });
});

test("an error that is no JSON, and no answer at all, are failures too", async () => {
  assert.equal((await answer(new Response("<html>", { status: 502 })).card("x", {}, never)).kind, "failed");
  globalThis.fetch = () => Promise.reject(new TypeError("network"));
  const lost = await new DataCalls(FACTS, "t").card("x", {}, never);
  assert.equal(lost.kind === "failed" && lost.code, "unreachable");
});

test("an aborted call rejects instead of looking like a failure", async () => {
  const abort = new AbortController();
  globalThis.fetch = () => { abort.abort(); return Promise.reject(new TypeError("aborted")); };
  await assert.rejects(new DataCalls(FACTS, "t").card("x", {}, abort.signal), { name: "AbortError" });
});

test("a fresh token is tried without being used for anything else", async () => {
  const calls = answer(Response.json({ subject: "s", seconds_left: 60, variables: [] }));
  const tried = await calls.session("fresh.token", never);
  assert.equal(new Headers(asked.init.headers).get("Authorization"), "Bearer fresh.token");
  assert.equal(tried.kind === "ready" && tried.value.secondsLeft, 60);
});

test("a file's name is read from the header, the UTF-8 one first", () => {
  assert.equal(fileName(`attachment; filename="a.csv"; filename*=UTF-8''Ums%C3%A4tze.csv`), "Umsätze.csv");
  assert.equal(fileName('attachment; filename="revenue.csv"'), "revenue.csv");
  for (const header of [null, "attachment", "attachment; filename*=UTF-8''%E0%A4%A"]) assert.equal(fileName(header), null);
});

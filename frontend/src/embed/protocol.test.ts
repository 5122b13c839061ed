import assert from "node:assert/strict";
import { test } from "node:test";
import { isToken, readCommand, readMessage } from "./protocol";

const values = (data: unknown): unknown => {
  const command = readCommand(data);
  return command?.kind === "values" ? Object.fromEntries(command.values) : null;
};

test("the vendor's messages and ours are understood alike", () => {
  const wanted = { region: "DACH" };
  assert.deepEqual(values({ event: "updateExploDashboardVariable", detail: { varName: "region", value: "DACH" } }), wanted);
  assert.deepEqual(values({ event: "updateExploDashboardVariables", detail: { variables: [{ varName: "region", value: "DACH" }] } }), wanted);
  assert.deepEqual(values({ event: "embedhostSetVariables", detail: { values: wanted } }), wanted);
  assert.deepEqual(readCommand({ event: "updateCustomerJwt", detail: { jwt: "a.b" } }), { kind: "token", token: "a.b" });
  assert.deepEqual(readCommand({ event: "embedhostSetToken", detail: { token: "a.b" } }), { kind: "token", token: "a.b" });
});

test("a variable without a value is unset", () => {
  assert.deepEqual(values({ event: "updateExploDashboardVariable", detail: { varName: "region" } }), { region: null });
});

test("everything else is no command", () => {
  const others: unknown[] = [
    null, "updateCustomerJwt", [], {}, { event: 3 }, { event: "sendVariableUpdatedEvent", detail: { varName: "a", value: 1 } },
    { event: "updateCustomerJwt", detail: { jwt: "a/../b" } }, { event: "updateCustomerJwt" },
    { event: "updateExploDashboardVariables", detail: { variables: "x" } }, { event: "embedhostSetVariables", detail: { values: [1] } },
  ];
  for (const data of others) assert.equal(readCommand(data), null, JSON.stringify(data));
});

test("a detail of another kind counts as an empty one", () => {
  assert.deepEqual(readMessage({ event: "x", detail: "y" }), { event: "x", detail: {} });
});

test("a token has only the letters of one, and is no path", () => {
  for (const good of ["aaa.bbb..ccc.ddd", "A-_=~"]) assert.equal(isToken(good), true);
  for (const bad of ["", "-", ".", "..", "a b", "a/b", "a?b", "ä", "a".repeat(8001), 5, null]) assert.equal(isToken(bad), false, String(bad));
});

test("a customer token is a token with its dashboard's id", () => {
  const pair = `0b8f6f0e-3f4e-4d0e-9d5a-2f4f3c2b1a00:${"ab".repeat(32)}`;
  assert.deepEqual(readCommand({ event: "updateCustomerJwt", detail: { jwt: pair } }), { kind: "token", token: pair });
  for (const bad of ["a:b", pair.slice(1), `${pair}0`, pair.replace("ab", "AB")]) assert.equal(isToken(bad), false, bad);
});

test("a token in standard base64 is written in the letters of addresses", () => {
  assert.deepEqual(readCommand({ event: "embedhostSetToken", detail: { token: "a+b/c==" } }), { kind: "token", token: "a-b_c==" });
});

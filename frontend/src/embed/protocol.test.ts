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
  for (const bad of ["", "-", ".", "..", "a b", "a/b", "a?b", "ä", "a".repeat(2039), 5, null]) assert.equal(isToken(bad), false, String(bad));
});

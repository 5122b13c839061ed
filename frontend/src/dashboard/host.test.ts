import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "../embed/protocol";
import { Host } from "./host";

interface Sent { readonly data: unknown; readonly target: string }

const SET = { event: "embedhostSetVariables", detail: { values: { region: "DACH" } } };

/** A window in somebody's page, with what Host uses of it. */
function world(ancestor: string | undefined, referrer = "") {
  const sent: Sent[] = [];
  const parent = { postMessage: (data: unknown, target: string) => sent.push({ data, target }) };
  let hear: (event: unknown) => void = () => undefined;
  const view = {
    parent,
    location: { ancestorOrigins: ancestor === undefined ? undefined : [ancestor] },
    document: { referrer },
    addEventListener: (_: string, listener: (event: unknown) => void) => { hear = listener; },
  };
  const heard: Command[] = [];
  const begin = (patterns: readonly string[]) => new Host(view as unknown as Window, patterns, (command) => heard.push(command));
  return { sent, heard, begin, parent, message: (origin: string, source: unknown = parent, data: unknown = SET) => hear({ origin, source, data }) };
}

test("p_ep_06: the target is the parent's exact origin", () => {
  const { sent, begin } = world("https://app.a.test");
  begin(["https://app.a.test", "https://b.test"]).tell("dashboardLoaded");
  assert.deepEqual(sent, [{ data: { event: "dashboardLoaded", detail: {} }, target: "https://app.a.test" }]);
});

test("p_ep_06: without a hint every exact origin of the list is a target and nothing else", () => {
  const { sent, begin } = world(undefined);
  begin(["https://app.a.test", "https://*.b.test"]).tell("dashboardLoaded");
  assert.deepEqual(sent.map(({ target }) => target), ["https://app.a.test"]);
});

test("p_ep_06: a parent that is not on the list is told nothing", () => {
  const { sent, begin } = world("https://evil.test", "https://evil.test/");
  begin(["https://*.a.test"]).tell("dashboardLoaded");
  assert.deepEqual(sent, []);
});

test("with patterns only, what was said first waits until the host has spoken", () => {
  const { sent, begin, message } = world(undefined);
  begin(["https://*.a.test"]).tell("dashboardReadyToLoad");
  assert.deepEqual(sent, []);
  message("https://app.a.test", { sibling: true });
  assert.deepEqual(sent, []);
});

test("with patterns only, the first word of the parent names the target", () => {
  const { sent, begin, message, parent } = world(undefined);
  begin(["https://*.a.test"]).tell("dashboardReadyToLoad");
  message("https://app.a.test", parent);
  assert.deepEqual(sent.map(({ target }) => target), ["https://app.a.test"]);
});

test("p_ep_06: only the parent is obeyed, and only from an origin of the list", () => {
  const { heard, begin, message, parent } = world("https://app.a.test");
  begin(["https://app.a.test"]);
  for (const origin of ["https://evil.test", "https://app.a.test.evil.test", "null", ""]) message(origin, parent);
  message("https://app.a.test", { sibling: true });
  assert.deepEqual(heard, []);
  message("https://app.a.test", parent);
  assert.equal(heard.length, 1);
});

test("a page that nobody embeds talks to nobody and obeys nobody", () => {
  const own: { parent?: unknown; document: unknown; location: unknown; addEventListener: unknown } = {
    document: { referrer: "" }, location: {}, addEventListener: (_: string, listener: (event: unknown) => void) => { hear = listener; },
  };
  let hear: (event: unknown) => void = () => undefined;
  own.parent = own;
  const heard: Command[] = [];
  new Host(own as unknown as Window, ["https://app.a.test"], (command) => heard.push(command)).tell("dashboardLoaded");
  hear({ origin: "https://app.a.test", source: own, data: SET });
  assert.deepEqual(heard, []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { methodsOf, type SupersetPage } from "./superset";
import { answer, Switchboard } from "./switchboard";

/** A page that is there, and what was done to it. */
function world(change: Partial<SupersetPage> = {}) {
  const done: unknown[] = [];
  const page: SupersetPage = {
    size: () => ({ width: 800, height: 1200 }),
    shown: () => new Map<string, unknown>([["region", "DACH"], ["least", null]]),
    chosen: () => ({ region: "DACH" }),
    panels: () => ["revenue", "7"],
    permalink: (what) => Promise.resolve(`https://app.test/p/${JSON.stringify(what)}`),
    takeToken: (token) => { done.push(["token", token]); },
    setTheme: (theme) => { done.push(["theme", theme]); },
    setMode: (mode) => { done.push(["mode", mode]); },
    ...change,
  };
  const say = (switchboardAction: string, method: string, args?: unknown) => answer(methodsOf(page), { switchboardAction, method, messageId: "m_x_1", args });
  return { done, say };
}

const entry = (id: string, value: unknown) => ({ id, extraFormData: {}, filterState: { value }, ownState: {} });

const ANSWERS: readonly [method: string, args: unknown, result: unknown][] = [
  ["getScrollSize", undefined, { width: 800, height: 1200 }],
  ["getActiveTabs", undefined, []],
  ["getChartStates", undefined, {}],
  ["getDataMask", undefined, { region: entry("region", "DACH"), least: entry("least", null) }],
  ["getDashboardPermalink", { anchor: "revenue" }, 'https://app.test/p/{"values":{"region":"DACH"},"anchor":"revenue"}'],
  ["getDashboardPermalink", undefined, 'https://app.test/p/{"values":{"region":"DACH"},"anchor":""}'],
  ["getChartDataPayloads", { chartId: 7 }, { 7: { panel: "7", variables: { region: "DACH" } } }],
];

for (const [method, args, result] of ANSWERS) {
  test(`${method}(${JSON.stringify(args) ?? ""}) is answered`, async () => {
    assert.deepEqual(await world().say("get", method, args), { switchboardAction: "reply", messageId: "m_x_1", result });
  });
}

test("all panels are described when none is named", async () => {
  const reply = await world().say("get", "getChartDataPayloads");
  assert.equal(reply?.switchboardAction === "reply" && Object.keys(reply.result as object).length, 2);
});

const ERRORS: readonly [method: string, args: unknown, error: RegExp][] = [
  ["getChartDataPayloads", { chartId: 99 }, /no panel/],
  ["guestToken", { guestToken: "a b" }, /not a token/],
  ["guestToken", undefined, /not a token/],
  ["setThemeMode", { mode: "sepia" }, /one of default/],
  ["getRows", undefined, /"getRows" is not defined/],
  ["constructor", undefined, /"constructor" is not defined/],
];

for (const [method, args, error] of ERRORS) {
  test(`${method}(${JSON.stringify(args) ?? ""}) is an error`, async () => {
    const { done, say } = world();
    const reply = await say("get", method, args);
    assert.match(reply?.switchboardAction === "error" ? reply.error : "", error);
    assert.deepEqual(done, []);
  });
}

test("what is told is obeyed and not answered", async () => {
  const { done, say } = world();
  assert.equal(await say("emit", "guestToken", { guestToken: "a.b.c" }), null);
  assert.equal(await say("emit", "setThemeMode", { mode: "dark" }), null);
  assert.equal(await say("emit", "setThemeConfig", { themeConfig: { token: {} } }), null);
  assert.equal(await say("emit", "getRows"), null);
  assert.deepEqual(done, [["token", "a.b.c"], ["mode", "dark"], ["theme", { token: {} }]]);
});

test("a method that fails is an error and no end of the port", async () => {
  const reply = await world({ size: () => { throw new RangeError("too wide"); } }).say("get", "getScrollSize");
  assert.deepEqual(reply, { switchboardAction: "error", messageId: "m_x_1", error: "too wide" });
});

test("everything else is no message", async () => {
  for (const data of [null, "get", [], {}, { switchboardAction: "reply", messageId: 1 }, { switchboardAction: "delete", method: "getScrollSize" }]) {
    assert.equal(await answer(methodsOf({} as SupersetPage), data), null, JSON.stringify(data));
  }
});

test("over a port, questions are answered both ways", async () => {
  const { port1, port2 } = new MessageChannel();
  const ours = new Switchboard(port2 as unknown as MessagePort, { getActiveTabs: () => ["a"] });
  const theirs = new Switchboard(port1 as unknown as MessagePort, { resolvePermalinkUrl: ({ key }) => `https://app.test/${String(key)}` });
  assert.equal(await ours.get("resolvePermalinkUrl", { key: "k" }), "https://app.test/k");
  assert.deepEqual(await theirs.get("getActiveTabs", {}), ["a"]);
  assert.equal(await theirs.get("getNothing", {}), null);
  port1.close();
});

import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import type { Variable } from "./boot";
import { DataCalls } from "./data";
import { Offers } from "./offers";
import { Values } from "./values";

const FACTS = { dataUrl: "/data/explo_jwe", environment: null, dashboard: null, locale: "en", timeZone: "UTC" };

function variable(name: string, more: Partial<Variable> = {}): Variable {
  return { name, label: name, type: "choice", mode: "open", value: null, initial: null, required: false, choices: null, truncated: false, long: false, labels: [], depends: [], ...more };
}

interface Server {
  readonly asked: string[];
  offered: readonly string[];
  status: number;
}

/** Answer every call with what is offered at that moment. */
function serving(): Server {
  const server: Server = { asked: [], offered: ["a", "b"], status: 200 };
  mock.method(globalThis, "fetch", (path: string) => {
    server.asked.push(new URL(path, "https://embed.test").pathname.split("/").at(-1) ?? "");
    const choices = server.offered.map((value) => ({ value, label: value.toUpperCase() }));
    const body = server.status === 200 ? { choices, truncated: false } : { code: "query_rejected" };
    return Promise.resolve(Response.json(body, { status: server.status }));
  });
  return server;
}

interface Made {
  readonly offers: Offers;
  readonly values: Values;
  readonly cleared: string[];
  readonly came: (name: string) => Promise<void>;
}

function making(variables: readonly Variable[]): Made {
  const values = new Values(variables, true);
  const cleared: string[] = [];
  const waiting = new Map<string, () => void>();
  const came = (name: string): Promise<void> => new Promise((resolve) => waiting.set(name, resolve));
  const offers = new Offers({
    calls: new DataCalls(FACTS, "token"), values, payload: () => values.payload(),
    onOffer: (name) => waiting.get(name)?.(), onCleared: ({ name }) => cleared.push(name), onExpired: () => undefined,
  });
  return { offers, values, cleared, came };
}

afterEach(() => mock.restoreAll());

test("a short list that did not come with the page is asked for, a long one when it is opened", async () => {
  const server = serving();
  const long = variable("long", { long: true });
  const { offers, came } = making([variable("short"), long, variable("listed", { choices: [] })]);
  await came("short");
  assert.deepEqual(server.asked, ["short"]);
  assert.equal(offers.of(long).kind, "asked");
  await came("long");
  assert.deepEqual(offers.of(long), { kind: "ready", choices: [{ value: "a", label: "A" }, { value: "b", label: "B" }], truncated: false });
  assert.deepEqual(server.asked, ["short", "long"]);
});

test("a choice is asked for again when another one changes, and what is gone is cleared", async () => {
  const server = serving();
  const store = variable("store", { choices: [{ value: "x", label: "X" }], depends: ["region"] });
  const { offers, values, cleared, came } = making([variable("region", { choices: [] }), store, variable("other", { choices: [] })]);
  values.set("store", "x");
  offers.follow(["other"]);
  assert.deepEqual(server.asked, []);
  offers.follow(["region"]);
  await came("store");
  assert.deepEqual(server.asked, ["store"]);
  assert.deepEqual(cleared, ["store"]);
  assert.equal(values.current("store"), null);
});

test("what is still offered stays", async () => {
  serving();
  const store = variable("store", { choices: [], depends: ["region"] });
  const { offers, values, cleared, came } = making([variable("region", { choices: [] }), store]);
  values.set("store", "b");
  offers.follow(["region"]);
  await came("store");
  assert.deepEqual(cleared, []);
  assert.equal(values.current("store"), "b");
});

test("a list that cannot be had clears nothing and is asked for again when it is opened", async () => {
  const server = serving();
  server.status = 422;
  const store = variable("store", { labels: [{ value: "x", label: "The X" }] });
  const { offers, values, cleared, came } = making([store]);
  values.set("store", "x");
  await came("store");
  assert.deepEqual(cleared, []);
  assert.equal(offers.labels(store)[0]?.label, "The X");
  server.status = 200;
  server.offered = ["x"];
  offers.of(store);
  await came("store");
  assert.equal(values.current("store"), "x");
  assert.equal(server.asked.length, 2);
});

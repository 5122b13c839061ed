import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Expiry } from "./expiry";

let now = 0;
let told: string[] = [];

function begin(seconds: number): Expiry {
  const host = { onExpiring: (left: number) => void told.push(`expiring ${left}`), onExpired: () => void told.push("expired") };
  return new Expiry(seconds, host, () => now);
}

function advance(seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    now += 1000;
    mock.timers.tick(1000);
  }
}

beforeEach(() => {
  now = 0;
  told = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

test("the host is told a minute ahead and at the end, once each", () => {
  const expiry = begin(100);
  advance(39);
  assert.deepEqual(told, []);
  advance(2);
  assert.equal(told.length, 1);
  advance(120);
  assert.deepEqual(told, ["expiring 60", "expired"]);
  assert.equal(expiry.expired, true);
});

test("a fresh token begins a new life", () => {
  const expiry = begin(30);
  advance(31);
  expiry.renew(300);
  assert.equal(expiry.expired, false);
  advance(301);
  assert.deepEqual(told, ["expiring 30", "expired", "expiring 60", "expired"]);
});

test("the server's word ends it, whatever was counted", () => {
  begin(3600).end();
  assert.deepEqual(told, ["expired"]);
});

test("a laptop that slept notices at its first look", () => {
  begin(3600);
  now += 4_000_000;
  mock.timers.tick(30_000);
  assert.deepEqual(told, ["expired"]);
});

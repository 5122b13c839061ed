import assert from "node:assert/strict";
import { test } from "node:test";
import { nextLook, pause, phaseOf, pollDelay, readRetryAfter, refreshEvery, retryDelay, secondsLeft, worthRetrying } from "./timing";

test("polling begins at half a second, grows, and never waits over 15 seconds by itself", () => {
  assert.equal(pollDelay(0, null), 0.5);
  assert.ok(pollDelay(3, null) > pollDelay(2, null));
  assert.equal(pollDelay(50, null), 3);
});

test("the server's Retry-After is waited for, up to a minute", () => {
  assert.equal(pollDelay(0, 2), 2);
  assert.equal(pollDelay(50, 2), 3);
  assert.equal(pollDelay(0, 9999), 60);
});

test("a failed panel is tried after 30 seconds, then twice as long each time, at most 8 minutes", () => {
  assert.deepEqual([1, 2, 3, 9].map((failures) => retryDelay(failures, null)), [30, 60, 120, 480]);
  assert.equal(retryDelay(1, 45), 45);
});

test("what the author or the owner has to mend is not asked for again", () => {
  for (const code of ["query_rejected", "forbidden", "variable_locked", "result_too_large"]) assert.equal(worthRetrying(code), false);
  for (const code of ["query_timeout", "data_source_unavailable", "unreachable", "rate_limited"]) assert.equal(worthRetrying(code), true);
});

test("a Retry-After that is no whole number of seconds counts as none", () => {
  assert.equal(readRetryAfter("3"), 3);
  for (const header of [null, "", "soon", "-1", "1e9", "Wed, 21 Oct 2026 07:28:00 GMT"]) assert.equal(readRetryAfter(header), null);
});

test("a token's life is counted by the monotonic clock from what the server said", () => {
  const lease = { seconds: 3600, from: 5_000 };
  assert.equal(secondsLeft(lease, 5_000), 3600);
  assert.equal(secondsLeft(lease, 65_000), 3540);
});

test("a minute before the end it is expiring, at the end expired", () => {
  assert.equal(phaseOf(61), "fresh");
  assert.equal(phaseOf(60), "expiring");
  assert.equal(phaseOf(0), "expired");
  assert.equal(phaseOf(-5), "expired");
});

test("the next look is at the change of phase and at most 30 seconds away", () => {
  assert.equal(nextLook(3600), 30);
  assert.equal(nextLook(70), 10);
  assert.equal(nextLook(20), 20);
  assert.ok(nextLook(60.001) > 0);
});

test("refresh-minutes is at least one minute and at most a day; nonsense is none", () => {
  assert.equal(refreshEvery(10), 600_000);
  assert.equal(refreshEvery(0.01), 60_000);
  assert.equal(refreshEvery(1e9), 86_400_000);
  for (const minutes of [null, 0, -1, NaN, Infinity]) assert.equal(refreshEvery(minutes), null);
});

test("a pause ends at once with the signal's reason when it is aborted", async () => {
  const abort = new AbortController();
  const waiting = pause(60, abort.signal);
  abort.abort();
  await assert.rejects(waiting, { name: "AbortError" });
  await assert.rejects(pause(60, abort.signal), { name: "AbortError" });
});

/** When to ask again, as pure functions; all times in seconds unless a name says otherwise. */

const POLL_FIRST = 0.5;
/** Shorter than the server waits for a page to ask again before it stops a query that nobody wants. */
const POLL_LONGEST = 3;
const RETRY_FIRST = 30;
const RETRY_LONGEST = 480;
const EXPIRING_AHEAD = 60;
const LONGEST_TIMER = 30;

/** Seconds until a pending panel is asked for again: the server's wish at least, growing by half with every try. */
export function pollDelay(attempt: number, retryAfter: number | null): number {
  const grown = Math.min(POLL_LONGEST, POLL_FIRST * 1.5 ** attempt);
  return Math.max(grown, Math.min(retryAfter ?? 0, 60));
}

/** Seconds until a failed panel is tried again by itself, doubling; the server's wish wins when it is longer. */
export function retryDelay(failures: number, retryAfter: number | null): number {
  const grown = Math.min(RETRY_LONGEST, RETRY_FIRST * 2 ** Math.max(0, failures - 1));
  return Math.max(grown, retryAfter ?? 0);
}

const HOPELESS = new Set([
  "query_rejected",
  "result_too_large",
  "not_found",
  "forbidden",
  "variable_invalid",
  "variable_locked",
]);

/** Say whether asking again could change the answer. */
export function worthRetrying(code: string): boolean {
  return !HOPELESS.has(code);
}

/** Read a Retry-After header of whole seconds; null for everything else. */
export function readRetryAfter(header: string | null): number | null {
  return header !== null && /^\d{1,5}$/.test(header) ? Number(header) : null;
}

/** A token's life as the server counted it: so many seconds from that moment of the monotonic clock (milliseconds). */
export interface Lease {
  readonly seconds: number;
  readonly from: number;
}

export type Phase = "fresh" | "expiring" | "expired";

export function secondsLeft(lease: Lease, now: number): number {
  return lease.seconds - (now - lease.from) / 1000;
}

export function phaseOf(left: number): Phase {
  if (left <= 0) return "expired";
  return left <= EXPIRING_AHEAD ? "expiring" : "fresh";
}

/** Seconds until the phase should be looked at again; short, since timers stand still while a laptop sleeps. */
export function nextLook(left: number): number {
  const change = phaseOf(left) === "fresh" ? left - EXPIRING_AHEAD : left;
  return Math.min(LONGEST_TIMER, Math.max(0.05, change));
}

/** Milliseconds between refreshes that the host asked for; null for none. At least one minute, at most a day. */
export function refreshEvery(minutes: number | null): number | null {
  if (minutes === null || !Number.isFinite(minutes) || minutes <= 0) return null;
  return Math.min(24 * 60, Math.max(1, minutes)) * 60_000;
}

/** Wait; rejects with the signal's reason when it is aborted. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(asError(signal.reason));
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => { clearTimeout(timer); reject(asError(signal.reason)); }, { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

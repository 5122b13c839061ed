/** Brings one panel up to date: asks, polls while the server works, tries again after a failure. */

import { endBusy, offerRetry, parseCard, showBusy, showFailure, showStale, swap } from "./card";
import type { DataCalls, Failure, Payload } from "./data";
import type { Say } from "./ranges";
import { pause, pollDelay, retryDelay, worthRetrying } from "./timing";

/** Why a panel is asked for: it was pending or failed on arrival, other values were set, or it is time for a refresh. */
export type Manner = "arrival" | "values" | "refresh";

export interface LoaderHost {
  readonly calls: DataCalls;
  readonly say: Say;
  readonly values: () => Payload;
  readonly onCard: (card: HTMLElement) => void;
  readonly onGone: (card: HTMLElement) => void;
  readonly onSettled: (id: string) => void;
  readonly onExpired: () => void;
}

export class PanelLoader {
  private abort = new AbortController();
  /** Ends the wait for the next automatic try; null when there is no such wait. */
  private wake: (() => void) | null = null;

  constructor(readonly id: string, public card: HTMLElement, private readonly host: LoaderHost) {}

  stop(): void {
    this.abort.abort();
    endBusy(this.card);
  }

  /** Ask for the panel with the values as they are now; an older call is given up. Never rejects for a bad answer. */
  async run(manner: Manner): Promise<void> {
    this.stop();
    this.abort = new AbortController();
    const { signal } = this.abort;
    showBusy(this.card, this.host.say);
    try {
      await this.ask(manner, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Try a failed panel again without waiting any longer. */
  retryNow(): void {
    if (this.wake === null) void this.run("values");
    else this.wake();
  }

  /** Wait for the next automatic try of a card that came failed from the server. */
  async retryLater(): Promise<void> {
    this.abort = new AbortController();
    const { signal } = this.abort;
    const seconds = retryDelay(1, null);
    offerRetry(this.card, seconds, this.host.say);
    try {
      await this.sleep(seconds, signal);
      await this.ask("arrival", signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  private async ask(manner: Manner, signal: AbortSignal): Promise<void> {
    for (let failures = 1; ; failures++) {
      const failure = await this.fetchCard(manner, signal);
      this.host.onSettled(this.id);
      if (failure === null) return;
      if (failure.code === "token_expired") return this.expire();
      const again = worthRetrying(failure.code) ? retryDelay(failures, failure.retryAfter) : null;
      this.showFailed(failure, again, manner);
      if (again === null) return;
      await this.sleep(again, signal);
    }
  }

  /** Poll until the card is there; returns the failure instead when there is one. */
  private async fetchCard(manner: Manner, signal: AbortSignal): Promise<Failure | null> {
    for (let polls = 0; ; polls++) {
      const answer = await this.host.calls.card(this.id, this.host.values(), signal);
      if (answer.kind === "failed") return answer;
      if (answer.kind === "ready") return this.show(answer.value, manner);
      await pause(pollDelay(polls, answer.retryAfter), signal);
    }
  }

  private show(html: string, manner: Manner): Failure | null {
    const fresh = parseCard(html, this.id);
    if (fresh === null) return failure("unreadable");
    if (fresh.dataset["state"] === "failed" && this.keepsOld(manner)) return failure("panel_failed");
    swap(this.card, fresh);
    this.host.onGone(this.card);
    this.card = fresh;
    this.host.onCard(fresh);
    return fresh.dataset["state"] === "failed" ? failure("panel_failed") : null;
  }

  private showFailed(failed: Failure, again: number | null, manner: Manner): void {
    const { card } = this;
    endBusy(card);
    if (this.keepsOld(manner)) showStale(card, this.host.say);
    else if (failed.code === "panel_failed" && again !== null) offerRetry(card, again, this.host.say);
    else showFailure(card, failed, again, this.host.say);
  }

  /** A refresh that fails leaves the old numbers, which are still right for the values that are set. */
  private keepsOld(manner: Manner): boolean {
    return manner === "refresh" && this.card.dataset["state"] === "ready";
  }

  private expire(): void {
    endBusy(this.card);
    this.host.onExpired();
  }

  private async sleep(seconds: number, signal: AbortSignal): Promise<void> {
    const woken = new Promise<void>((resolve) => { this.wake = resolve; });
    try {
      await Promise.race([pause(seconds, signal), woken]);
    } finally {
      this.wake = null;
    }
    showBusy(this.card, this.host.say);
  }
}

function failure(code: string): Failure {
  return { kind: "failed", code, message: "", reference: "", retryAfter: null };
}

/** The end of a token, counted down by the monotonic clock from what the server said; the viewer's clock plays no part. */

import { nextLook, phaseOf, secondsLeft, type Lease, type Phase } from "./timing";

export interface ExpiryHost {
  readonly onExpiring: (secondsLeft: number) => void;
  readonly onExpired: () => void;
}

export class Expiry {
  private lease: Lease;
  private phase: Phase = "fresh";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(seconds: number, private readonly host: ExpiryHost, private readonly now: () => number = () => performance.now()) {
    this.lease = { seconds, from: now() };
    this.look();
  }

  get expired(): boolean {
    return this.phase === "expired";
  }

  /** Begin a new life with a fresh token. */
  renew(seconds: number): void {
    this.lease = { seconds, from: this.now() };
    this.phase = "fresh";
    this.look();
  }

  /** Stop counting; the page is gone. */
  stop(): void {
    clearTimeout(this.timer);
  }

  /** The server said that the token is over, whatever was counted here. */
  end(): void {
    this.lease = { seconds: 0, from: this.now() };
    this.look();
  }

  private look(): void {
    clearTimeout(this.timer);
    const left = secondsLeft(this.lease, this.now());
    this.enter(phaseOf(left), left);
    if (this.phase !== "expired") this.timer = setTimeout(() => this.look(), nextLook(left) * 1000);
  }

  private enter(phase: Phase, left: number): void {
    if (phase === this.phase) return;
    this.phase = phase;
    if (phase === "expiring") this.host.onExpiring(Math.round(left));
    if (phase === "expired") this.host.onExpired();
  }
}

/** What the variables' queries offer: what the page brought, what is asked for, and what a change makes anew. */

import { readChoices, type Choice, type Variable } from "./boot";
import type { DataCalls, Payload } from "./data";
import { pause, pollDelay } from "./timing";
import { stillOffered, type Values } from "./values";

export type Offer =
  | { readonly kind: "ready"; readonly choices: readonly Choice[]; readonly truncated: boolean }
  | { readonly kind: "asked" }
  | { readonly kind: "failed" };

const ASKED: Offer = { kind: "asked" };

export interface OffersHost {
  readonly calls: DataCalls;
  readonly values: Values;
  readonly payload: () => Payload;
  /** The choices of a variable came, or could not be had. */
  readonly onOffer: (name: string) => void;
  /** A chosen value is not offered any more and was taken back. */
  readonly onCleared: (variable: Variable) => void;
  readonly onExpired: () => void;
}

export class Offers {
  private readonly known = new Map<string, Offer>();
  private readonly asking = new Map<string, AbortController>();

  constructor(private readonly host: OffersHost) {
    this.rebase();
  }

  /** Take the choices that came with the variables, and ask for short lists that did not. */
  rebase(): void {
    for (const variable of this.host.values.open) {
      if (variable.choices !== null) this.known.set(variable.name, { kind: "ready", choices: variable.choices, truncated: variable.truncated });
      else if (!variable.long) void this.ask(variable);
      else this.forget(variable.name);
    }
  }

  /** Return what a variable offers; whoever wants it and does not have it asks for it. */
  of(variable: Variable): Offer {
    const known = this.known.get(variable.name);
    if (known !== undefined && known.kind !== "failed") return known;
    void this.ask(variable);
    return known ?? ASKED;
  }

  /** Return the labels that are known of a variable's values. */
  labels(variable: Variable): readonly Choice[] {
    const known = this.known.get(variable.name);
    return known?.kind === "ready" ? known.choices : variable.labels;
  }

  /** Ask anew for everything that these variables decide about. */
  follow(names: readonly string[]): void {
    for (const variable of this.host.values.open) {
      if (!variable.depends.some((name) => names.includes(name))) continue;
      this.forget(variable.name);
      if (this.host.values.current(variable.name) !== null || !variable.long) void this.ask(variable);
    }
  }

  stop(): void {
    for (const name of [...this.asking.keys()]) this.forget(name);
  }

  private forget(name: string): void {
    this.known.delete(name);
    this.asking.get(name)?.abort();
    this.asking.delete(name);
  }

  private async ask(variable: Variable): Promise<void> {
    if (this.asking.has(variable.name)) return;
    const abort = new AbortController();
    this.asking.set(variable.name, abort);
    // What was there stays until the new list comes.
    if (this.known.get(variable.name)?.kind !== "ready") this.known.set(variable.name, ASKED);
    try {
      const offer = await this.fetched(variable.name, abort.signal);
      this.asking.delete(variable.name);
      this.take(variable, offer);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
  }

  /** Poll until the choices are there. */
  private async fetched(name: string, signal: AbortSignal): Promise<Offer> {
    for (let polls = 0; ; polls++) {
      const answer = await this.host.calls.choices(name, this.host.payload(), signal);
      if (answer.kind === "ready") return { kind: "ready", choices: readChoices(answer.value["choices"]) ?? [], truncated: answer.value["truncated"] === true };
      if (answer.kind === "failed" && answer.code === "token_expired") this.host.onExpired();
      if (answer.kind === "failed") return { kind: "failed" };
      await pause(pollDelay(polls, answer.retryAfter), signal);
    }
  }

  private take(variable: Variable, offer: Offer): void {
    this.known.set(variable.name, offer);
    if (offer.kind === "ready" && !offer.truncated) this.clear(variable, offer.choices);
    this.host.onOffer(variable.name);
  }

  private clear(variable: Variable, choices: readonly Choice[]): void {
    const value = this.host.values.current(variable.name);
    const kept = stillOffered(variable, value, choices);
    if (this.host.values.set(variable.name, kept)) this.host.onCleared(variable);
  }
}

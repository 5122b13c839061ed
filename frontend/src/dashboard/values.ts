/** The variables of the page and what the viewer made of them; pure but for its own memory. */

import type { Variable } from "./boot";
import { rangeText, readRange, type Say } from "./ranges";

const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string",
  choice: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && Number.isFinite(value),
  date_range: (value) => readRange(value) !== null,
};

/** Compare two values of variables by what they say. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Say whether a value could be one of this variable; the server decides again. Null unsets it. */
export function fits(variable: Variable, value: unknown): boolean {
  return value === null || (KINDS[variable.type]?.(value) ?? false);
}

export type Refused = "unknown_variable" | "variable_locked" | "variable_invalid";

export class Values {
  private known = new Map<string, Variable>();
  private readonly changed = new Map<string, unknown>();

  constructor(variables: readonly Variable[], private readonly mayChange: boolean) {
    this.rebase(variables);
    for (const variable of this.open) this.keep(variable, variable.value);
  }

  /** Take the variables of a fresh token; what the viewer changed stays where it still may. */
  rebase(variables: readonly Variable[]): void {
    this.known = new Map(variables.map((variable) => [variable.name, variable]));
    for (const [name, value] of [...this.changed]) {
      this.changed.delete(name);
      this.set(name, value);
    }
  }

  /** Every variable that the viewer may see, in the author's order. */
  get all(): readonly Variable[] {
    return [...this.known.values()];
  }

  /** The variables that the viewer may change, in the author's order. */
  get open(): readonly Variable[] {
    return this.all.filter((variable) => this.mayOpen(variable));
  }

  /** Say why a value is not taken; null when it may be set. */
  refusal(name: string, value: unknown): Refused | null {
    const variable = this.known.get(name);
    if (variable === undefined) return "unknown_variable";
    if (!this.mayOpen(variable)) return "variable_locked";
    return fits(variable, value) ? null : "variable_invalid";
  }

  /** Take a value and say whether it is another one than before. A refused one changes nothing. */
  set(name: string, value: unknown): boolean {
    const variable = this.known.get(name);
    if (variable === undefined || this.refusal(name, value) !== null) return false;
    const before = this.current(name);
    this.keep(variable, value);
    return !same(before, value);
  }

  current(name: string): unknown {
    return this.changed.has(name) ? this.changed.get(name) : (this.known.get(name)?.initial ?? null);
  }

  isChanged(name: string): boolean {
    return this.changed.has(name);
  }

  get anyChanged(): boolean {
    return this.changed.size > 0;
  }

  /** Go back to the token's and the author's values; returns the names that changed. */
  reset(): readonly string[] {
    const names = [...this.changed.keys()];
    this.changed.clear();
    return names;
  }

  /** What a data call carries: only what the viewer changed, so that a fresh token's own values come through. */
  payload(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.changed);
  }

  private mayOpen(variable: Variable): boolean {
    return this.mayChange && variable.mode === "open";
  }

  private keep(variable: Variable, value: unknown): void {
    if (same(value, variable.initial)) this.changed.delete(variable.name);
    else this.changed.set(variable.name, value);
  }
}

/** Write a value as its control shows it. */
export function valueText(variable: Variable, value: unknown, locale: string, say: Say): string {
  if (value === null) return say("all");
  const chosen = variable.choices.find((choice) => same(choice.value, value));
  if (chosen !== undefined) return chosen.label;
  const range = variable.type === "date_range" ? readRange(value) : null;
  if (range !== null) return rangeText(range, locale, say);
  return typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : String(value);
}

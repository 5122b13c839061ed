/** The variables of the page and what the viewer made of them; pure but for its own memory. */

import type { Choice, Variable } from "./boot";
import { dayText, isDayValue, rangeText, readRange, type Say } from "./ranges";

const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string",
  choice: (value) => typeof value === "string",
  multi_choice: isTexts,
  boolean: (value) => typeof value === "boolean",
  date: isDayValue,
  number: (value) => typeof value === "number" && Number.isFinite(value),
  date_range: (value) => readRange(value) !== null,
};

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Compare two values of variables by what they say. */
export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Say whether a value could be one of this variable; the server decides again. Null unsets it. */
export function fits(variable: Variable, value: unknown): boolean {
  return value === null ? !variable.required : (KINDS[variable.type]?.(value) ?? false);
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

/** Say what stays of a value when these choices are offered: all of it, some of a list, or nothing. */
export function stillOffered(variable: Variable, value: unknown, choices: readonly Choice[]): unknown {
  const offered = new Set(choices.map((choice) => choice.value));
  if (value === null || (typeof value === "string" && offered.has(value))) return value;
  const kept = isTexts(value) ? value.filter((item) => offered.has(item)) : [];
  if (kept.length > 0) return kept;
  // What is required cannot be unset: it becomes the first that is offered.
  const first = choices[0]?.value;
  if (!variable.required || typeof first !== "string") return variable.required ? value : null;
  return variable.type === "multi_choice" ? [first] : first;
}

/** So many choices are named on a control; the others are counted. */
const NAMED = 2;

/** Write a value as its control shows it; `labels` are the choices that are known. */
export function valueText(variable: Variable, value: unknown, locale: string, say: Say, labels: readonly Choice[] = variable.choices ?? []): string {
  if (value === null) return say("all");
  const label = (item: unknown): string => labels.find((choice) => choice.value === item)?.label ?? String(item);
  if (isTexts(value)) return listText(value.map(label), say);
  if (variable.type === "choice") return label(value);
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  if (variable.type === "date" && typeof value === "string") return dayText(value, locale, say);
  const range = variable.type === "date_range" ? readRange(value) : null;
  if (range !== null) return rangeText(range, locale, say);
  return typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : String(value);
}

function listText(labels: readonly string[], say: Say): string {
  if (labels.length === 0) return say("none");
  const rest = labels.length - NAMED;
  return labels.slice(0, NAMED).join(", ") + (rest > 0 ? ` +${rest}` : "");
}

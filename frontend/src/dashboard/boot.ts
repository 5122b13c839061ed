/** What the server tells the page's script, read strictly once. */

import { isRecord } from "../embed/protocol";

export type Mode = "open" | "locked";

export interface Choice {
  readonly value: unknown;
  readonly label: string;
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly mode: Mode;
  /** The value now, and the one that "Reset" goes back to (the token's, else the author's). */
  readonly value: unknown;
  readonly initial: unknown;
  /** It is never unset. */
  readonly required: boolean;
  /** What may be chosen; null when the server has to be asked. */
  readonly choices: readonly Choice[] | null;
  /** There is more than a result holds. */
  readonly truncated: boolean;
  /** A list so long that it is only asked for when it is opened. */
  readonly long: boolean;
  /** Labels of what is chosen now, where the choices are not there. */
  readonly labels: readonly Choice[];
  /** The variables that decide what may be chosen. */
  readonly depends: readonly string[];
}

export interface Boot {
  readonly dataUrl: string;
  readonly environment: string | null;
  /** Which dashboard, where a token does not name exactly one. */
  readonly dashboard: string | null;
  /** Ids, in reading order. */
  readonly panels: readonly string[];
  readonly variables: readonly Variable[];
  readonly locale: string;
  readonly timeZone: string;
  readonly secondsLeft: number;
  readonly refreshMinutes: number | null;
  readonly origins: readonly string[];
  /** An opaque mark of organization, dashboard and customer: a fresh token with another one needs another page. */
  readonly subject: string;
  readonly mayChange: boolean;
  readonly mayExport: boolean;
  readonly ignored: readonly string[];
}

/** Read the boot object. Throws a TypeError that names the field when something is missing or of another type. */
export function readBoot(data: unknown): Boot {
  const boot = record(data, "boot");
  return {
    dataUrl: text(boot, "data_url"),
    environment: boot["environment"] === null ? null : text(boot, "environment"),
    dashboard: typeof boot["dashboard"] === "string" ? boot["dashboard"] : null,
    panels: list(boot, "panels").map((panel) => text(record(panel, "panels"), "id")),
    variables: readVariables(boot["variables"]),
    locale: text(boot, "locale"),
    timeZone: text(boot, "time_zone"),
    secondsLeft: number(boot, "seconds_left"),
    refreshMinutes: boot["refresh_minutes"] === null ? null : number(boot, "refresh_minutes"),
    origins: list(boot, "origins").filter(isText),
    subject: text(boot, "subject"),
    mayChange: boot["viewer_may_change"] === true,
    mayExport: boot["may_export"] === true,
    ignored: list(boot, "ignored").filter(isText),
  };
}

/** Read `[{value, label}]`; a choice without a label shows its value. Null is no list. */
export function readChoices(data: unknown): readonly Choice[] | null {
  if (!Array.isArray(data)) return null;
  return (data as readonly unknown[]).filter(isRecord).map((item) => ({
    value: item["value"] ?? null,
    label: typeof item["label"] === "string" ? item["label"] : String(item["value"]),
  }));
}

/** Read the variables that the viewer may see. Throws a TypeError that names the field. */
export function readVariables(data: unknown): readonly Variable[] {
  return list({ variables: data }, "variables").map(readVariable);
}

function readVariable(data: unknown): Variable {
  const variable = record(data, "variables");
  return {
    name: text(variable, "name"),
    label: text(variable, "label"),
    type: text(variable, "type"),
    mode: variable["mode"] === "open" ? "open" : "locked",
    value: variable["value"] ?? null,
    initial: variable["initial"] ?? null,
    required: variable["required"] === true,
    choices: readChoices(variable["choices"]),
    truncated: variable["truncated"] === true,
    long: variable["long"] === true,
    labels: readChoices(variable["labels"]) ?? [],
    depends: list({ depends: variable["depends"] ?? [] }, "depends").filter(isText),
  };
}

type Fields = Record<string, unknown>;

function record(data: unknown, name: string): Fields {
  if (!isRecord(data)) throw new TypeError(`${name} is not an object`);
  return data;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new TypeError(`${name} is not a text`);
  return value;
}

function number(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number") throw new TypeError(`${name} is not a number`);
  return value;
}

function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new TypeError(`${name} is not a list`);
  return value;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Date ranges: the relative ones by name, the others as `{start, end}` of ISO days, both days included. */

import { isRecord } from "../embed/protocol";
import { dateLocale, tidyDate } from "../locale";

export interface DayRange {
  readonly start: string;
  readonly end: string;
}

export type RangeValue = string | DayRange;

/** The relative ranges that the popover offers, in its order. */
export const RELATIVE = [
  "last_7_days",
  "last_30_days",
  "last_90_days",
  "last_12_months",
  "this_month",
  "last_month",
  "this_quarter",
  "this_year",
  "last_year",
] as const;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const NAMED = /^(?:today|yesterday|last_[1-9]\d{0,2}_(?:days|weeks|months|years)|(?:this|last)_(?:week|month|quarter|year))$/;
/** The relative days that the popover offers; `n_days_ago` is known besides. */
export const RELATIVE_DAYS = ["today", "yesterday"] as const;
const NAMED_DAY = /^(?:today|yesterday|[1-9]\d{0,3}_days_ago)$/;

/** Say whether a text is a real day of the calendar, written YYYY-MM-DD. */
export function isDay(value: unknown): value is string {
  if (typeof value !== "string" || !DAY.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

/** Say whether a value is a day of the calendar or a word for one. */
export function isDayValue(value: unknown): value is string {
  return isDay(value) || (typeof value === "string" && NAMED_DAY.test(value));
}

/** Write a day as the viewer reads it: "Yesterday", "14 Nov 2026". */
export function dayText(value: string, locale: string, say: Say): string {
  if (isDay(value)) return daysText({ start: value, end: value }, locale);
  const ago = /^(\d+)_days_ago$/.exec(value);
  return ago === null ? say(value) : say("n_days_ago", Number(ago[1]));
}

/** Read a range value; null for anything else, also for a start after its end. */
export function readRange(value: unknown): RangeValue | null {
  if (typeof value === "string") return NAMED.test(value) ? value : null;
  if (!isRecord(value) || !isDay(value["start"]) || !isDay(value["end"])) return null;
  return value["start"] <= value["end"] ? { start: value["start"], end: value["end"] } : null;
}

export type Say = (word: string, count?: number) => string;

/** Write a range as the viewer reads it: "Last 12 months", "1 – 14 Nov 2026". */
export function rangeText(range: RangeValue, locale: string, say: Say): string {
  if (typeof range !== "string") return daysText(range, locale);
  const counted = /^last_(\d+)_(\w+)$/.exec(range);
  return counted === null ? say(range) : say(`last_n_${counted[2] ?? ""}`, Number(counted[1]));
}

function daysText(range: DayRange, locale: string): string {
  const days = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" } as const;
  const format = new Intl.DateTimeFormat(dateLocale(locale), days);
  return tidyDate(format.formatRange(new Date(`${range.start}T00:00:00Z`), new Date(`${range.end}T00:00:00Z`)));
}

// The time axis: which step the data has, which labels fit, and how to say one moment in full.
import { dateLocale, tidyDate } from "../locale";
import type { Cell, Column } from "./spec";

export type Step = "year" | "quarter" | "month" | "week" | "day" | "moment";
export interface TimeAxis { step: Step; zone: string; moments: number[] }

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;
const DAY = 86_400_000;

/** Return the moment of an ISO date or time in ms, and whether it names its zone. */
export function parse(value: Cell): { at: number; zoned: boolean } | null {
  const m = typeof value === "string" ? ISO.exec(value) : null;
  if (!m) return null;
  const [, y, mo, d, h = "0", mi = "0", s = "0", zone] = m;
  const at = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
  return { at: at - offset(zone), zoned: zone !== undefined };
}

function offset(zone: string | undefined): number {
  if (!zone || zone === "Z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -1 : 1) * minutes * 60_000;
}

/** Return the time axis of a column, or null when it does not hold dates. */
export function timeAxis(column: Column, viewerZone: string): TimeAxis | null {
  if (column.type !== "date" && column.type !== "datetime") return null;
  const parsed = column.values.map(parse);
  if (parsed.length === 0 || parsed.some((p) => p === null)) return null;
  const moments = parsed.map((p) => (p ? p.at : 0));
  // Truncated timestamps come as midnight UTC: they are calendar dates, whatever the viewer's zone.
  const calendar = moments.every((at) => at % DAY === 0);
  const zoned = parsed.some((p) => p?.zoned);
  return { step: calendar ? calendarStep(moments) : "moment", zone: calendar || !zoned ? "UTC" : viewerZone, moments };
}

function calendarStep(moments: number[]): Step {
  const dates = moments.map((at) => new Date(at));
  if (moments.length < 2) return dates.every((d) => d.getUTCDate() === 1) ? "month" : "day";
  if (dates.every((d) => d.getUTCDate() === 1)) return monthStep(dates);
  const days = moments.map((at) => at / DAY);
  return days.every((d) => (d - (days[0] ?? 0)) % 7 === 0) ? "week" : "day";
}

function monthStep(dates: Date[]): Step {
  const months = dates.map((d) => d.getUTCMonth());
  if (months.every((m) => m === 0)) return "year";
  return months.every((m) => m % 3 === 0) ? "quarter" : "month";
}

/** Return the moment one step later. */
export function next(at: number, step: Step): number {
  const d = new Date(at);
  const months = { year: 12, quarter: 3, month: 1 }[step as "year" | "quarter" | "month"] as number | undefined;
  if (months) return Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + months, 1);
  return at + (step === "week" ? 7 : 1) * DAY;
}

/** Return all moments from first to last, those without data included; none are added between single moments. */
export function filled(axis: TimeAxis, limit = 1000): number[] {
  const sorted = [...new Set(axis.moments)].sort((a, b) => a - b);
  const [first, last] = [sorted[0], sorted[sorted.length - 1]];
  if (axis.step === "moment" || first === undefined || last === undefined) return sorted;
  const all: number[] = [];
  for (let at = first; at <= last; at = next(at, axis.step)) {
    all.push(at);
    if (all.length > limit) return sorted;
  }
  return all;
}

const cache = new Map<string, Intl.DateTimeFormat>();
function intl(locale: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + zone + JSON.stringify(options);
  let made = cache.get(key);
  if (!made) cache.set(key, (made = new Intl.DateTimeFormat(dateLocale(locale), { ...options, timeZone: knownZone(zone) })));
  return made;
}

function knownZone(zone: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone;
  } catch {
    return "UTC";
  }
}

const QUARTER: Record<string, string> = { fr: "T", es: "T", it: "T", pt: "T" };
const quarter = (at: number, locale: string): string =>
  (QUARTER[locale.slice(0, 2).toLowerCase()] ?? "Q") + String(Math.floor(new Date(at).getUTCMonth() / 3) + 1);

/** Return the label under the axis. */
export function short(at: number, axis: TimeAxis, locale: string): string {
  const say = (options: Intl.DateTimeFormatOptions): string => tidyDate(intl(locale, axis.zone, options).format(at));
  if (axis.step === "year") return say({ year: "numeric" });
  if (axis.step === "quarter") return quarter(at, locale);
  if (axis.step === "month") return say({ month: "short" });
  if (axis.step !== "moment") return say({ day: "numeric", month: "short" });
  const oneDay = (axis.moments[axis.moments.length - 1] ?? 0) - (axis.moments[0] ?? 0) <= DAY;
  return say(oneDay ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" });
}

/** Return the heading of a tooltip: the period in full. */
export const long = (at: number, axis: TimeAxis, locale: string): string => tidyDate(inFull(at, axis, locale));

function inFull(at: number, axis: TimeAxis, locale: string): string {
  const day = { day: "numeric", month: "short", year: "numeric" } as const;
  if (axis.step === "year") return intl(locale, axis.zone, { year: "numeric" }).format(at);
  if (axis.step === "quarter") return `${quarter(at, locale)} ${new Date(at).getUTCFullYear()}`;
  if (axis.step === "month") return intl(locale, axis.zone, { month: "long", year: "numeric" }).format(at);
  if (axis.step === "week") return intl(locale, axis.zone, day).formatRange(at, at + 6 * DAY);
  if (axis.step === "day") return intl(locale, axis.zone, { weekday: "short", ...day }).format(at);
  return intl(locale, axis.zone, { ...day, hour: "2-digit", minute: "2-digit" }).format(at);
}

/** Return a day without its year, in the viewer's zone: 20 Nov. */
export const dayOf = (iso: string, zone: string, locale: string): string | null => {
  const at = parse(iso)?.at;
  return at === undefined ? null : tidyDate(intl(locale, zone, { day: "numeric", month: "short" }).format(at));
};

/** Return what a clock in `zone` shows at a moment, written as a moment of UTC. */
function wall(at: number, zone: string): number {
  if (zone === "UTC") return at;
  const all = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const;
  const shown = intl("en", zone, { ...all, hourCycle: "h23" }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(shown.find((p) => p.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/** Buckets on midnight end with their calendar step, others after the shortest distance; a single one has no end. */
function endOf(starts: number[]): number {
  const last = starts[starts.length - 1] ?? 0;
  if (starts.every((at) => at % DAY === 0)) return next(last, calendarStep(starts));
  const shortest = starts.slice(1).reduce((least, at, i) => Math.min(least, at - (starts[i] ?? 0)), Infinity);
  return Number.isFinite(shortest) ? last + shortest : last;
}

/** Return the last moment when its period is not over at `asOf` (ISO) on the clocks of `zone`, else null. */
export function openMoment(axis: TimeAxis, asOf: string | undefined, zone: string): number | null {
  const now = parse(asOf ?? null)?.at;
  if (now === undefined || axis.moments.length === 0) return null;
  const sorted = [...new Set(axis.moments)].sort((a, b) => a - b);
  const starts = sorted.map((at) => wall(at, axis.zone));
  const clock = wall(now, zone);
  const isOpen = (starts[starts.length - 1] ?? 0) <= clock && clock < endOf(starts);
  return isOpen ? sorted[sorted.length - 1] ?? null : null;
}

const EVERY: Record<Step, number[]> = {
  year: [1, 2, 5, 10, 20], quarter: [1, 2, 4, 8, 16], month: [1, 3, 6, 12, 24, 60],
  week: [1, 2, 4, 8, 13, 26, 52, 104], day: [1, 2, 7, 14, 28, 56, 91, 182, 365], moment: [1, 2, 3, 6, 12, 24, 48, 96, 192, 384],
};

/** Return every how many labels one is shown, so that `room` px hold labels of `width` px. */
export function every(count: number, width: number, room: number, step: Step): number {
  const most = Math.max(2, Math.floor(room / (width + 14)));
  const least = Math.ceil(count / most);
  return EVERY[step].find((n) => n >= least) ?? least;
}

const monthIndex = (at: number): number => new Date(at).getUTCFullYear() * 12 + new Date(at).getUTCMonth();

function isShown(at: number, index: number, axis: TimeAxis, nth: number): boolean {
  if (axis.step === "month") return monthIndex(at) % nth === 0;
  if (axis.step === "quarter") return (monthIndex(at) / 3) % nth === 0;
  if (axis.step === "year") return new Date(at).getUTCFullYear() % nth === 0;
  return index % nth === 0;
}

/** Return one label per moment ("" when it is left out), the year under the first one and under each new year. */
export function labels(moments: number[], axis: TimeAxis, locale: string, room: number): string[] {
  const plain = moments.map((at) => short(at, axis, locale));
  const widest = plain.reduce((most, s) => Math.max(most, s.length * 6.4), 27);
  const nth = every(moments.length, widest, room, axis.step);
  const year = (at: number): string => intl(locale, axis.zone, { year: "numeric" }).format(at);
  const spans = new Set(moments.map(year)).size > 1;
  const tellYear = axis.step === "month" || axis.step === "quarter" || ((axis.step === "week" || axis.step === "day") && spans);
  let told = "";
  return moments.map((at, i) => {
    if (nth > 1 && !isShown(at, i, axis, nth)) return "";
    const text = plain[i] ?? "";
    if (!tellYear || year(at) === told) return text;
    told = year(at);
    return `${text}\n${told}`;
  });
}

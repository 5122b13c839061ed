// Numbers by the viewer's locale. dashboards/charts/formats.py does the same for HTML; a test compares the two.
import { safeLocale } from "../locale";
import type { NumberFormat } from "./spec";

const MINUS = "\u2212";
const cache = new Map<string, Intl.NumberFormat>();

function intl(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  let made = cache.get(key);
  if (!made) cache.set(key, (made = new Intl.NumberFormat(safeLocale(locale), { useGrouping: "always", ...options })));
  return made;
}

/** Plain "en" and British English write k for a thousand; CLDR's K is American. */
const british = (locale: string): boolean => /^en([-_]GB)?$/i.test(locale);

function tidy(text: string, locale: string): string {
  const signed = text.replace(/-/g, MINUS);
  return british(locale) ? signed.replace(/(\d)K/, "$1k") : signed;
}

function styled(format: NumberFormat): Intl.NumberFormatOptions {
  if (format.style === "currency") return { style: "currency", currency: format.currency ?? "EUR" };
  return format.style === "percent" ? { style: "percent" } : {};
}

/** Return how many decimals a whole column takes, so that its numbers line up. */
export function decimalsFor(values: readonly (number | null)[], format: NumberFormat): number {
  if (format.decimals !== undefined) return format.decimals;
  if (format.style === "percent") return 1;
  const present = values.filter((v): v is number => v !== null);
  const large = present.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  if (present.every(Number.isInteger) || (format.style === "currency" && large >= 10_000)) return 0;
  return format.style === "currency" || large < 100 ? 2 : 1;
}

/** Return `n` in full, with `decimals` digits after the point. */
export function exact(n: number, locale: string, format: NumberFormat, decimals: number): string {
  const unsigned = Number(Math.abs(n).toFixed(format.style === "percent" ? decimals + 2 : decimals)) === 0 ? 0 : n;
  const options = { ...styled(format), minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return tidy(intl(locale, options).format(unsigned), locale);
}

/** Return `n` in three digits, for bars, labels and cards: €5.48M, €541k, 12.5. */
export function compact(n: number, locale: string, format: NumberFormat): string {
  if (format.compact === false || format.style === "percent") return exact(n, locale, format, decimalsFor([n], format));
  const size = Math.abs(n);
  if (size < 999.5) return small(n, locale, format);
  const digits = { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };
  return tidy(intl(locale, { ...styled(format), notation: "compact", ...digits }).format(n), locale);
}

function small(n: number, locale: string, format: NumberFormat): string {
  if (Number.isInteger(n)) return exact(n, locale, format, 0);
  if (format.style === "currency") return exact(n, locale, format, Math.abs(n) < 100 ? 2 : 0);
  return tidy(intl(locale, { maximumSignificantDigits: 3 }).format(n), locale);
}

/** Return a share of the whole without decimals: 38%. */
export const share = (part: number, locale: string): string => exact(part, locale, { style: "percent" }, 0);

/** Return a change with its sign and one decimal: +19.3%. */
export function change(fraction: number, locale: string): string {
  const options: Intl.NumberFormatOptions = {
    style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero",
  };
  return tidy(intl(locale, options).format(Math.abs(fraction) < 0.0005 ? 0 : fraction), locale);
}

/** Return the labels of a value axis: short, the unit on the top one only. */
export function axisLabel(n: number, step: number, top: boolean, locale: string, format: NumberFormat): string {
  const percent = format.style === "percent";
  const scale = percent ? 100 : 1;
  const decimals = Math.max(0, Math.min(6, -Math.floor(Math.log10(step * scale) + 1e-9)));
  const style = top ? styled(format) : {};
  const value = top ? n : n * scale;
  const options: Intl.NumberFormatOptions =
    step * scale >= 1000
      ? { ...style, notation: "compact", maximumSignificantDigits: 3 }
      : { ...style, minimumFractionDigits: 0, maximumFractionDigits: fractions(n, scale, decimals) };
  return tidy(intl(locale, options).format(Math.abs(value) < step * 1e-9 ? 0 : value), locale);
}

const fractions = (n: number, scale: number, decimals: number): number =>
  Number.isInteger(Math.round(n * scale * 1e9) / 1e9) ? 0 : decimals + 1;

/** The page's own "as of": its oldest numbers' time, as the server writes it on arrival. */

import { dateLocale, tidyDate } from "../locale";

/** Say when the oldest numbers of the page were read, once all cards are there. */
export function showAsOf(root: HTMLElement, locale: string, timeZone: string): void {
  const shown = root.querySelector<HTMLTimeElement>("#eh-asof");
  const times = [...root.querySelectorAll<HTMLTimeElement>(".card-foot time[datetime]")].map(({ dateTime }) => dateTime);
  const oldest = oldestOf(times);
  if (shown === null || oldest === null || oldest === shown.dateTime) return;
  shown.dateTime = oldest;
  shown.textContent = momentText(oldest, locale, timeZone);
  // A page that arrived without any number has the words ready, but hidden.
  shown.closest("span")?.removeAttribute("hidden");
}

/** Find the earliest of some ISO moments; null when none can be read. */
export function oldestOf(times: readonly string[]): string | null {
  const readable = times.filter((text) => !Number.isNaN(Date.parse(text)));
  return readable.reduce<string | null>((oldest, text) => (oldest === null || Date.parse(text) < Date.parse(oldest) ? text : oldest), null);
}

/** Write a moment as "20 Nov 2026, 14:32" in the viewer's locale and time zone. */
export function momentText(iso: string, locale: string, timeZone: string): string {
  const write = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(dateLocale(locale), { ...options, timeZone }).format(new Date(iso));
  return `${tidyDate(write({ dateStyle: "medium" }))}, ${write({ timeStyle: "short" })}`;
}

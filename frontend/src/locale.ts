/** How a viewer's locale is read for Intl; dashboards/charts/formats.py reads it the same way. */

/** Return a locale that Intl takes: "pt_BR" is pt-BR, nonsense is English. */
export function safeLocale(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale.replace(/_/g, "-"))[0] ?? "en";
  } catch {
    return "en";
  }
}

/** Plain "en" writes 20 Nov 2026, 14:32, as the rest of the world reads it; en-US keeps its own order. */
export const dateLocale = (locale: string): string => (/^en$/i.test(locale) ? "en-GB" : safeLocale(locale));

/** British CLDR alone writes Sept for the ninth month. */
export const tidyDate = (text: string): string => text.replace(/\bSept\b/g, "Sep");

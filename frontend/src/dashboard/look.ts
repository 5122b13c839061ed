/**
 * How a page looks by the wish of the page around it: Metabase's options behind the `#`, Superset's theme.
 *
 * A wish becomes attributes of `<html>` that the style sheet knows, or a value set through the CSSOM. Nothing of it is
 * ever parsed as HTML, and as CSS only after it matched a pattern.
 */

export type Ground = "light" | "dark" | "transparent" | null;

export interface Look {
  readonly bordered: boolean;
  readonly titled: boolean;
  readonly theme: Ground;
  readonly font: string | null;
  readonly refreshSeconds: number | null;
  readonly downloads: boolean;
  /** Names of variables that the page does not show. */
  readonly hidden: readonly string[];
}

const THEMES: Readonly<Record<string, Ground>> = { night: "dark", dark: "dark", light: "light", transparent: "transparent" };
const FONT = /^[\p{L}\d][\p{L}\d \-]{0,63}$/u;

/** Read `#bordered=true&titled=false&theme=night...`; what is not understood changes nothing. */
export function readLook(hash: string): Look {
  const options = new URLSearchParams(hash.replace(/^#/, ""));
  const flag = (name: string, usual: boolean): boolean => (options.get(name) ?? String(usual)).toLowerCase() === "true";
  const theme = options.get("theme") ?? "";
  const font = options.get("font")?.trim() ?? "";
  const refresh = options.get("refresh") ?? "";
  return {
    bordered: flag("bordered", false),
    titled: flag("titled", true),
    theme: Object.hasOwn(THEMES, theme) ? THEMES[theme] ?? null : null,
    font: FONT.test(font) ? font : null,
    refreshSeconds: /^\d{1,6}$/.test(refresh) && Number(refresh) > 0 ? Number(refresh) : null,
    downloads: flag("downloads", true) && !["", "true"].includes(options.get("hide_download_button")?.toLowerCase() ?? "false"),
    hidden: (options.get("hide_parameters") ?? "").split(",").map((name) => name.trim()).filter((name) => name !== ""),
  };
}

/** Put a look on the page; before its body is there, so that nothing is seen to change. */
export function applyLook(html: HTMLElement, look: Look): void {
  html.toggleAttribute("data-bordered", look.bordered);
  html.toggleAttribute("data-untitled", !look.titled);
  setTheme(html, look.theme);
  if (look.font !== null) html.style.setProperty("--eh-sans", `"${look.font}", sans-serif`);
}

/** Set light, dark or a clear ground; null follows the viewer's system. */
export function setTheme(html: HTMLElement, theme: Ground): void {
  html.toggleAttribute("data-clear", theme === "transparent");
  if (theme === null) html.removeAttribute("data-theme");
  else html.setAttribute("data-theme", theme === "transparent" ? "light" : theme);
}

/** Take variables out of the bar; their values count all the same. */
export function hideVariables(names: readonly string[]): void {
  for (const chip of document.querySelectorAll<HTMLElement>("[data-variable]")) {
    if (names.includes(chip.dataset["variable"] ?? "")) chip.hidden = true;
  }
}

/** Superset's theme (antd's design tokens) as the page's own custom properties; pure but for `applyTheme`. */

import { isRecord } from "../embed/protocol";

const COLOUR = /^(?:#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})|(?:rgb|hsl)a?\([\d.,%/\s]{5,40}(?:deg[\d.,%/\s]{3,30})?\))$/i;
const FAMILY = /^[\p{L}\d \-,'"]{1,200}$/u;

const COLOURS: Readonly<Record<string, readonly string[]>> = {
  colorPrimary: ["--eh-accent", "--eh-accent-hover", "--eh-c1"],
  colorBgBase: ["--eh-page", "--eh-card"],
  colorBgLayout: ["--eh-page"],
  colorBgContainer: ["--eh-card"],
  colorTextBase: ["--eh-ink"],
  colorText: ["--eh-ink"],
  colorTextSecondary: ["--eh-ink-2"],
  colorBorder: ["--eh-line"],
};

type Properties = ReadonlyMap<string, string>;

export interface Theme {
  readonly light: Properties;
  /** What differs in the dark. */
  readonly dark: Properties;
}

export const NO_THEME: Theme = { light: new Map(), dark: new Map() };

/** Read `{token}` or `{theme_default: {token}, theme_dark: {token}}`; what is unknown or no colour is left alone. */
export function readTheme(config: unknown): Theme {
  if (!isRecord(config)) return NO_THEME;
  return { light: properties(isRecord(config["theme_default"]) ? config["theme_default"] : config), dark: properties(config["theme_dark"]) };
}

function properties(theme: unknown): Properties {
  const token = isRecord(theme) && isRecord(theme["token"]) ? theme["token"] : {};
  const found = new Map<string, string>();
  for (const [key, names] of Object.entries(COLOURS)) {
    const value = token[key];
    if (typeof value === "string" && COLOUR.test(value)) for (const name of names) found.set(name, value);
  }
  const { fontFamily: family, borderRadius: radius } = token;
  if (typeof family === "string" && FAMILY.test(family)) found.set("--eh-sans", family);
  if (typeof radius === "number" && radius >= 0 && radius <= 32) for (const size of ["s", "m", "l"]) found.set(`--eh-r-${size}`, `${radius}px`);
  return found;
}

/** Put a theme in the place of an earlier one. */
export function applyTheme(html: HTMLElement, before: Theme, now: Theme, dark: boolean): void {
  for (const name of [...before.light.keys(), ...before.dark.keys()]) html.style.removeProperty(name);
  for (const [name, value] of [...now.light, ...(dark ? now.dark : [])]) html.style.setProperty(name, value);
}

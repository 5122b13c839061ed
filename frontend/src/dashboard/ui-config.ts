/** What Superset's embedding package writes into a frame's address, read as pure functions. */

import { isRecord } from "../embed/protocol";
import type { Ground } from "./look";

const HIDE_TITLE = 1;
const HIDE_CONTROLS = 8;
const EMIT_DATA_MASKS = 16;

export interface UiConfig {
  readonly hideTitle: boolean;
  readonly hideControls: boolean;
  readonly emitDataMasks: boolean;
  readonly showFilters: boolean;
  readonly expandFilters: boolean;
  readonly theme: Ground;
  readonly locale: string | null;
  readonly permalink: Permalink;
}

/** A dashboard as somebody saw it: the values that were chosen, and the panel to look at. */
export interface Permalink {
  readonly values: Readonly<Record<string, unknown>>;
  readonly anchor: string;
}

const NOTHING: Permalink = { values: {}, anchor: "" };
const MODES: Readonly<Record<string, Ground>> = { default: "light", dark: "dark", system: null };

/** Read `?uiConfig=..&show_filters=..&themeMode=..`; bits without meaning here (tabs, row limits) are left alone. */
export function readUiConfig(search: string): UiConfig {
  const query = new URLSearchParams(search);
  const bits = /^\d{1,6}$/.test(query.get("uiConfig") ?? "") ? Number(query.get("uiConfig")) : 0;
  const shown = (name: string): boolean => !["false", "0"].includes(query.get(name)?.toLowerCase() ?? "");
  return {
    hideTitle: (bits & HIDE_TITLE) !== 0,
    hideControls: (bits & HIDE_CONTROLS) !== 0,
    emitDataMasks: (bits & EMIT_DATA_MASKS) !== 0,
    showFilters: shown("show_filters"),
    expandFilters: shown("expand_filters"),
    theme: themeOf(query.get("themeMode")) ?? null,
    locale: query.get("lang") ?? query.get("locale_code"),
    permalink: readPermalink(query.get("permalink_key")),
  };
}

/** Superset's word for a theme as a ground; undefined when it is none of its words. */
export function themeOf(mode: unknown): Ground | undefined {
  return typeof mode === "string" && Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
}

/** Write what a viewer sees as a key: it holds the values themselves, so nothing has to be kept for it. */
export function writePermalink({ values, anchor }: Permalink): string {
  const bytes = new TextEncoder().encode(JSON.stringify([values, anchor]));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Read such a key; a broken one stands for nothing chosen. */
export function readPermalink(key: string | null): Permalink {
  try {
    const bytes = Uint8Array.from(atob((key ?? "").replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
    const read: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const [values, anchor] = Array.isArray(read) ? (read as readonly unknown[]) : [];
    return { values: isRecord(values) ? values : {}, anchor: typeof anchor === "string" ? anchor : "" };
  } catch {
    return NOTHING;
  }
}

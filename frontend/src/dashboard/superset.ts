/** Superset's methods, as a table: what its embedding package asks the page in the frame, and what it tells it. */

import { isToken } from "../embed/protocol";
import type { Ground } from "./look";
import type { Methods } from "./switchboard";
import { themeOf, type Permalink } from "./ui-config";

/** What the methods need of the page. Before the first token there is none, and everything is empty. */
export interface SupersetPage {
  readonly size: () => { readonly width: number; readonly height: number };
  /** Every variable that the viewer may see, with its value. */
  readonly shown: () => ReadonlyMap<string, unknown>;
  /** What the viewer chose. */
  readonly chosen: () => Readonly<Record<string, unknown>>;
  readonly panels: () => readonly string[];
  /** Write the address of a permalink, which the page around may write its own way. */
  readonly permalink: (what: Permalink) => Promise<string>;
  readonly takeToken: (token: string) => void;
  readonly setTheme: (theme: unknown) => void;
  readonly setMode: (mode: Ground) => void;
}

export function methodsOf(page: SupersetPage): Methods {
  return {
    getScrollSize: () => page.size(),
    getDashboardPermalink: ({ anchor }) => page.permalink({ values: page.chosen(), anchor: typeof anchor === "string" ? anchor : "" }),
    // A dashboard has no tabs, and no panel a state of its own.
    getActiveTabs: () => [],
    getDataMask: () => dataMask(page.shown()),
    getChartStates: () => ({}),
    getChartDataPayloads: ({ chartId }) => payloads(page, chartId),
    guestToken: ({ guestToken }) => (isToken(guestToken) ? page.takeToken(guestToken) : new Error("guestToken is not a token.")),
    setThemeConfig: ({ themeConfig }) => page.setTheme(themeConfig),
    setThemeMode: ({ mode }) => {
      const theme = themeOf(mode);
      return theme === undefined ? new Error("mode is one of default, dark and system.") : page.setMode(theme);
    },
  };
}

/** Write values as Superset's mask: one entry per filter. */
export function dataMask(shown: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return Object.fromEntries([...shown].map(([id, value]) => [id, { id, extraFormData: {}, filterState: { value }, ownState: {} }]));
}

/** What each panel is asked for with. The rows themselves leave the frame in no message. */
function payloads(page: SupersetPage, wanted: unknown): unknown {
  const known = page.panels();
  const panels = wanted === undefined || wanted === null ? known : known.filter((id) => id === String(wanted));
  if (panels.length === 0 && known.length > 0) return new Error("There is no panel of this id.");
  return Object.fromEntries(panels.map((panel) => [panel, { panel, variables: page.chosen() }]));
}

/** Superset's frame: its embedding package hands a MessagePort over, then tokens and questions through it. */

import { isRecord } from "../embed/protocol";
import { placeFilters } from "./filters";
import { Handover, type Manner, type Shell } from "./handover";
import { setTheme } from "./look";
import { dataMask, methodsOf } from "./superset";
import { Switchboard } from "./switchboard";
import { applyTheme, NO_THEME, readTheme, type Theme } from "./theme";
import { readUiConfig, writePermalink, type Permalink } from "./ui-config";

/** Seconds until the viewer reads what to do; the package gives its own fetching of a token 30. */
const PATIENCE = 40;

export function startBySuperset(shell: Shell): void {
  const html = document.documentElement;
  const config = readUiConfig(location.search);
  html.toggleAttribute("data-untitled", config.hideTitle);
  html.toggleAttribute("data-no-controls", config.hideControls);
  setTheme(html, config.theme);
  let board: Switchboard | null = null;
  const manner: Manner = {
    patience: PATIENCE,
    locale: config.locale,
    values: config.permalink.values,
    onStarted: () => {
      placeFilters(config);
      document.getElementById(`p-${config.permalink.anchor}`)?.scrollIntoView();
    },
    onValues: () => {
      const mask = dataMask(handover.current?.page.shown ?? new Map());
      if (config.emitDataMasks) board?.emit("observeDataMask", { ...mask, crossFiltersChanged: false, nativeFiltersChanged: true });
    },
  };
  const handover = new Handover(shell, manner);
  const methods = methodsOf({ ...pageOf(handover), permalink: (what) => permalink(board, what) });
  addEventListener("message", (event: MessageEvent<unknown>) => {
    const [port] = event.ports;
    if (port === undefined || !isHandshake(event.data) || !handover.hears(event)) return;
    board = new Switchboard(port, methods);
  });
}

function pageOf(handover: Handover): Omit<Parameters<typeof methodsOf>[0], "permalink"> {
  const colours = new Colours();
  return {
    size: () => ({ width: document.body.scrollWidth, height: document.body.scrollHeight }),
    shown: () => handover.current?.page.shown ?? new Map<string, unknown>(),
    chosen: () => handover.current?.page.chosen ?? {},
    panels: () => handover.current?.boot.panels ?? [],
    takeToken: (token) => handover.take(token),
    setTheme: (config) => colours.set(readTheme(config)),
    setMode: (mode) => {
      setTheme(document.documentElement, mode);
      colours.look();
    },
  };
}

/** The host's colours, for the ground that is shown: light or dark, by the host's word or the viewer's system. */
class Colours {
  private theme = NO_THEME;
  private readonly system = matchMedia("(prefers-color-scheme: dark)");

  constructor() {
    this.system.addEventListener("change", () => this.look());
  }

  look(): void {
    this.set(this.theme);
  }

  set(theme: Theme): void {
    const html = document.documentElement;
    const pinned = html.dataset["theme"];
    applyTheme(html, this.theme, theme, pinned === undefined ? this.system.matches : pinned === "dark");
    this.theme = theme;
  }
}

/** The page around may write permalinks its own way; without an answer they lead to this frame's address. */
async function permalink(board: Switchboard | null, what: Permalink): Promise<string> {
  const key = writePermalink(what);
  const own = await board?.get("resolvePermalinkUrl", { key });
  return typeof own === "string" ? own : `${location.origin}${location.pathname}?permalink_key=${key}`;
}

function isHandshake(data: unknown): boolean {
  return isRecord(data) && data["type"] === "__embedded_comms__" && data["handshake"] === "port transfer";
}

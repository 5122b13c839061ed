/** All panels of the page: what is asked for when, and when all of them have an answer. */

import { need } from "./dom";
import { PanelLoader, type LoaderHost, type Manner } from "./loader";

export interface PanelsHost extends Omit<LoaderHost, "onSettled"> {
  readonly life: AbortSignal;
  /** Called once after each round, when the last panel of it has an answer. */
  readonly onAllSettled: (manner: Manner) => void;
}

export class Panels {
  private readonly loaders = new Map<string, PanelLoader>();
  private readonly awaited = new Set<string>();
  private manner: Manner = "arrival";

  constructor(ids: readonly string[], private readonly host: PanelsHost) {
    const loaderHost: LoaderHost = { ...host, onSettled: (id) => this.settle(id) };
    for (const id of ids) {
      this.loaders.set(id, new PanelLoader(id, need(`[data-panel="${CSS.escape(id)}"]`, HTMLElement), loaderHost));
    }
    document.addEventListener("click", (event) => this.onClick(event), { signal: host.life });
  }

  /** Poll the panels that were not ready when the page was made, and plan the next try of the failed ones. */
  arrive(): void {
    for (const loader of this.loaders.values()) this.host.onCard(loader.card);
    const inState = (state: string): PanelLoader[] => this.all().filter((loader) => loader.card.dataset["state"] === state);
    for (const loader of inState("failed")) void loader.retryLater();
    this.round("arrival", inState("pending"));
  }

  /** Ask for every panel that has a query. */
  reload(manner: Manner): void {
    this.round(manner, this.all().filter((loader) => loader.card.dataset["type"] !== "text"));
  }

  /** The panels that are waited for now. */
  get waiting(): readonly string[] {
    return [...this.awaited];
  }

  stop(): void {
    this.awaited.clear();
    for (const loader of this.all()) loader.stop();
  }

  private all(): readonly PanelLoader[] {
    return [...this.loaders.values()];
  }

  private round(manner: Manner, loaders: readonly PanelLoader[]): void {
    this.manner = manner;
    for (const loader of loaders) this.awaited.add(loader.id);
    for (const loader of loaders) void loader.run(manner);
    if (this.awaited.size === 0) this.host.onAllSettled(manner);
  }

  private settle(id: string): void {
    if (this.awaited.delete(id) && this.awaited.size === 0) this.host.onAllSettled(this.manner);
  }

  private onClick(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target.closest("[data-action=retry]") : null;
    const id = target?.closest<HTMLElement>("[data-panel]")?.dataset["panel"];
    if (id !== undefined) this.loaders.get(id)?.retryNow();
  }
}

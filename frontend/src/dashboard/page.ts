/** The page in the frame: joins variables, panels, token and host. */

import { FROM_FRAME, isPair, type Command } from "../embed/protocol";
import { showAsOf } from "./as-of";
import { VariablesBar } from "./bar";
import type { Boot, Variable } from "./boot";
import { offerReset } from "./card";
import { DataCalls, type Session } from "./data";
import { need } from "./dom";
import { save } from "./download";
import { Expiry } from "./expiry";
import { watchHeight } from "./height";
import { Host } from "./host";
import type { Manner } from "./loader";
import { addMenu } from "./menu";
import { Note } from "./note";
import { Offers } from "./offers";
import { Panels } from "./panels";
import { Popover } from "./popover";
import type { Say } from "./ranges";
import { Takeover } from "./takeover";
import { refreshEvery } from "./timing";
import { same, Values } from "./values";
import { readWords } from "./words";

/** Seconds that a host has for a fresh token before the viewer reads that the page is over. */
const NOTE_AFTER = 3;

/** What differs between a page whose token came in the address and one whose token came by message. */
export interface PageOptions {
  /** Open another page: the token stands for another customer or dashboard. */
  readonly reopen: (token: string) => void;
  /** The parent's origin, when it has spoken before. */
  readonly origin?: string;
  readonly refreshMinutes?: number | null;
  readonly onValues?: () => void;
}

export class Page {
  private readonly say: Say;
  private readonly root = need("main.eh", HTMLElement);
  private readonly note = new Note(need("#eh-note", HTMLElement));
  private readonly status = need("#eh-status", HTMLElement);
  private readonly values: Values;
  private readonly calls: DataCalls;
  private readonly host: Host;
  private readonly popover: Popover;
  private readonly panels: Panels;
  private readonly bar: VariablesBar;
  private readonly offers: Offers;
  private readonly takeover: Takeover;
  private readonly expiry: Expiry;
  /** The embed id where the page around has named it; a JWT hides it, and then it is empty. */
  private readonly dashboardId: string;
  private height = 0;
  private session = new AbortController();
  private readonly life = new AbortController();

  constructor(private readonly boot: Boot, token: string, private readonly options: PageOptions) {
    this.say = readWords(need("#eh-words", HTMLTemplateElement), boot.locale);
    this.dashboardId = boot.dashboard ?? (isPair(token) ? token.split(":")[0] ?? "" : "");
    this.values = new Values(boot.variables, boot.mayChange);
    this.calls = new DataCalls(boot, token);
    this.host = new Host(window, boot.origins, (command) => this.obey(command), {
      life: this.life.signal,
      ...(options.origin === undefined ? {} : { known: options.origin }),
    });
    this.popover = new Popover(this.root, () => this.lookAtHeight(), this.life.signal);
    const { locale, timeZone } = boot;
    const script = this.root.dataset["charts"] ?? "";
    this.takeover = new Takeover(this.root, { script, calls: this.calls, values: () => this.values.payload(), locale, timeZone });
    this.panels = this.makePanels();
    this.offers = this.makeOffers();
    this.bar = this.makeBar();
    this.expiry = new Expiry(boot.secondsLeft, {
      onExpiring: (secondsLeft) => this.host.tell(FROM_FRAME.expiring, { secondsLeft }),
      onExpired: () => this.onExpired(),
    });
  }

  private readonly lookAtHeight = watchHeight(
    this.root,
    () => this.popover.overhang,
    (height) => this.onHeight(height),
  );

  start(): void {
    this.lookAtHeight();
    this.host.tell(FROM_FRAME.readyToLoad, this.measures());
    this.host.tell(FROM_FRAME.ready, { height: this.height, variables: this.values.open.map(({ name }) => name) });
    for (const code of this.boot.ignored) this.host.tell(FROM_FRAME.notice, { code });
    this.wireTools();
    this.panels.arrive();
    window.addEventListener("pagehide", () => this.onHide(), { signal: this.life.signal });
    const every = refreshEvery(this.options.refreshMinutes ?? this.boot.refreshMinutes);
    if (every === null) return;
    const timer = setInterval(() => this.refresh(), every);
    this.life.signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Stop for good: another page takes this one's place in the frame. */
  end(): void {
    this.panels.stop();
    this.offers.stop();
    this.expiry.stop();
    this.session.abort();
    this.life.abort();
  }

  /** What the viewer set, by the variables' names; a page opened with it shows the same. */
  get chosen(): Readonly<Record<string, unknown>> {
    return this.values.payload();
  }

  /** Every variable that the viewer may see, with its value now. */
  get shown(): ReadonlyMap<string, unknown> {
    return new Map(this.values.all.map(({ name }) => [name, this.values.current(name)]));
  }

  private makePanels(): Panels {
    return new Panels(this.boot.panels, {
      calls: this.calls,
      say: this.say,
      values: () => this.values.payload(),
      onCard: (card) => this.onCard(card),
      onGone: (card) => this.takeover.release(card),
      onAllSettled: (manner) => this.onAllSettled(manner),
      onExpired: () => this.expiry.end(),
      life: this.life.signal,
    });
  }

  private makeOffers(): Offers {
    return new Offers({
      calls: this.calls,
      values: this.values,
      payload: () => this.values.payload(),
      onOffer: (name) => this.bar.offered(name),
      onCleared: (variable) => this.onCleared(variable),
      onExpired: () => this.expiry.end(),
    });
  }

  private makeBar(): VariablesBar {
    return new VariablesBar(need(".vars", HTMLElement), {
      values: this.values,
      offers: this.offers,
      popover: this.popover,
      locale: this.boot.locale,
      say: this.say,
      onChange: (names) => this.onChange(names),
    });
  }

  private wireTools(): void {
    const refresh = need("#eh-refresh", HTMLButtonElement);
    const full = need("#eh-full", HTMLButtonElement);
    refresh.hidden = false;
    refresh.addEventListener("click", () => this.refresh());
    full.hidden = !document.fullscreenEnabled;
    full.addEventListener("click", () => void toggleFullscreen());
    this.root.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("[data-action=reset]") !== null) this.bar.resetAll();
    });
  }

  private measures(): { dashboardId: string; dashboardHeight: number } {
    return { dashboardId: this.dashboardId, dashboardHeight: this.height };
  }

  private onHeight(height: number): void {
    this.height = height;
    this.host.tell(FROM_FRAME.height, { height });
  }

  private onCard(card: HTMLElement): void {
    const onDownload = (panel: string): void => void this.download(panel);
    addMenu(card, { popover: this.popover, say: this.say, mayExport: this.boot.mayExport, onDownload });
    this.takeover.offer(card);
    if (card.dataset["state"] === "empty" && this.values.anyChanged) offerReset(card, this.say);
  }

  private onAllSettled(manner: Manner): void {
    showAsOf(this.root, this.boot.locale, this.boot.timeZone);
    this.lookAtHeight();
    if (manner === "arrival") this.host.tell(FROM_FRAME.loaded, { ...this.measures(), loadTime: Math.round(performance.now()) });
    else this.host.tell(FROM_FRAME.updated, this.measures());
    if (manner === "values") this.status.textContent = this.say("updated");
  }

  /** The viewer chose other values: say so to the host and ask for all panels. */
  private onChange(names: readonly string[]): void {
    for (const varName of names) this.host.tell(FROM_FRAME.variableUpdated, { varName, newValue: this.values.current(varName) });
    this.offers.follow(names);
    this.reload("values");
  }

  /** A value that is not offered any more was taken back: say so, and go on without it. */
  private onCleared(variable: Variable): void {
    this.bar.redraw();
    this.onChange([variable.name]);
    this.note.show(this.say("choice_cleared").replace("%s", variable.label));
  }

  private reload(manner: Manner): void {
    this.status.textContent = "";
    if (manner === "values") this.options.onValues?.();
    if (!this.expiry.expired) this.panels.reload(manner);
  }

  private refresh(): void {
    this.reload("refresh");
  }

  private async download(panel: string): Promise<void> {
    this.note.hide();
    const answer = await this.calls.csv(panel, this.values.payload(), new AbortController().signal);
    if (answer.kind === "ready") return save(answer.value);
    if (answer.kind === "failed" && answer.code === "token_expired") return this.expiry.end();
    this.note.show(this.say("download_failed"));
  }

  private obey(command: Command): void {
    if (command.kind === "values") this.setFromHost(command.values);
    else if (command.kind === "token") void this.renew(command.token);
    else this.host.tell(FROM_FRAME.height, { height: this.height });
  }

  setFromHost(wanted: ReadonlyMap<string, unknown>): void {
    const changed: string[] = [];
    for (const [variable, value] of wanted) {
      const code = this.values.refusal(variable, value);
      if (code !== null) this.host.tell(FROM_FRAME.notice, { code, variable });
      if (this.values.set(variable, value)) changed.push(variable);
    }
    if (changed.length === 0) return;
    this.offers.follow(changed);
    this.bar.redraw();
    this.reload("values");
  }

  /** Try a fresh token; the old one stays in use until the server has accepted it. */
  async renew(token: string): Promise<void> {
    this.session.abort();
    this.session = new AbortController();
    const { signal } = this.session;
    try {
      const answer = await this.calls.session(token, signal);
      if (answer.kind === "ready") this.goOn(token, answer.value);
      else this.host.tell(FROM_FRAME.notice, { code: answer.kind === "failed" ? answer.code : "service_unavailable" });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Another customer or dashboard is another page; else everything goes on with what the viewer chose. */
  private goOn(token: string, session: Session): void {
    if (session.subject !== this.boot.subject) return this.options.reopen(token);
    const wasExpired = this.expiry.expired;
    const before = this.values.all.map(({ value }) => value);
    this.calls.useToken(token);
    this.values.rebase(session.variables);
    this.offers.rebase();
    this.expiry.renew(session.secondsLeft);
    this.note.hide();
    this.bar.redraw();
    this.reload(wasExpired || same(before, this.values.all.map(({ value }) => value)) ? "refresh" : "values");
  }

  /** The server need not go on with what nobody is going to see. */
  private onHide(): void {
    if (this.panels.waiting.length > 0) this.calls.leave(this.panels.waiting, this.values.payload());
  }

  private onExpired(): void {
    this.panels.stop();
    this.offers.stop();
    this.host.tell(FROM_FRAME.expired);
    this.note.show(this.say("expired"), NOTE_AFTER);
  }
}

async function toggleFullscreen(): Promise<void> {
  if (document.fullscreenElement === null) await document.documentElement.requestFullscreen();
  else await document.exitFullscreen();
}

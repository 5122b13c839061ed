/** A page whose token comes by message: takes it, asks the server for the page once, and goes on in it. */

import { FROM_FRAME, isRecord } from "../embed/protocol";
import { readBoot, type Boot } from "./boot";
import { DataCalls, type Answer, type Arrival, type Failure } from "./data";
import { need } from "./dom";
import { originAllowed } from "./origins";
import { Page } from "./page";
import { pause, pollDelay } from "./timing";

/** How often a token is brought to a server that does not answer. */
const TRIES = 5;

/** What the shell, which holds no data, says. */
export interface Shell {
  readonly format: string;
  readonly dashboard: string | null;
  readonly origins: readonly string[];
  /** The text that stands in the page's place until it is there, and after a refusal. */
  readonly waiting: HTMLElement;
}

/** How one vendor's pages behave around the same exchange. */
export interface Manner {
  readonly patience: number;
  readonly locale: string | null;
  readonly values: Readonly<Record<string, unknown>>;
  readonly onStarted: (page: Page, boot: Boot) => void;
  readonly onValues?: () => void;
  /** Say no to a page before it starts; the manner has asked for another frame then. */
  readonly accepts?: (boot: Boot) => boolean;
}

/** Read the shell of the page. */
export function readShell(): Shell {
  const waiting = need("#eh-shell", HTMLElement);
  const { format = "", dashboard = "", origins = "[]" } = waiting.dataset;
  const patterns: unknown = JSON.parse(origins);
  return { format, dashboard: dashboard || null, origins: Array.isArray(patterns) ? patterns.filter((one) => typeof one === "string") : [], waiting };
}

export class Handover {
  private page: Page | null = null;
  private boot: Boot | null = null;
  private origin = "";
  private asking = new AbortController();
  private readonly giveUp: ReturnType<typeof setTimeout>;

  constructor(private readonly shell: Shell, private readonly manner: Manner) {
    this.giveUp = setTimeout(() => this.showText("data-after"), manner.patience * 1000);
  }

  /** Say whether a message is from the page around, from an origin of the owner's list. */
  hears(event: MessageEvent<unknown>): boolean {
    if (event.source !== window.parent || window.parent === window || !originAllowed(event.origin, this.shell.origins)) return false;
    this.origin = event.origin;
    return true;
  }

  /** The page and what the server said of it; null before the first token was accepted. */
  get current(): { readonly page: Page; readonly boot: Boot } | null {
    return this.page !== null && this.boot !== null ? { page: this.page, boot: this.boot } : null;
  }

  /** Tell the page around something; never a token, never a row. */
  tell(event: string, detail: Readonly<Record<string, unknown>> = {}): void {
    if (this.origin !== "") window.parent.postMessage({ event, detail }, this.origin);
  }

  /** Take a token: the first one starts the page, a later one goes on in it. */
  take(token: string): void {
    clearTimeout(this.giveUp);
    if (this.page === null) void this.exchange(token, this.manner.values);
    else void this.page.renew(token);
  }

  private async exchange(token: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const answer = await this.ask(token, values, signal);
      if (answer.kind === "ready") this.show(token, answer.value);
      else this.refuse(answer.kind === "failed" ? answer : null);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Ask a few times while the server cannot be reached or says that it is busy. */
  private async ask(token: string, values: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Answer<Arrival>> {
    for (let tries = 1; ; tries++) {
      const answer = await this.calls().page(token, { parent: this.origin, values }, signal);
      const again = answer.kind === "failed" && (answer.code === "unreachable" || answer.retryAfter !== null);
      if (!again || tries === TRIES) return answer;
      await pause(pollDelay(tries, answer.retryAfter), signal);
    }
  }

  private calls(): DataCalls {
    const query = new URLSearchParams(location.search);
    return new DataCalls({
      dataUrl: `/data/${this.shell.format}`,
      environment: query.get("environment"),
      dashboard: this.shell.dashboard ?? query.get("dashboard"),
      locale: this.manner.locale ?? query.get("locale_code") ?? navigator.language,
      timeZone: query.get("time_zone") ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    }, "");
  }

  private show(token: string, arrival: Arrival): void {
    const boot = readBoot(arrival.boot);
    if (this.manner.accepts?.(boot) === false) return;
    this.page?.end();
    fill(arrival);
    const { onValues } = this.manner;
    // The same page cannot show another customer: what that token stands for is asked for anew.
    const reopen = (fresh: string): void => void this.exchange(fresh, {});
    const page = new Page(boot, token, { reopen, origin: this.origin, ...(onValues === undefined ? {} : { onValues }) });
    this.page = page;
    this.boot = boot;
    page.start();
    this.manner.onStarted(page, boot);
  }

  private refuse(failure: Failure | null): void {
    const reference = this.shell.waiting.querySelector("code");
    if (reference !== null) reference.textContent = failure?.reference ?? "";
    reference?.closest("div")?.toggleAttribute("hidden", !failure?.reference);
    this.tell(FROM_FRAME.refused, { code: failure?.code ?? "service_unavailable", reference: failure?.reference ?? "" });
    this.page?.end();
    this.page = this.boot = null;
    this.showText("data-refused");
  }

  private showText(which: string): void {
    const { waiting } = this.shell;
    for (const part of waiting.children) part.toggleAttribute("hidden", !part.hasAttribute(which));
    if (!waiting.isConnected) document.body.replaceChildren(waiting);
    document.body.classList.add("notice");
  }
}

/** Put the page's parts in the place of the shell. They are the server's own, drawn as the page in a frame is. */
function fill({ html, title, language, direction }: Arrival): void {
  const parts = new DOMParser().parseFromString(html, "text/html").body.childNodes;
  Object.assign(document.documentElement, { lang: language, dir: direction });
  document.title = title;
  document.body.classList.remove("notice");
  document.body.replaceChildren(...[...parts].map((part) => document.adoptNode(part)));
}

/** Read the detail of a message `{event, detail}`; empty for anything else. */
export function detailOf(data: unknown): Readonly<Record<string, unknown>> {
  const detail = isRecord(data) ? data["detail"] : null;
  return isRecord(detail) ? detail : {};
}

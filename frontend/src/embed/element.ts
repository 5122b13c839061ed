/** The web component: makes one frame, keeps it in step with its attributes, hands its events on. Defines nothing. */

import { frameAddress, readFlag, readVariables } from "./frame";
import { FROM_FRAME, isPair, readCommand, readMessage, TO_FRAME, type Detail, type Message } from "./protocol";
import { valuesIn, withValue } from "./shared-address";

const SANDBOX = "allow-scripts allow-same-origin allow-downloads allow-popups allow-popups-to-escape-sandbox";
/** What host pages dispatch on window (vendor's contract); each goes to every dashboard of the page. */
const RELAYED = [TO_FRAME.setVariable, TO_FRAME.setVariables, TO_FRAME.setJwt];
const LEAST_HEIGHT = 120;
const TOKENS: ReadonlySet<string> = new Set(["dash-jwt", "dash-customer-token"]);

/** Make the element's class for an embed host, given as its origin. */
export function dashboardElement(loaderOrigin: string | null): CustomElementConstructor {
  return class extends DashboardElement {
    protected override readonly defaultBase = loaderOrigin;
  };
}

class DashboardElement extends HTMLElement {
  static readonly observedAttributes = ["dash-jwt", "dash-customer-token", "environment", "variables", "locale-code", "refresh-minutes", "base-url"];

  protected readonly defaultBase: string | null = null;
  private frame: HTMLIFrameElement | null = null;
  private live = false;
  private ready = false;
  /** A page opened with a customer token goes on with one, and one opened with a JWT with a JWT. */
  private shownPair = false;
  /** A token that came by event and not by attribute. */
  private fresh: string | null = null;
  private late: Detail = {};
  private queued = false;
  private readonly changed = new Set<string>();
  private readonly onMessage = (event: MessageEvent<unknown>): void => this.hear(event);
  private readonly onWindowEvent = (event: Event): void => this.relay(event);

  connectedCallback(): void {
    if (!this.style.display) this.style.display = "block";
    window.addEventListener("message", this.onMessage);
    for (const name of RELAYED) window.addEventListener(name, this.onWindowEvent);
    this.live = true;
    this.load();
  }

  disconnectedCallback(): void {
    this.live = false;
    window.removeEventListener("message", this.onMessage);
    for (const name of RELAYED) window.removeEventListener(name, this.onWindowEvent);
    this.clear();
  }

  /** Frameworks set attributes one by one; they count together once the current task is over. */
  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now || !this.live) return;
    if (TOKENS.has(name)) this.fresh = null;
    this.changed.add(name);
    if (this.queued) return;
    this.queued = true;
    queueMicrotask(() => this.applyChanges());
  }

  private applyChanges(): void {
    const names = new Set(this.changed);
    this.changed.clear();
    this.queued = false;
    if (!this.live) return;
    const quiet = [...names].every((name) => TOKENS.has(name) || name === "variables");
    if (!quiet || !this.ready || isPair(this.token) !== this.shownPair) return this.load();
    if ([...names].some((name) => TOKENS.has(name))) this.say(TO_FRAME.setJwt, { jwt: this.token });
    if (names.has("variables")) this.say(TO_FRAME.setValues, { values: this.variables });
  }

  private get token(): string {
    const given = (name: string): string => this.getAttribute(name)?.trim() ?? "";
    return this.fresh ?? (given("dash-jwt") || given("dash-customer-token"));
  }

  private get base(): string | null {
    const given = this.getAttribute("base-url");
    return given === null ? this.defaultBase : new URL(given, location.href).origin;
  }

  private get variables(): Record<string, unknown> {
    const values = readVariables(this.getAttribute("variables"));
    if (values === null) console.error(`<${this.localName}>: variables is not a JSON object, such as {"region": "DACH"}.`);
    return values ?? {};
  }

  private load(): void {
    const { base, token } = this;
    if (base === null) return console.error(`<${this.localName}>: load embed.js with a script tag, or set base-url.`);
    this.ready = false;
    if (token === "") return this.clear();
    const { src, late } = frameAddress({
      base,
      token,
      environment: this.getAttribute("environment"),
      variables: this.variables,
      locale: this.getAttribute("locale-code"),
      refreshMinutes: this.getAttribute("refresh-minutes"),
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    this.late = late;
    this.shownPair = isPair(token);
    this.show(src);
  }

  /** A frame's address is set once: a new one is a new frame, which leaves no entry in the history. */
  private show(src: string): void {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", SANDBOX);
    frame.referrerPolicy = "no-referrer";
    frame.allow = "fullscreen";
    frame.title = this.title || "Dashboard";
    Object.assign(frame.style, { display: "block", width: "100%", border: "0", height: this.frame?.style.height || `${LEAST_HEIGHT}px` });
    frame.src = src;
    this.clear();
    this.frame = frame;
    this.append(frame);
  }

  private clear(): void {
    this.frame?.remove();
    this.frame = null;
  }

  private say(event: string, detail: Detail): void {
    if (this.base !== null) this.frame?.contentWindow?.postMessage({ event, detail }, this.base);
  }

  private hear(event: MessageEvent<unknown>): void {
    if (this.frame === null || event.source !== this.frame.contentWindow || event.origin !== this.base) return;
    const message = readMessage(event.data);
    if (message === null) return;
    if (message.event === FROM_FRAME.tokenRequest) return this.say(TO_FRAME.setJwt, { jwt: this.token });
    this.take(message);
    this.handOn(message);
  }

  private take({ event, detail }: Message): void {
    const height = detail["height"];
    if (event === FROM_FRAME.height && typeof height === "number") this.setHeight(height);
    if (event === FROM_FRAME.readyToLoad) this.ready = true;
    if (event === FROM_FRAME.ready) this.bringValues(detail["variables"]);
    if (event === FROM_FRAME.variableUpdated) this.writeAddress(detail);
  }

  private setHeight(height: number): void {
    if (this.frame !== null && Number.isFinite(height)) this.frame.style.height = `${Math.max(LEAST_HEIGHT, Math.ceil(height))}px`;
  }

  /** Bring what did not fit into the address, and what the host page's own address holds. */
  private bringValues(names: unknown): void {
    const open = Array.isArray(names) ? (names as readonly unknown[]).filter((name) => typeof name === "string") : [];
    const shared = readFlag(this.getAttribute("updateurlparams")) ? valuesIn(location.href, open) : {};
    const values = { ...this.late, ...shared };
    if (Object.keys(values).length > 0) this.say(TO_FRAME.setValues, { values });
  }

  private writeAddress(detail: Detail): void {
    const name = detail["varName"];
    if (typeof name !== "string" || !readFlag(this.getAttribute("updateurlparams"))) return;
    history.replaceState(history.state, "", withValue(location.href, name, detail["newValue"]));
  }

  /** The vendor's pages listen on window, ours may listen on the element and know which one spoke. */
  private handOn({ event, detail }: Message): void {
    window.dispatchEvent(new CustomEvent(event, { detail }));
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }

  private relay(event: Event): void {
    const message = event instanceof CustomEvent ? readMessage({ event: event.type, detail: event.detail as unknown }) : null;
    if (message === null) return;
    const command = readCommand(message);
    if (command?.kind === "token") this.fresh = command.token;
    if (command?.kind === "token" && isPair(command.token) !== this.shownPair) return this.load();
    this.say(message.event, message.detail);
  }
}

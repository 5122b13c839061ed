/** One embed of viaSocket's tag: its frame, where it stands, and what is said between the page and the frame. */

import { FROM_FRAME, isRecord, readMessage, TO_FRAME, type Detail } from "./protocol";
import { lengthOf, NO_WISH, tagAddress, withWishes, type TagWish } from "./tag-config";
import { CONTAINER, Dialog, styled } from "./tag-dialog";

type Listener = (detail: unknown) => void;

/** What a frame may do; files only once a page has said that its dashboard gives any. */
const SANDBOX = "allow-scripts allow-same-origin";
/** The frame's words and the vendor's names of events. */
const EVENTS: Readonly<Record<string, string>> = { [FROM_FRAME.ready]: "ready", [FROM_FRAME.refused]: "error", [FROM_FRAME.expired]: "expired", [FROM_FRAME.expiring]: "expiring" };
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export class Mount {
  #wish: TagWish = NO_WISH;
  #frame: HTMLIFrameElement | null = null;
  #src = "";
  #downloads = false;
  readonly #inline = styled("div", { width: "100%", height: "100%" }, CONTAINER);
  readonly #dialog = new Dialog(() => this.#emit("close", {}));
  readonly #listeners: [name: string, listener: Listener][] = [];
  readonly #waiting = new MutationObserver(() => this.update({}));
  readonly #onMessage = (event: MessageEvent<unknown>): void => this.#hear(event);

  constructor(private readonly base: string) {
    addEventListener("message", this.#onMessage);
  }

  /** Take new wishes; another token, values or a size change what is there, another dashboard loads. */
  update(given: unknown): void {
    const before = this.#wish;
    const wish = (this.#wish = withWishes(before, given));
    if (wish.parent !== null) this.#standIn(wish.parent);
    if (this.#frame === null) return;
    if (this.#address() !== this.#src) return this.#load();
    if (wish.token !== before.token) this.#say(TO_FRAME.setToken, { token: wish.token });
    if (JSON.stringify(wish.variables) !== JSON.stringify(before.variables)) this.#say(TO_FRAME.setValues, { values: wish.variables });
    this.#dialog.layOut(wish.config);
  }

  /** Open the dialog. The vendor's first argument names a flow; here it may name a dashboard by its embed id. */
  open(dashboard?: unknown, options?: unknown, opener: Element | null = document.activeElement): void {
    if (isRecord(options)) this.update(options);
    if (typeof dashboard === "string" && UUID.test(dashboard)) this.update({ dashboard });
    if (this.#wish.parent !== null) return;
    this.#dialog.open(this.#wish.config, opener);
    if (this.#frame === null) this.#load();
  }

  close(): void {
    if (this.#dialog.isOpen) this.#dialog.close();
  }

  on(name: string, listener: Listener): () => void {
    const entry: [string, Listener] = [name, listener];
    this.#listeners.push(entry);
    return () => void this.#listeners.splice(this.#listeners.indexOf(entry) >>> 0, 1);
  }

  /** Hand a message of the component's kind, `{event, detail}`, to the page in the frame. */
  send(data: unknown): void {
    const message = readMessage(data);
    if (message !== null) this.#say(message.event, message.detail);
  }

  destroy(): void {
    removeEventListener("message", this.#onMessage);
    this.#waiting.disconnect();
    this.#dialog.remove();
    this.#inline.remove();
    this.#frame = null;
  }

  /** Stand in an element of the page; one that is named before it is there is waited for. */
  #standIn(parent: Element | string): void {
    this.#waiting.disconnect();
    const place = typeof parent === "string" ? document.getElementById(parent) : parent;
    if (place === null) return this.#waiting.observe(document, { childList: true, subtree: true });
    if (this.#inline.parentElement === place) return;
    place.append(this.#inline);
    this.#load();
  }

  #address(): string {
    return tagAddress(this.base, this.#wish, Intl.DateTimeFormat().resolvedOptions().timeZone);
  }

  #load(): void {
    const { config, parent } = this.#wish;
    const frame = styled("iframe", { display: "block", width: "100%", height: "100%", minHeight: parent === null ? "0" : "240px", border: "0" });
    const links = config["links"] === true ? " allow-popups allow-popups-to-escape-sandbox" : "";
    frame.setAttribute("sandbox", SANDBOX + (this.#downloads ? " allow-downloads" : "") + links);
    frame.referrerPolicy = "no-referrer";
    frame.title = typeof config["title"] === "string" ? config["title"] : "Dashboard";
    frame.src = this.#src = this.#address();
    this.#frame = frame;
    (parent === null ? this.#dialog.body : this.#inline).replaceChildren(frame);
  }

  #say(event: string, detail: Detail): void {
    this.#frame?.contentWindow?.postMessage({ event, detail }, this.base);
  }

  #hear(event: MessageEvent<unknown>): void {
    if (this.#frame === null || event.source !== this.#frame.contentWindow || event.origin !== this.base) return;
    const message = readMessage(event.data);
    if (message === null) return;
    const { event: name, detail } = message;
    if (name === FROM_FRAME.tokenRequest) return this.#say(TO_FRAME.setToken, { token: this.#wish.token, downloads: this.#downloads });
    if (name === FROM_FRAME.escape) return this.close();
    if (name === FROM_FRAME.wantsDownloads && !this.#downloads) return this.#allowDownloads();
    if (name === FROM_FRAME.ready && Object.keys(this.#wish.variables).length > 0) this.#say(TO_FRAME.setValues, { values: this.#wish.variables });
    if (name === FROM_FRAME.height) this.#setHeight(detail["height"]);
    dispatchEvent(new CustomEvent(name, { detail }));
    this.#emit(name, detail);
    if (EVENTS[name] !== undefined) this.#emit(EVENTS[name], detail);
  }

  /** A sandbox counts from the next load on. */
  #allowDownloads(): void {
    this.#downloads = true;
    this.#load();
  }

  /** Inline the frame is as high as its content, unless the page says how high it is. */
  #setHeight(height: unknown): void {
    const { config, parent } = this.#wish;
    if (parent === null || typeof height !== "number" || this.#frame === null) return;
    this.#frame.style.height = lengthOf(config["height"], config["heightUnit"]) ?? `${Math.ceil(height)}px`;
  }

  #emit(name: string, detail: Detail): void {
    for (const [wanted, listener] of [...this.#listeners]) if (wanted === name) listener(detail);
  }
}

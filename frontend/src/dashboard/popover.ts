/** One popover at a time: under its button, or a sheet at the lower edge of what is seen on a phone. */

import { make } from "./dom";

const SHEET_UNDER = 480;
const GAP = 6;

export interface Opened {
  readonly role: "dialog" | "menu";
  readonly label: string;
  /** Fill the panel and return what gets the focus. */
  readonly fill: (panel: HTMLElement) => HTMLElement | null;
}

export class Popover {
  private panel: HTMLElement | null = null;
  private anchor: HTMLElement | null = null;
  private what: Opened | null = null;

  constructor(private readonly root: HTMLElement, private readonly onMove: () => void, life: AbortSignal) {
    document.addEventListener("pointerdown", (event) => this.onOutside(event.target), { signal: life });
    root.addEventListener("focusout", (event) => this.onFocusOut(event));
  }

  /** Pixels that the open panel needs below the page's own end; 0 when none is open. */
  get overhang(): number {
    if (this.panel === null) return 0;
    return Math.max(0, this.panel.getBoundingClientRect().bottom + 12 - this.root.getBoundingClientRect().bottom);
  }

  toggle(anchor: HTMLElement, what: Opened): void {
    const wasOpen = this.anchor === anchor;
    this.close(false);
    if (!wasOpen) this.open(anchor, what);
  }

  /** Close, and give the focus back to the button when it was inside. */
  close(giveBack: boolean): void {
    const { panel, anchor } = this;
    if (panel === null || anchor === null) return;
    this.panel = this.anchor = this.what = null;
    anchor.setAttribute("aria-expanded", "false");
    if (giveBack) anchor.focus();
    panel.remove();
    this.onMove();
  }

  /** Fill the panel anew if it is the one of this button; the focus goes in again when it was inside. */
  refill(anchor: HTMLElement): void {
    const { panel, what } = this;
    if (panel === null || what === null || this.anchor !== anchor) return;
    const hadFocus = panel.contains(document.activeElement);
    panel.replaceChildren();
    const first = what.fill(panel);
    this.place();
    if (hadFocus) (panel.classList.contains("sheet") ? panel : first)?.focus({ preventScroll: true });
  }

  /** Look for the place again after the content changed its size. */
  place(): void {
    if (this.panel === null || this.anchor === null) return;
    if (this.panel.classList.contains("sheet")) void this.placeSheet(this.panel);
    else placeUnder(this.panel, this.anchor, this.root);
    this.onMove();
  }

  private open(anchor: HTMLElement, what: Opened): void {
    const sheet = this.root.clientWidth < SHEET_UNDER;
    const panel = make("div", { class: sheet ? "pop sheet" : "pop", role: what.role, "aria-label": what.label, tabindex: "-1" });
    panel.addEventListener("keydown", (event) => this.onKey(event));
    const first = what.fill(panel);
    anchor.after(panel);
    anchor.setAttribute("aria-expanded", "true");
    this.panel = panel;
    this.anchor = anchor;
    this.what = what;
    this.place();
    // A sheet takes the focus itself: a focused search box would call the keyboard over it.
    (sheet && what.role === "dialog" ? panel : first)?.focus({ preventScroll: true });
  }

  private async placeSheet(panel: HTMLElement): Promise<void> {
    const bottom = await visibleBottom(this.root);
    const edge = this.root.getBoundingClientRect();
    panel.style.width = `${edge.width}px`;
    moveTo(panel, edge.left, Math.max(edge.top, bottom - panel.offsetHeight));
    this.onMove();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.close(true);
  }

  private onOutside(target: EventTarget | null): void {
    if (target instanceof Node && !this.panel?.contains(target) && !this.anchor?.contains(target)) this.close(false);
  }

  private onFocusOut(event: FocusEvent): void {
    const { panel, anchor } = this;
    const next = event.relatedTarget;
    const left = event.target instanceof Node && panel?.contains(event.target) === true;
    if (left && next instanceof Node && !panel?.contains(next) && next !== anchor) this.close(false);
  }
}

/** Put the panel's corner at a point of the window, whatever it is positioned against. */
function moveTo(panel: HTMLElement, left: number, top: number): void {
  const origin = (panel.offsetParent ?? document.documentElement).getBoundingClientRect();
  panel.style.left = `${Math.round(left - origin.left)}px`;
  panel.style.top = `${Math.round(top - origin.top)}px`;
}

function placeUnder(panel: HTMLElement, anchor: HTMLElement, root: HTMLElement): void {
  const edge = root.getBoundingClientRect();
  const from = anchor.getBoundingClientRect();
  const rightToLeft = getComputedStyle(root).direction === "rtl";
  const toEnd = anchor.dataset["align"] === "end";
  const wanted = rightToLeft !== toEnd ? from.right - panel.offsetWidth : from.left;
  const left = Math.min(Math.max(edge.left + 8, wanted), edge.right - panel.offsetWidth - 8);
  moveTo(panel, left, from.bottom + GAP);
}

/**
 * Find where the seen part of the page ends, in this frame's own coordinates.
 *
 * A frame as high as its content has no lower edge of the window, so `position: fixed` would put a sheet out of sight;
 * the observer knows what the outermost window shows.
 */
function visibleBottom(root: HTMLElement): Promise<number> {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver((entries) => {
      observer.disconnect();
      resolve(entries[0]?.intersectionRect.bottom ?? 0);
    });
    observer.observe(root);
  });
}

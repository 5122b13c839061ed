/** The dialog that viaSocket's tag opens: the browser's own, so that the focus is kept in it and comes back. */

import { shapeOf, sizeOf } from "./tag-config";

type Styles = Readonly<Partial<CSSStyleDeclaration>>;

export const CONTAINER = "iframe-viasocket-embed-parent-container";
export const BUTTON = "viasocket-embed-open-button";
const CLOSE = "viasocket-embed-close-button";

const PLACES = { all_space: "0", right_slider: "0 0 0 auto", left_slider: "0 auto 0 0", popup: "0" } as const;

/** Make an element; styles go through the CSSOM, which a page's own policy never forbids. */
export function styled<K extends keyof HTMLElementTagNameMap>(tag: K, styles: Styles, id = ""): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (id) element.id = id;
  Object.assign(element.style, styles);
  return element;
}

export function styledButton(text: string, styles: Styles, id: string): HTMLButtonElement {
  const button = styled("button", styles, id);
  button.type = "button";
  button.textContent = text;
  return button;
}

const OVERLAY: Styles = {
  position: "fixed", inset: "0", width: "100%", height: "100%", maxWidth: "none", maxHeight: "none", margin: "0", padding: "0",
  border: "0", overflow: "hidden", colorScheme: "light dark",
};
const PANEL: Styles = {
  position: "absolute", display: "flex", flexDirection: "column", maxWidth: "100%", maxHeight: "100%", background: "Canvas",
  color: "CanvasText", overflow: "hidden",
};
const ROUND: Styles = {
  alignSelf: "flex-end", width: "44px", height: "44px", padding: "0", border: "0", background: "none", color: "inherit",
  font: "24px/1 sans-serif", cursor: "pointer",
};

export class Dialog {
  readonly body = styled("div", { flex: "1", minHeight: "0" });
  readonly #dialog = styled("dialog", OVERLAY, CONTAINER);
  readonly #panel = styled("div", PANEL);
  readonly #close = styledButton("×", ROUND, CLOSE);
  #opener: Element | null = null;

  constructor(private readonly onClose: () => void) {
    this.#dialog.setAttribute("aria-modal", "true");
    this.#dialog.addEventListener("click", ({ target }) => this.#onClick(target));
    this.#dialog.addEventListener("close", () => this.#onClosed());
    this.#panel.append(this.#close, this.body);
    this.#dialog.append(this.#panel);
  }

  /** Put the dialog into the page and open it; the focus goes back to `opener` when it closes. */
  open(config: Readonly<Record<string, unknown>>, opener: Element | null): void {
    this.layOut(config);
    if (this.#dialog.open) return;
    this.#opener = opener;
    if (!this.#dialog.isConnected) document.body.append(this.#dialog);
    this.#dialog.showModal();
  }

  layOut(config: Readonly<Record<string, unknown>>): void {
    const shape = shapeOf(config);
    const [width, height] = sizeOf(config);
    const { title, closeLabel, backdrop } = config;
    this.#dialog.setAttribute("aria-label", typeof title === "string" ? title : "Dashboard");
    this.#close.setAttribute("aria-label", typeof closeLabel === "string" ? closeLabel : "Close");
    this.#dialog.style.background = backdrop === false || backdrop === "false" ? "none" : "rgb(0 0 0 / .4)";
    const popup = shape === "popup";
    // A slider of 40 % would be too narrow on a phone.
    Object.assign(this.#panel.style, { inset: PLACES[shape], width, height, minWidth: "min(100%, 400px)", margin: popup ? "auto" : "0", borderRadius: popup ? "10px" : "0" });
  }

  get isOpen(): boolean {
    return this.#dialog.open;
  }

  close(): void {
    this.#dialog.close();
  }

  remove(): void {
    this.close();
    this.#dialog.remove();
  }

  /** A click beside the panel closes, as the button does. */
  #onClick(target: EventTarget | null): void {
    if (target === this.#dialog || target === this.#close) this.close();
  }

  #onClosed(): void {
    if (this.#opener instanceof HTMLElement) this.#opener.focus();
    this.onClose();
  }
}

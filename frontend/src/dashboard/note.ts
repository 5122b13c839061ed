/** The quiet line above the panels: at most one, said to screen readers too. */

import { make } from "./dom";

export class Note {
  private timer = 0;

  constructor(private readonly place: HTMLElement) {}

  /** Show a text after some seconds, unless it is hidden before. */
  show(text: string, after = 0): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.place.replaceChildren(make("p", {}, text)), after * 1000);
  }

  hide(): void {
    clearTimeout(this.timer);
    this.place.replaceChildren();
  }
}

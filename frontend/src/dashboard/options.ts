/** A list to choose from, one or several, with a search box when it is long. Drawn in parts: a list may hold thousands. */

import type { Choice } from "./boot";
import { arrowKeys, button, make } from "./dom";
import type { Say } from "./ranges";

const SEARCH_FROM = 8;
/** So many are drawn at once; a search finds the others. */
export const MOST_DRAWN = 200;

export interface OptionsHost {
  readonly label: string;
  readonly locale: string;
  readonly say: Say;
  readonly isChosen: (choice: Choice) => boolean;
  readonly take: (choice: Choice) => void;
  readonly several: boolean;
  readonly searchable: boolean;
}

/** Return the choices whose label or value contains the wanted text, whatever its case and accents. */
export function matching(choices: readonly Choice[], wanted: string, locale: string): readonly Choice[] {
  const plain = (text: string): string => text.toLocaleLowerCase(locale).normalize("NFKD").replace(/\p{M}/gu, "");
  const needle = plain(wanted.trim());
  if (needle === "") return choices;
  return choices.filter(({ value, label }) => plain(label).includes(needle) || (typeof value === "string" && plain(value).includes(needle)));
}

export class Options {
  readonly elements: readonly HTMLElement[];
  private readonly list: HTMLElement;
  private readonly none: HTMLElement;
  private readonly search: HTMLInputElement | null;

  constructor(private readonly choices: readonly Choice[], private readonly host: OptionsHost) {
    const role = host.several ? "group" : "listbox";
    this.list = make("div", { role, class: "options", "aria-label": host.label });
    this.none = make("p", { class: "none", role: "status", hidden: "" });
    const isLong = choices.filter(({ value }) => value !== null).length >= SEARCH_FROM;
    this.search = host.searchable && isLong ? this.searchBox() : null;
    arrowKeys(this.list, () => this.items());
    this.draw();
    this.elements = [...(this.search === null ? [] : [this.search]), this.list, this.none];
  }

  /** What gets the focus: the search box, else what is chosen. */
  get first(): HTMLElement | null {
    return this.search ?? this.chosen();
  }

  private draw(): void {
    const found = matching(this.choices, this.search?.value ?? "", this.host.locale);
    this.list.replaceChildren(...found.slice(0, MOST_DRAWN).map((choice) => this.item(choice)));
    if (!this.host.several) this.chosen()?.setAttribute("tabindex", "0");
    const more = found.length - MOST_DRAWN;
    this.none.hidden = found.length > 0 && more <= 0;
    this.none.textContent = found.length === 0 ? this.host.say("nothing_found") : this.host.say("more_choices", Math.max(more, 0));
  }

  private item(choice: Choice): HTMLElement {
    return this.host.several ? this.box(choice) : this.option(choice);
  }

  private option(choice: Choice): HTMLElement {
    const item = button("option", "", () => this.host.take(choice));
    item.append(make("bdi", {}, choice.label));
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(this.host.isChosen(choice)));
    item.tabIndex = -1;
    return item;
  }

  private box(choice: Choice): HTMLElement {
    const box = make("input", { type: "checkbox" });
    box.checked = this.host.isChosen(choice);
    box.addEventListener("change", () => this.host.take(choice));
    return make("label", {}, box, make("bdi", {}, choice.label));
  }

  private items(): readonly HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>(this.host.several ? "input" : "[role=option]")];
  }

  private chosen(): HTMLElement | null {
    return this.list.querySelector<HTMLElement>("[aria-selected=true]") ?? this.items()[0] ?? null;
  }

  private searchBox(): HTMLInputElement {
    const word = this.host.say("search");
    const search = make("input", { type: "search", placeholder: word, "aria-label": word, autocomplete: "off" });
    search.addEventListener("input", () => this.draw());
    search.addEventListener("keydown", (event) => this.onSearchKey(event));
    return search;
  }

  private onSearchKey(event: KeyboardEvent): void {
    const first = this.items()[0];
    if (first === undefined || (event.key !== "ArrowDown" && event.key !== "Enter")) return;
    event.preventDefault();
    // Enter belongs to the search here; the form around it would apply.
    event.stopPropagation();
    if (event.key === "ArrowDown") first.focus();
    else if (this.items().length === 1) first.click();
  }
}

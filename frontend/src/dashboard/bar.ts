/** The variables bar: the template writes values as text, this makes controls of the ones that the viewer may change. */

import type { Variable } from "./boot";
import { button, icon, make } from "./dom";
import { edit } from "./editors";
import type { Popover } from "./popover";
import type { Say } from "./ranges";
import type { Offer, Offers } from "./offers";
import { valueText, type Values } from "./values";

export interface BarHost {
  readonly values: Values;
  readonly offers: Offers;
  readonly popover: Popover;
  readonly locale: string;
  readonly say: Say;
  readonly onChange: (names: readonly string[]) => void;
}

export class VariablesBar {
  private readonly chips = new Map<string, HTMLButtonElement>();
  private readonly reset: HTMLButtonElement;

  constructor(private readonly bar: HTMLElement, private readonly host: BarHost) {
    for (const variable of host.values.open) this.upgrade(variable);
    this.reset = button("link-btn reset", host.say("reset"), () => this.resetAll());
    bar.append(this.reset);
    this.redraw();
  }

  /** Show the values as they are now. */
  redraw(): void {
    for (const variable of this.host.values.all) this.show(variable);
    this.reset.hidden = !this.host.values.anyChanged;
  }

  /** Show what is offered now, also where its list stands open. */
  offered(name: string): void {
    this.redraw();
    const chip = this.chips.get(name);
    if (chip !== undefined) this.host.popover.refill(chip);
  }

  resetAll(): void {
    const hadFocus = document.activeElement === this.reset;
    const names = this.host.values.reset();
    this.redraw();
    if (hadFocus) this.chips.values().next().value?.focus();
    if (names.length > 0) this.host.onChange(names);
  }

  private upgrade(variable: Variable): void {
    const text = this.find(variable.name);
    if (text === null) return;
    const chip = make("button", { type: "button", class: "chip", "data-variable": variable.name, "aria-haspopup": "dialog", "aria-expanded": "false" });
    chip.append(make("span", {}, variable.label), make("b", {}, make("bdi")), icon("chevron"));
    chip.addEventListener("click", () => this.open(variable, chip));
    text.replaceWith(chip);
    this.chips.set(variable.name, chip);
  }

  private find(name: string): HTMLElement | null {
    return this.bar.querySelector<HTMLElement>(`[data-variable="${CSS.escape(name)}"]`);
  }

  private show(variable: Variable): void {
    const { values, locale, say } = this.host;
    const chip = this.find(variable.name);
    const value = chip?.querySelector("bdi");
    if (chip === null || value === null || value === undefined) return;
    const shown = this.chips.has(variable.name) ? values.current(variable.name) : variable.value;
    const labels = this.host.offers.labels(variable);
    value.textContent = valueText(variable, shown, locale, say, labels);
    chip.classList.toggle("set", values.isChanged(variable.name));
  }

  private open(variable: Variable, chip: HTMLButtonElement): void {
    this.host.popover.toggle(chip, { role: "dialog", label: variable.label, fill: (panel) => this.fill(panel, variable) });
  }

  private fill(panel: HTMLElement, variable: Variable): HTMLElement | null {
    const { values, locale, say } = this.host;
    const apply = (value: unknown): void => this.apply(variable.name, value);
    const offer = (): Offer => this.host.offers.of(variable);
    return edit(panel, { variable, value: values.current(variable.name), locale, say, apply, offer });
  }

  private apply(name: string, value: unknown): void {
    this.host.popover.close(true);
    const changed = this.host.values.set(name, value);
    this.redraw();
    if (changed) this.host.onChange([name]);
  }
}

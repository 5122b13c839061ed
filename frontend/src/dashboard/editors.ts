/** What is inside the popover of a variable: one editor for each type. */

import type { Choice, Variable } from "./boot";
import { button, make } from "./dom";
import type { Offer } from "./offers";
import { Options, type OptionsHost } from "./options";
import { isDay, rangeText, readRange, RELATIVE, RELATIVE_DAYS, type Say } from "./ranges";
import { same } from "./values";

export interface Editing {
  readonly variable: Variable;
  readonly value: unknown;
  readonly locale: string;
  readonly say: Say;
  /** Take a value at once and close. */
  readonly apply: (value: unknown) => void;
  /** What may be chosen, as far as it is known. */
  readonly offer: () => Offer;
}

type Editor = (panel: HTMLElement, editing: Editing) => HTMLElement | null;

const EDITORS: Readonly<Record<string, Editor>> = {
  boolean: editBoolean,
  choice: editChoice,
  date: editDate,
  date_range: editRange,
  multi_choice: editChoices,
  number: editNumber,
  text: editText,
};

/** Fill the panel for the variable's type and return what gets the focus. */
export function edit(panel: HTMLElement, editing: Editing): HTMLElement | null {
  return EDITORS[editing.variable.type]?.(panel, editing) ?? null;
}

function editChoice(panel: HTMLElement, editing: Editing): HTMLElement | null {
  return whenOffered(panel, editing, (offer) => {
    const options = oneOf([...all(editing), ...offer.choices], editing);
    panel.append(...options.elements, ...cutOff(offer, editing));
    return options.first;
  });
}

function editChoices(panel: HTMLElement, editing: Editing): HTMLElement | null {
  return whenOffered(panel, editing, (offer) => {
    const chosen = new Set<unknown>(Array.isArray(editing.value) ? editing.value : []);
    const take = (choice: Choice): void => void (chosen.delete(choice.value) || chosen.add(choice.value));
    const isChosen = (choice: Choice): boolean => chosen.has(choice.value);
    const options = new Options(offer.choices, { ...listed(editing), isChosen, take, several: true, searchable: true });
    const form = make("div", { class: "form" }, ...options.elements, ...cutOff(offer, editing));
    const read = (): unknown => (chosen.size > 0 ? [...chosen] : editing.variable.required ? undefined : null);
    withFooter(form, editing, read, "choose_hint", options.first);
    panel.append(form);
    return options.first;
  });
}

type Ready = Extract<Offer, { kind: "ready" }>;

/** Fill the panel once the choices are there; until then it says so. */
function whenOffered(panel: HTMLElement, editing: Editing, fill: (offer: Ready) => HTMLElement | null): HTMLElement | null {
  const offer = editing.offer();
  if (offer.kind === "ready") return fill(offer);
  panel.append(make("p", { class: "none", role: "status" }, editing.say(offer.kind === "asked" ? "loading" : "choices_failed")));
  return panel;
}

function cutOff(offer: Ready, editing: Editing): readonly HTMLElement[] {
  return offer.truncated ? [make("p", { class: "none" }, editing.say("choices_cut_off", offer.choices.length))] : [];
}

function all(editing: Editing): readonly Choice[] {
  return editing.variable.required ? [] : [{ value: null, label: editing.say("all") }];
}

function oneOf(choices: readonly Choice[], editing: Editing, searchable = true): Options {
  const isChosen = (choice: Choice): boolean => same(choice.value, editing.value);
  return new Options(choices, { ...listed(editing), isChosen, take: (choice) => editing.apply(choice.value), several: false, searchable });
}

function listed({ variable, locale, say }: Editing): Pick<OptionsHost, "label" | "locale" | "say"> {
  return { label: variable.label, locale, say };
}

function editBoolean(panel: HTMLElement, editing: Editing): HTMLElement | null {
  const truths = [{ value: true, label: editing.say("yes") }, { value: false, label: editing.say("no") }];
  const options = oneOf([...all(editing), ...truths], editing);
  panel.append(...options.elements);
  return options.first;
}

function editDate(panel: HTMLElement, editing: Editing): HTMLElement | null {
  const options = oneOf([...all(editing), ...RELATIVE_DAYS.map((value) => ({ value, label: editing.say(value) }))], editing);
  const day = dayInput(editing.variable.label, isDay(editing.value) ? editing.value : "");
  const form = make("div", { class: "form days" }, day.label);
  withFooter(form, editing, () => (isDay(day.input.value) ? day.input.value : undefined), "date_hint", day.input);
  panel.append(...options.elements, form);
  return options.first;
}

function editRange(panel: HTMLElement, editing: Editing): HTMLElement | null {
  const { locale, say } = editing;
  const relative = RELATIVE.map((name) => ({ value: name, label: rangeText(name, locale, say) }));
  const options = oneOf([...all(editing), ...relative], editing, false);
  panel.append(...options.elements, daysForm(editing));
  return options.first;
}

function daysForm(editing: Editing): HTMLElement {
  const range = readRange(editing.value);
  const days = range !== null && typeof range !== "string" ? range : { start: "", end: "" };
  const start = dayInput(editing.say("from"), days.start);
  const end = dayInput(editing.say("to"), days.end);
  const form = make("div", { class: "form days" }, start.label, end.label);
  const read = (): unknown => {
    const ok = isDay(start.input.value) && isDay(end.input.value) && start.input.value <= end.input.value;
    return ok ? { start: start.input.value, end: end.input.value } : undefined;
  };
  withFooter(form, editing, read, "range_hint", end.input);
  return form;
}

function dayInput(text: string, value: string): { label: HTMLElement; input: HTMLInputElement } {
  const input = make("input", { type: "date", max: "9999-12-31" });
  input.value = value;
  return { label: make("label", {}, make("span", {}, text), input), input };
}

function editNumber(panel: HTMLElement, editing: Editing): HTMLElement {
  const input = field({ type: "number", step: "any", inputmode: "decimal" }, editing);
  const form = make("div", { class: "form" }, input);
  withFooter(form, editing, () => (input.value !== "" && Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : undefined), "number_hint", input);
  panel.append(form);
  return input;
}

function editText(panel: HTMLElement, editing: Editing): HTMLElement {
  const input = field({ type: "text", maxlength: "1000" }, editing);
  const form = make("div", { class: "form" }, input);
  withFooter(form, editing, () => (input.value !== "" ? input.value : editing.variable.required ? undefined : null), "text_hint", input);
  panel.append(form);
  return input;
}

function field(attributes: Readonly<Record<string, string>>, editing: Editing): HTMLInputElement {
  const input = make("input", { ...attributes, autocomplete: "off", "aria-label": editing.variable.label });
  if (editing.value !== null) input.value = String(editing.value);
  return input;
}

/**
 * Add "Clear" and "Apply". `read` gives undefined for what cannot be applied: then the hint says what to write.
 *
 * No form element: a sandboxed frame may not submit one, not even to its own script.
 */
function withFooter(form: HTMLElement, editing: Editing, read: () => unknown, hint: string, input: HTMLElement | null): void {
  const note = make("p", { class: "hint", role: "alert" });
  const apply = (): void => {
    const value = read();
    if (value !== undefined) return editing.apply(value);
    note.textContent = editing.say(hint);
    input?.setAttribute("aria-invalid", "true");
    input?.focus();
  };
  const clear = button("link-btn", editing.say("clear"), () => editing.apply(null));
  clear.hidden = editing.variable.required;
  form.append(note, make("footer", {}, clear, button("primary", editing.say("apply"), apply)));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    // The focus goes back to the chip at once, which the same key press would open again.
    event.preventDefault();
    apply();
  });
}

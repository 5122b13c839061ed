/** What is inside the popover of a variable: one editor for each type. */

import type { Choice, Variable } from "./boot";
import { arrowKeys, button, make } from "./dom";
import { isDay, rangeText, readRange, RELATIVE, type Say } from "./ranges";
import { same } from "./values";

const SEARCH_FROM = 8;

export interface Editing {
  readonly variable: Variable;
  readonly value: unknown;
  readonly locale: string;
  readonly say: Say;
  /** Take a value at once and close. */
  readonly apply: (value: unknown) => void;
}

type Editor = (panel: HTMLElement, editing: Editing) => HTMLElement | null;

const EDITORS: Readonly<Record<string, Editor>> = { choice: editChoice, date_range: editRange, number: editNumber, text: editText };

/** Fill the panel for the variable's type and return what gets the focus. */
export function edit(panel: HTMLElement, editing: Editing): HTMLElement | null {
  return EDITORS[editing.variable.type]?.(panel, editing) ?? null;
}

function editChoice(panel: HTMLElement, editing: Editing): HTMLElement | null {
  const all: Choice = { value: null, label: editing.say("all") };
  const list = optionList([all, ...editing.variable.choices], editing);
  if (editing.variable.choices.length < SEARCH_FROM) {
    panel.append(list);
    return chosenOf(list);
  }
  const search = searchBox(list, editing);
  panel.append(search, list);
  return search;
}

/** Make a list of options; a click, Enter or the space bar takes one. */
function optionList(choices: readonly Choice[], editing: Editing): HTMLElement {
  const list = make("div", { role: "listbox", class: "options", "aria-label": editing.variable.label });
  for (const choice of choices) list.append(option(choice, editing));
  arrowKeys(list, () => shown(list));
  chosenOf(list)?.setAttribute("tabindex", "0");
  return list;
}

function option(choice: Choice, editing: Editing): HTMLElement {
  const selected = same(choice.value, editing.value);
  const item = button("option", "", () => editing.apply(choice.value));
  item.append(make("bdi", {}, choice.label));
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", String(selected));
  item.tabIndex = -1;
  return item;
}

function shown(list: HTMLElement): readonly HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>("[role=option]:not([hidden])")];
}

function chosenOf(list: HTMLElement): HTMLElement | null {
  return list.querySelector<HTMLElement>("[aria-selected=true]") ?? list.querySelector<HTMLElement>("[role=option]");
}

function searchBox(list: HTMLElement, editing: Editing): HTMLInputElement {
  const words = { type: "search", placeholder: editing.say("search"), "aria-label": editing.say("search"), autocomplete: "off" };
  const search = make("input", words);
  const none = make("p", { class: "none", hidden: "" }, editing.say("nothing_found"));
  list.append(none);
  search.addEventListener("input", () => {
    filter(list, search.value, editing.locale);
    none.hidden = shown(list).length > 0;
  });
  search.addEventListener("keydown", (event) => onSearchKey(event, list));
  return search;
}

function filter(list: HTMLElement, wanted: string, locale: string): void {
  const plain = (text: string): string => text.toLocaleLowerCase(locale).normalize("NFKD").replace(/\p{M}/gu, "");
  const needle = plain(wanted.trim());
  for (const item of list.querySelectorAll<HTMLElement>("[role=option]")) {
    item.hidden = !plain(item.textContent ?? "").includes(needle);
  }
}

function onSearchKey(event: KeyboardEvent, list: HTMLElement): void {
  const first = shown(list)[0];
  if (first === undefined || (event.key !== "ArrowDown" && event.key !== "Enter")) return;
  event.preventDefault();
  if (event.key === "ArrowDown") first.focus();
  else if (shown(list).length === 1) first.click();
}

function editRange(panel: HTMLElement, editing: Editing): HTMLElement | null {
  const { locale, say } = editing;
  const relative = RELATIVE.map((name) => ({ value: name, label: rangeText(name, locale, say) }));
  const list = optionList([{ value: null, label: say("all") }, ...relative], editing);
  panel.append(list, daysForm(editing));
  return chosenOf(list);
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
  withFooter(form, editing, () => (input.value === "" ? null : input.value), "", input);
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
function withFooter(form: HTMLElement, editing: Editing, read: () => unknown, hint: string, input: HTMLInputElement): void {
  const note = make("p", { class: "hint", role: "alert" });
  const apply = (): void => {
    const value = read();
    if (value !== undefined) return editing.apply(value);
    note.textContent = editing.say(hint);
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  const clear = button("link-btn", editing.say("clear"), () => editing.apply(null));
  form.append(note, make("footer", {}, clear, button("primary", editing.say("apply"), apply)));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    // The focus goes back to the chip at once, which the same key press would open again.
    event.preventDefault();
    apply();
  });
}

/** Small ways to make elements; every text goes in as text. */

type Attributes = Readonly<Record<string, string>>;

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function button(className: string, text: string, onClick: () => void): HTMLButtonElement {
  const element = make("button", { type: "button", class: className }, text);
  element.addEventListener("click", onClick);
  return element;
}

/** Find an element that the template always has. Throws an Error that names it. */
export function need<T extends Element>(selector: string, kind: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The page has no ${selector}.`);
  return found;
}

/** Copy an icon out of the template's `<template id="eh-icons">`. */
export function icon(name: string): Node {
  const source = need("#eh-icons", HTMLTemplateElement).content.querySelector(`[data-icon="${name}"]`);
  return source === null ? document.createTextNode("") : source.cloneNode(true);
}

const MOVES: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowDown: (index, count) => Math.min(count - 1, index + 1),
  ArrowUp: (index) => Math.max(0, index - 1),
  Home: () => 0,
  End: (_index, count) => count - 1,
};

/** Let arrow keys, Home and End move the focus through the items of a list or menu. */
export function arrowKeys(list: HTMLElement, items: () => readonly HTMLElement[]): void {
  list.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    const all = items();
    if (move === undefined || all.length === 0) return;
    event.preventDefault();
    all[move(all.findIndex((item) => item === document.activeElement), all.length)]?.focus();
  });
}

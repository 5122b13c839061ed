// A legend whose items isolate their series; a second press restores all.

function pressable(item: HTMLElement): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  button.append(...item.childNodes);
  item.append(button);
  return button;
}

/** Make a card's legend pressable; `isolate` gets a series' name, or null for all. */
export function liveLegend(card: HTMLElement, isolate: (name: string | null) => void): { destroy(): void } {
  const items = [...card.querySelectorAll<HTMLElement>(".legend li[data-series]")];
  if (items.length < 2) return { destroy: () => undefined };
  const buttons = items.map(pressable);
  let chosen = -1;
  const press = (index: number): void => {
    chosen = chosen === index ? -1 : index;
    items.forEach((item, i) => {
      item.classList.toggle("off", chosen >= 0 && i !== chosen);
      buttons[i]?.setAttribute("aria-pressed", String(i === chosen));
    });
    isolate(chosen < 0 ? null : items[chosen]?.dataset["series"] ?? null);
  };
  buttons.forEach((button, i) => { button.addEventListener("click", () => { press(i); }); });
  return {
    destroy: () => {
      items.forEach((item, i) => { item.classList.remove("off"); item.replaceChildren(...(buttons[i]?.childNodes ?? [])); });
    },
  };
}

/** A panel's menu: its table, its rows as a file. */

import { arrowKeys, button, icon, make } from "./dom";
import type { Popover } from "./popover";
import type { Say } from "./ranges";

export interface MenuHost {
  readonly popover: Popover;
  readonly say: Say;
  readonly mayExport: boolean;
  readonly onDownload: (panel: string) => void;
}

/** Put the menu's button into a card's head, unless the card has nothing to offer or has one already. */
export function addMenu(card: HTMLElement, host: MenuHost): void {
  const head = card.querySelector(".card-head");
  if (head === null || head.querySelector(".menu-btn") !== null || entries(card, host).length === 0) return;
  const name = `${host.say("panel_menu")}: ${card.querySelector("h2")?.textContent ?? ""}`;
  const opener = make("button", { type: "button", class: "icon-btn menu-btn", "aria-label": name, title: name, "aria-haspopup": "menu", "aria-expanded": "false", "data-align": "end" }, icon("more"));
  opener.addEventListener("click", () => host.popover.toggle(opener, { role: "menu", label: name, fill: (panel) => fill(panel, card, host) }));
  head.append(opener);
}

function fill(panel: HTMLElement, card: HTMLElement, host: MenuHost): HTMLElement | null {
  panel.classList.add("menu");
  panel.append(...entries(card, host));
  arrowKeys(panel, () => [...panel.querySelectorAll<HTMLElement>("[role=menuitem]")]);
  return panel.querySelector<HTMLElement>("[role=menuitem]");
}

function entries(card: HTMLElement, { popover, say, mayExport, onDownload }: MenuHost): HTMLElement[] {
  const found: HTMLElement[] = [];
  const table = card.querySelector<HTMLDetailsElement>("details.as-table");
  const entry = (text: string, act: () => void): void => {
    const item = button("option", text, () => { popover.close(true); act(); });
    item.setAttribute("role", "menuitem");
    found.push(item);
  };
  if (table !== null) entry(say(table.open ? "hide_table" : "show_table"), () => { table.open = !table.open; });
  const id = card.dataset["panel"];
  if (mayExport && id !== undefined && card.dataset["type"] !== "text") entry(say("download_csv"), () => onDownload(id));
  return found;
}

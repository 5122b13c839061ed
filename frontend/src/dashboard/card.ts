/** One card's element: what is put into it and what stays. */

import { make } from "./dom";
import type { Failure } from "./data";
import type { Say } from "./ranges";

/** Read a drawn card out of an answer's HTML; null unless it is the card of this panel. */
export function parseCard(html: string, id: string): HTMLElement | null {
  const card = new DOMParser().parseFromString(html, "text/html").querySelector<HTMLElement>("section[data-panel]");
  return card?.dataset["panel"] === id ? document.adoptNode(card) : null;
}

/** Put a card in another's place; an open table stays open and the focus stays where it was. */
export function swap(old: HTMLElement, fresh: HTMLElement): void {
  const focused = old.contains(document.activeElement) ? focusKey(document.activeElement) : null;
  for (const { className } of old.querySelectorAll("details[open]")) {
    if (className !== "") fresh.querySelector(`details.${CSS.escape(className)}`)?.setAttribute("open", "");
  }
  old.replaceWith(fresh);
  if (focused !== null) fresh.querySelector<HTMLElement>(focused)?.focus({ preventScroll: true });
}

function focusKey(element: Element | null): string | null {
  if (element?.matches("summary")) return "summary";
  if (element?.matches(".menu-btn")) return ".menu-btn";
  return element === null ? null : ".menu-btn, summary";
}

/** Say in the foot that new numbers are on their way; the old ones stay. */
export function showBusy(card: HTMLElement, say: Say): void {
  card.setAttribute("aria-busy", "true");
  if (card.dataset["state"] === "pending" || card.querySelector(".busy") !== null) return;
  card.querySelector(".card-foot")?.prepend(make("span", { class: "busy" }, say("updating")));
}

export function endBusy(card: HTMLElement): void {
  card.removeAttribute("aria-busy");
  card.querySelector(".busy")?.remove();
}

/** Keep the old numbers and say in the foot that they could not be brought up to date. */
export function showStale(card: HTMLElement, say: Say): void {
  endBusy(card);
  if (card.querySelector(".not-updated") === null) {
    card.querySelector(".card-foot")?.prepend(make("span", { class: "stale not-updated" }, say("not_updated")));
  }
}

/** Put a message in the place of the drawing; the card keeps its size. */
export function showFailure(card: HTMLElement, failure: Failure, again: number | null, say: Say): void {
  const height = card.getBoundingClientRect().height;
  card.style.minHeight = `${Math.round(height)}px`;
  card.dataset["state"] = "failed";
  endBusy(card);
  card.querySelector(".legend")?.remove();
  card.querySelector(".card-body")?.replaceChildren(failureText(again, say));
  const reference = failure.reference === "" ? "" : `${say("reference")} ${failure.reference}`;
  card.querySelector(".card-foot")?.replaceChildren(make("span", {}, reference));
}

function failureText(again: number | null, say: Say): HTMLElement {
  const when = again === null ? say("rest_is_fine") : say("try_again_in", again);
  const state = make("div", { class: "state" }, make("b", {}, say("could_not_load")), make("p", {}, when));
  if (again !== null) state.append(actionButton("retry", say("try_again")));
  return state;
}

/** Say on a failed card that the server drew when it is tried again, and offer to do it now. */
export function offerRetry(card: HTMLElement, seconds: number, say: Say): void {
  card.querySelector(".state")?.replaceWith(failureText(seconds, say));
}

/** Offer an empty card's way out: the filters that made it empty. */
export function offerReset(card: HTMLElement, say: Say): void {
  card.querySelector(".state")?.append(actionButton("reset", say("reset_filters")));
}

/** A button whose click the page hears by its action, since cards come and go. */
function actionButton(action: string, text: string): HTMLButtonElement {
  return make("button", { type: "button", class: "link-btn in-text", "data-action": action }, text);
}

/** Superset's wish for the filters: shown, behind a button, or not at all. */

import { make, need } from "./dom";

/** Show the variables bar as wished; behind a button it opens where it stands. */
export function placeFilters({ showFilters, expandFilters }: { readonly showFilters: boolean; readonly expandFilters: boolean }): void {
  const bar = need(".vars", HTMLElement);
  bar.hidden = !showFilters || !expandFilters;
  if (!showFilters || expandFilters || bar.children.length === 0) return;
  bar.id = "eh-vars";
  const toggle = make("button", { type: "button", class: "link-btn", "aria-controls": bar.id, "aria-expanded": "false" }, bar.getAttribute("aria-label") ?? "");
  toggle.addEventListener("click", () => {
    bar.hidden = !bar.hidden;
    toggle.setAttribute("aria-expanded", String(!bar.hidden));
  });
  need(".eh-tools", HTMLElement).prepend(toggle);
}

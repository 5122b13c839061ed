/** Registers the element under a name, once, for the host that this script came from. */

import { dashboardElement } from "./element";
import { loaderOrigin } from "./frame";

/** Define the element; a page that loads the script twice keeps the first. */
export function define(name: string): void {
  if (customElements.get(name) === undefined) customElements.define(name, dashboardElement(ownOrigin()));
}

/** A classic script knows itself; a module does not and looks for its own tag. */
export function ownOrigin(): string | null {
  const current = document.currentScript;
  const own = current instanceof HTMLScriptElement ? [current.src] : [];
  return loaderOrigin([...own, ...Array.from(document.scripts, (script) => script.src).reverse()]);
}

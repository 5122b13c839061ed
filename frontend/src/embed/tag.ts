/** viaSocket's tag as its pages call it: the globals and the open button are there at once, the rest comes when needed. */

import { ownOrigin } from "./define";
import type { Mount } from "./tag-mount";
import type * as Part from "./tag-part";

const SCRIPT = "viasocket-embed-main-script";
const BUTTON = "#viasocket-embed-open-button";
/** Where a page that loads the script again finds the one that runs. */
const RUNNING = Symbol.for("embedhost.tag");

type Globals = Record<PropertyKey, unknown>;
type Open = (flow?: unknown, options?: unknown, opener?: Element | null) => void;

/** Start when the page has viaSocket's tag; a page without it gets no globals. */
export function startTag(): void {
  const script = ownTag();
  const base = ownOrigin();
  if (script === null || base === null) return;
  const globals = window as unknown as Globals;
  (globals[RUNNING] as (() => void) | undefined)?.();
  globals[RUNNING] = run(script, base, globals);
}

/** A page may load this script beside the tag's own: only the tag's own starts it. */
function ownTag(): Element | null {
  const current = document.currentScript;
  if (current === null) return document.getElementById(SCRIPT);
  return current.id === SCRIPT ? current : null;
}

function run(script: Element, base: string, globals: Globals): () => void {
  const part = import(`${base}/tag.js`) as Promise<typeof Part>;
  const tag = part.then(({ Tag }) => new Tag(script, base));
  tag.catch(() => console.error(`viaSocket: ${base}/tag.js could not be loaded.`));
  // Who had the focus counts when the page calls, not when the rest has come.
  const open: Open = (flow, options, opener = document.activeElement) => void tag.then((it) => it.open(flow, options, opener));
  const close = (): void => void tag.then((it) => it.close());
  const onClick = (event: MouseEvent): void => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>(BUTTON) : null;
    // A button with its own onclick calls openViasocket() itself.
    if (button !== null && button.onclick === null) open(undefined, undefined, button);
  };
  document.addEventListener("click", onClick);
  globals["openViasocket"] = (flow?: unknown, options?: unknown) => open(flow, options);
  globals["handleclose"] = close;
  globals["viaSocket"] = {
    mount: (given?: unknown) => handle(tag.then((it) => it.mount(given))),
    init: (given: unknown) => void tag.then((it) => it.init(given)),
    open: globals["openViasocket"],
    close,
  };
  return () => {
    document.removeEventListener("click", onClick);
    void tag.then((it) => it.end());
  };
}

/** What `mount()` gives back at once; calls wait for the embed. */
function handle(made: Promise<Mount>): Record<string, (...values: never[]) => unknown> {
  const later = (name: "update" | "send" | "close" | "destroy") => (value: unknown) => void made.then((it) => it[name](value));
  return {
    ...Object.fromEntries((["update", "send", "close", "destroy"] as const).map((name) => [name, later(name)])),
    open: (flow?: unknown, options?: unknown) => void made.then((it) => it.open(flow, options)),
    on: (name: string, listener: (detail: unknown) => void) => {
      const off = made.then((it) => it.on(name, listener));
      return () => void off.then((end) => end());
    },
  };
}

/** Entry of /tag.js, which embed.js imports on a page with viaSocket's tag. */

import { fields } from "./tag-config";
import { BUTTON, styledButton } from "./tag-dialog";
import { Mount } from "./tag-mount";

/** The running tag of a page: what its globals call. */
export class Tag {
  readonly #main: Mount;
  readonly #watch = new MutationObserver(() => this.#read());
  readonly #button: HTMLElement | null;

  constructor(private readonly script: Element, private readonly base: string) {
    this.#main = new Mount(base);
    this.#read();
    // Also attributes that come later: a fresh token, another dashboard.
    this.#watch.observe(script, { attributes: true });
    this.#button = ownButton(script);
  }

  open(flow?: unknown, options?: unknown, opener?: Element | null): void {
    this.#main.open(flow, options, opener);
  }

  close(): void {
    this.#main.close();
  }

  init(given: unknown): void {
    this.#main.update(given);
  }

  /** Make one more embed, beside the tag's own. */
  mount(given: unknown): Mount {
    const made = new Mount(this.base);
    const { open, ...wishes } = fields(given);
    made.update({ config: {}, ...wishes });
    if (open !== undefined && open !== false) made.open(undefined, open);
    return made;
  }

  end(): void {
    this.#watch.disconnect();
    this.#main.destroy();
    this.#button?.remove();
  }

  /** Read the tag's attributes; HTML lower-cases their names. */
  #read(): void {
    const wishes: Record<string, unknown> = {
      config: fields(this.script.getAttribute("config")),
      variables: fields(this.script.getAttribute("data-variables")),
    };
    for (const name of ["embedToken", "parentId"]) wishes[name] = this.script.getAttribute(name) ?? undefined;
    for (const name of ["dashboard", "environment", "locale"]) wishes[name] = this.script.getAttribute(`data-${name}`) ?? undefined;
    this.#main.update(wishes);
  }
}

/** `buttonType: "default"` asks for a button where the tag stands. */
function ownButton(script: Element): HTMLElement | null {
  const { buttonType, buttonName } = fields(script.getAttribute("config"));
  if (buttonType !== "default" || document.getElementById(BUTTON) !== null) return null;
  const button = styledButton(typeof buttonName === "string" ? buttonName : "Open dashboard", {}, BUTTON);
  if (document.head.contains(script)) document.body.append(button);
  else script.after(button);
  return button;
}

/** Copying: of a text in the page, of the open snippet, or of a secret that is fetched for it and never shown. */

const SAID_MS = 2000;

/** Let every copy button below a root work. */
export function copyOnClick(root: Document): void {
  root.addEventListener("click", (event) => {
    const button = closest<HTMLElement>(event.target, "[data-copy], [data-copy-snippet]");
    if (button) void write(textOf(button)).then((done) => say(button, done));
  });
  root.addEventListener("submit", (event) => {
    const form = closest<HTMLFormElement>(event.target, "form[data-copy-answer]");
    if (!form) return;
    event.preventDefault();
    void copyAnswer(form);
  });
}

function closest<E extends Element>(target: EventTarget | null, selector: string): E | null {
  return target instanceof Element ? target.closest<E>(selector) : null;
}

function textOf(button: HTMLElement): string {
  if (button.dataset["copy"] !== undefined) return button.dataset["copy"];
  const shown = [...(button.closest("[data-snippets]")?.querySelectorAll("pre") ?? [])].find((pre) => pre.offsetParent);
  return shown?.textContent ?? "";
}

async function copyAnswer(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector<HTMLElement>("button");
  const text = await fetchAnswer(form, form.dataset["copyAnswer"] ?? "");
  if (text !== null && (await write(text))) say(button, true);
  else form.submit(); // The page that answers shows the value to copy by hand.
}

async function fetchAnswer(form: HTMLFormElement, member: string): Promise<string | null> {
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return null;
    const body: unknown = await answer.json();
    return readText(body, member);
  } catch {
    return null;
  }
}

function readText(body: unknown, member: string): string | null {
  if (typeof body !== "object" || body === null) return null;
  const value: unknown = Reflect.get(body, member);
  return typeof value === "string" ? value : null;
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Say beside the button, also to screen readers, what came of it. */
function say(button: HTMLElement | null, done: boolean): void {
  if (!button) return;
  button.querySelector("[role=status]")?.remove();
  const note = document.createElement("span");
  note.setAttribute("role", "status");
  note.className = "copied";
  button.append(note);
  note.textContent = done ? "Copied" : "Not copied: select the text";
  setTimeout(() => note.remove(), SAID_MS);
}

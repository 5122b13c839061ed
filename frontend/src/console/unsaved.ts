/** A bar at the bottom of a form that says what is not saved yet, with Discard and Save within reach. */

/** Return the names of a form's fields whose values differ from those it came with. */
export function changedNames(before: ReadonlyArray<[string, string]>, now: ReadonlyArray<[string, string]>): string[] {
  const names = new Set([...before, ...now].map(([name]) => name));
  const values = (entries: ReadonlyArray<[string, string]>, name: string): string =>
    JSON.stringify(entries.filter(([other]) => other === name).map(([, value]) => value));
  return [...names].filter((name) => values(before, name) !== values(now, name));
}

/** Return the words for a number of unsaved changes. */
export function unsavedWords(number: number): string {
  return number === 1 ? "1 unsaved change" : `${number} unsaved changes`;
}

/** Show the bar while a form differs from what it came with. */
export function trackChanges(form: HTMLFormElement): void {
  const before = entries(form);
  const { bar, words } = makeBar();
  const look = (): void => {
    const changes = changedNames(before, entries(form)).length;
    words.textContent = unsavedWords(changes);
    if (changes === 0) bar.remove();
    else if (!bar.isConnected) form.append(bar);
  };
  form.addEventListener("input", look);
  form.addEventListener("reset", () => setTimeout(look));
}

function entries(form: HTMLFormElement): Array<[string, string]> {
  return [...new FormData(form)].flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []));
}

function makeBar(): { bar: HTMLElement; words: HTMLElement } {
  const bar = document.createElement("div");
  bar.className = "unsaved";
  const words = document.createElement("span");
  words.setAttribute("role", "status");
  bar.append(words, button("Discard", "reset", "btn"), button("Save", "submit", "btn primary"));
  return { bar, words };
}

function button(text: string, type: "reset" | "submit", className: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = type;
  made.className = className;
  made.textContent = text;
  return made;
}

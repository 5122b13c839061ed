/** The language that somebody chose is there again on the next page. */

const KEY = "embedhost.snippet-language";

/** Choose the kept language in a snippet box, and keep what is chosen. */
export function keepLanguage(box: HTMLElement): void {
  const kept = localStorage.getItem(KEY);
  for (const choice of box.querySelectorAll<HTMLInputElement>("input[type=radio]")) {
    if (choice.value === kept) choice.checked = true;
    choice.addEventListener("change", () => localStorage.setItem(KEY, choice.value));
  }
}

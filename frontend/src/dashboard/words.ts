/** The page's words in the viewer's language: the template carries them, so that Django translates them. */

import type { Say } from "./ranges";

/** Read every `<i data-word="...">` of a template; `%s` in a word stands for a number. */
export function readWords(source: HTMLTemplateElement, locale: string): Say {
  const words = new Map<string, string>();
  for (const item of source.content.querySelectorAll<HTMLElement>("[data-word]")) {
    words.set(item.dataset["word"] ?? "", item.textContent ?? "");
  }
  const digits = new Intl.NumberFormat(locale);
  return (word, count) => {
    const found = words.get(word) ?? word;
    return count === undefined ? found : found.replace("%s", digits.format(count));
  };
}

/** The button that copies a refusal's reference. */

/** Show the button and let it work; a page without one stays as it is. */
export function wireCopy(): void {
  const copy = document.querySelector<HTMLButtonElement>("[data-copy]");
  const code = document.querySelector("code");
  if (copy === null || code === null) return;
  copy.hidden = false;
  copy.addEventListener("click", () => copyText(copy, code));
}

/** Copy by selection: the clipboard's own interface needs a permission that a page around a frame seldom gives. */
function copyText(copy: HTMLElement, code: Element): void {
  getSelection()?.selectAllChildren(code);
  if (document.execCommand("copy")) copy.textContent = copy.dataset["copied"] ?? "";
}

/** Questions that have a page of their own open as a dialog over the page that asks. */

/** Let links with data-dialog open their page's question here. */
export function openDialogs(root: Document): void {
  root.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-dialog]") : null;
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    void open(link);
  });
}

async function open(link: HTMLAnchorElement): Promise<void> {
  const question = await fetchQuestion(link.href);
  if (question) show(question, link);
  else location.assign(link.href);
}

async function fetchQuestion(url: string): Promise<Element | null> {
  try {
    const answer = await fetch(url);
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-ask]");
  } catch {
    return null;
  }
}

function show(question: Element, link: HTMLElement): void {
  const dialog = document.createElement("dialog");
  dialog.append(document.importNode(question, true));
  const title = dialog.querySelector(".ask-title");
  if (title) dialog.setAttribute("aria-label", title.textContent ?? "");
  dialog.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    if (target.closest("[data-close]")) event.preventDefault();
    if (target === dialog || target.closest("[data-close]")) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector<HTMLElement>("input:not([type=hidden]), select, button")?.focus();
}

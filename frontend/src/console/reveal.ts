/** A secret that was shown goes away by itself. */

const MASK = "••••••••";

/** Count down beside a shown secret, then mask it and take its copy button away. */
export function hideLater(timer: HTMLElement): void {
  const end = Date.now() + Number(timer.dataset["countdown"]) * 1000;
  const tick = setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) return count(timer, left);
    clearInterval(tick);
    hide(timer);
  }, 250);
  // A page that comes back from the browser's memory must not show it again.
  addEventListener("pagehide", () => hide(timer));
}

function count(timer: HTMLElement, left: number): void {
  const number = timer.querySelector("span");
  if (number && number.textContent !== String(left)) number.textContent = String(left);
}

function hide(timer: HTMLElement): void {
  for (const shown of document.querySelectorAll("[data-reveal]")) shown.replaceChildren(MASK);
  timer.textContent = "Hidden again.";
}

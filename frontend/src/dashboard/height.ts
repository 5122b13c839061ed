/** Tells the host how high the page is, so that its frame needs no scroll bar of its own. */

/** Watch an element's height and report each new whole number of pixels. Returns a function that looks again. */
export function watchHeight(root: HTMLElement, overhang: () => number, report: (height: number) => void): () => void {
  let last = -1;
  const look = (): void => {
    const height = Math.ceil(root.getBoundingClientRect().height + overhang());
    if (height === last) return;
    last = height;
    report(height);
  };
  new ResizeObserver(look).observe(root);
  return look;
}

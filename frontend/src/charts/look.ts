// Colours are CSS variables, so that one drawing serves light, dark and an owner's palette.
import type { ScatterSeriesOption } from "echarts";

export const v = (name: string): string => `var(--eh-${name})`;
export const TEXT = { fontSize: 12, fontFamily: "inherit", color: v("ink-3") } as const;
/** Labels inside the plot carry a halo of card colour, so that a gridline never strikes through them. */
export const HALO = { textBorderColor: v("card"), textBorderWidth: 3 } as const;
export const BASE = { animation: false, textStyle: { fontFamily: "inherit", fontSize: 12 } } as const;
/** What a still drawing needs: no hover states; nothing is clipped, since every axis holds its data. */
export const STILL = { emphasis: { disabled: true }, silent: true, animation: false } as const;

/** Marks of the past over bars: ink in a rim of card colour. */
export function tick(data: (number | null)[][], [width, height]: [number, number]): ScatterSeriesOption[] {
  const layer = (colour: string, rim: number): ScatterSeriesOption => ({
    ...STILL, type: "scatter", clip: false, symbol: "rect", z: 5, data,
    symbolSize: [width + (width < height ? rim : 0), height + (width < height ? 0 : rim)], itemStyle: { opacity: 1, color: v(colour) },
  });
  return [layer("card", 2), layer("ink", 0)];
}

const WIDE = /[\u1100-\u11ff\u2e80-\uffdc]/;
const NARROW = new Set([..."iljtfr.,:;'|!()[] "]);

/** Return about how wide `text` is in 12 px sans, in px; both sides must agree, so no canvas is asked. */
export function textWidth(text: string): number {
  let width = 0;
  for (const c of text) width += WIDE.test(c) ? 12 : NARROW.has(c) ? 3.6 : /[A-ZMWmw@%€]/.test(c) ? 8.6 : 6.7;
  return Math.ceil(width);
}

/** Return `text` cut to `room` px, with an ellipsis. */
export function truncate(text: string, room: number): string {
  if (textWidth(text) <= room) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(letters.join("")) > room - 9) letters.pop();
  return letters.join("").trimEnd() + "…";
}

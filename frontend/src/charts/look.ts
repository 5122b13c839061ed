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

/** Widths of the letters of Arial and its like, in thousandths of the size. */
const WIDTHS: [number, string][] = [
  [191, "'"], [222, "ijl"], [278, "ft I.,:;/! \u00a0\u202f"], [333, "r-()"], [500, "ckvsxyzJ"], [556, "0123456789abdeghnopquL€$"],
  [584, "+−=<>"], [611, "FTZ"], [667, "ABEKPSVXY&"], [722, "wCDHNRU"], [778, "GOQ"], [833, "mM"], [889, "%"], [944, "W"],
  [0, "\u200e\u200f\u061c"],
];
const LETTERS = new Map(WIDTHS.flatMap(([width, letters]) => [...letters].map((c): [string, number] => [c, width])));
const WIDE = /[\u1100-\u11ff\u2e80-\uffdc]/;

/** Return about how wide `text` is in sans, in px; server and browser must agree, so no canvas is asked. */
export function textWidth(text: string, size: number = TEXT.fontSize): number {
  let width = 0;
  for (const c of text) width += LETTERS.get(c) ?? (WIDE.test(c) ? 1000 : 600);
  return Math.ceil((width * size) / 1000);
}

/** Return `text` cut to `room` px, with an ellipsis. */
export function truncate(text: string, room: number): string {
  if (textWidth(text) <= room) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(letters.join("")) > room - 9) letters.pop();
  return letters.join("").trimEnd() + "…";
}

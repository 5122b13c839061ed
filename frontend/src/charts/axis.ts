// The value axis: 3 to 5 lines on round steps, the data never clipped, the unit on the top label only.
import type { YAXisComponentOption } from "echarts";
import { axisLabel } from "./format";
import { TEXT, textWidth, v } from "./look";
import type { DrawingSpec } from "./spec";
import { isRtl } from "./spec";

export interface Scale { min: number; max: number; step: number }

/** Return the round step that cuts `range` into at most `parts` parts. */
export function niceStep(range: number, parts: number): number {
  const raw = range / parts;
  const power = 10 ** Math.floor(Math.log10(raw));
  const unit = [1, 2, 2.5, 5, 10].find((m) => raw / power <= m + 1e-9) ?? 10;
  return unit * power;
}

const rounded = (n: number): number => Number(n.toPrecision(12));

/** Return the scale of fewest, roundest lines (3 to 5) that holds low and high. `zero` starts it at 0. */
export function niceScale(low: number, high: number, zero: boolean): Scale {
  let min = zero ? Math.min(0, low) : low;
  let max = zero ? Math.max(0, high) : high;
  if (min === max) [min, max] = min === 0 ? [0, 1] : [Math.min(0, min), Math.max(0, max)];
  const tries = [2, 3, 4].map((parts) => fit(min, max, niceStep(max - min, parts)));
  const lines = (s: Scale): number => Math.round((s.max - s.min) / s.step) + 1;
  const waste = (s: Scale): number => (s.max - s.min) / (max - min) + (lines(s) < 4 ? 0.08 : 0) + (isOdd(s.step) ? 0.1 : 0);
  const good = tries.filter((s) => lines(s) >= 3 && lines(s) <= 5);
  const pool = good.length > 0 ? good : tries;
  return pool.reduce((best, s) => (waste(s) < waste(best) - 1e-9 ? s : best));
}

/** Steps that are written with a decimal (2.5, 2.5k, 2.5%) are harder to read than 2 or 250. */
function isOdd(step: number): boolean {
  const power = Math.floor(Math.log10(step) + 1e-9);
  return Math.round((step / 10 ** power) * 10) === 25 && (power <= 0 || power % 3 === 0);
}

function fit(min: number, max: number, step: number): Scale {
  const low = Math.floor(rounded(min / step)) * step;
  const high = Math.ceil(rounded(max / step)) * step;
  return { min: rounded(low), max: rounded(high), step: rounded(step) };
}

/** Whole counts never get an axis of halves. */
export function wholeScale(scale: Scale, whole: boolean): Scale {
  if (!whole || Number.isInteger(scale.step)) return scale;
  const step = Math.ceil(scale.step);
  return fit(scale.min, Math.max(scale.max, scale.min + 2 * step), step);
}

/** The line at 0 is the base when values lie on both sides of it. */
function lineColours(scale: Scale): string[] {
  const lines = Math.round((scale.max - scale.min) / scale.step) + 1;
  const zero = Math.round(-scale.min / scale.step);
  return Array.from({ length: lines }, (_, i) => v(scale.min < 0 && i === zero ? "axis" : "grid"));
}

export interface ValueAxis { option: YAXisComponentOption; room: number; scale: Scale }

/** Return the value axis of a plot and how much room its labels take at the card's edge. */
export function valueAxis(spec: DrawingSpec, scale: Scale): ValueAxis {
  const format = spec.encoding.format ?? {};
  const top = (n: number): boolean => Math.abs(n - scale.max) < scale.step / 2;
  const label = (n: number): string => axisLabel(n, scale.step, top(n), spec.locale, format);
  let widest = 0;
  for (let n = scale.min; n <= scale.max + scale.step / 2; n += scale.step) widest = Math.max(widest, textWidth(label(n)));
  const room = Math.max(28, widest + 10);
  const rtl = isRtl(spec);
  return {
    room, scale,
    option: {
      type: "value", min: scale.min, max: scale.max, interval: scale.step, position: rtl ? "right" : "left",
      axisLine: { show: false }, axisTick: { show: false },
      splitLine: { lineStyle: { color: lineColours(scale), width: 1 } },
      axisLabel: {
        ...TEXT, align: rtl ? "right" : "left", margin: room, showMinLabel: true, showMaxLabel: true,
        textMargin: 0, hideOverlap: false, formatter: label,
      },
    },
  };
}

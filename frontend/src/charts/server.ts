// The server's V8: the child process puts JSON into `job` and evaluates draw(). Data never enters as script text.
import { legend, render } from "./render";
import type { DrawingSpec } from "./spec";

interface Job { id: string; spec: Omit<DrawingSpec, "width" | "height">; sizes: [number, number][] }

declare const job: { json: string };

function draw(): string {
  const { id, spec, sizes } = JSON.parse(job.json) as Job;
  job.json = "";
  const svgs = sizes.map(([width, height], i) => render({ ...spec, width, height }, `${id}-${String(i)}`));
  const [width, height] = sizes[0] ?? [0, 0];
  return JSON.stringify({ svgs, legend: legend({ ...spec, width, height }) });
}

Object.assign(globalThis, { draw });

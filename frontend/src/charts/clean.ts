// ECharts writes a style block, style attributes, classes and colliding ids. A strict CSP refuses the first two, and ids
// must be unique in a page that holds many drawings. Only markup is touched, never text: text comes escaped (<, >, &).

const DROPPED = /^(class|style|pointer-events|xmlns:xlink|version|baseProfile|xml:space|paint-order|ecmeta_.*)$/;
/** Inherited from the page's style sheet, or meaningless in a still drawing. */
const USELESS = new Set(["font-family", "pointer-events", "cursor", "user-select", "position", "left", "top", "width", "height"]);

const short = (n: string): string => String(Math.round(Number(n) * 100) / 100);
const shorter = (value: string): string => value.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, short);

/** Return a style attribute's declarations as presentation attributes. */
function presented(style: string): string {
  return style
    .split(";")
    .map((part) => part.split(/:(.*)/s).map((s) => s.trim()))
    .filter(([name, value]) => name && value && !USELESS.has(name))
    .map(([name, value]) => ` ${name}="${value}"`)
    .join("");
}

function attribute(name: string, value: string, id: string): string {
  if (name === "style") return presented(value);
  if (DROPPED.test(name)) return name === "paint-order" ? ` paint-order="${value}"` : "";
  // Every axis holds its data, so nothing is ever clipped.
  if (name === "clip-path") return "";
  if (name === "id") return ` id="${id}-${value}"`;
  if (name === "transform") return value === "translate(0 0)" ? "" : ` transform="${shorter(value)}"`;
  const value_ = value.replace(/url\(#/g, `url(#${id}-`);
  return ` ${name}="${shorter(value_)}"`;
}

/** Boxes that ECharts lays behind labels: neither filled nor stroked. */
const UNSEEN = /<path(?=[^>]*fill="none")(?![^>]*stroke=)[^>]*><\/path>/g;
const TAG = /<([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>/g;
const ATTRIBUTE = /\s+([\w:-]+)="([^"]*)"/g;

/** Return the drawing without style blocks, style attributes and classes, its ids under `id`. */
export function clean(svg: string, id: string): string {
  return svg
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, "")
    .replace(/>\s*\n\s*</g, "><")
    .replace(TAG, (_, tag: string, list: string, end: string) => {
      const kept = list.replace(ATTRIBUTE, (__, name: string, value: string) => attribute(name, value, id));
      return `<${tag}${kept}${end}>`;
    })
    .replace(/<rect width="[\d.]+" height="[\d.]+" x="0" y="0"[^>]*fill="none"[^>]*><\/rect>/, "")
    .replace(UNSEEN, "")
    .replace(/<defs\s*>(?:<clipPath[\s\S]*?<\/clipPath>)*<\/defs>/g, "")
    .replace(/<g>((?:<path[^>]*><\/path>)*)<\/g>/g, "$1")
    .trim();
}

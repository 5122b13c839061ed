// Browsers without light-dark() are still common in embedded web views, so the build writes the two lists out:
// light values on :root, dark ones under prefers-color-scheme, and both again under data-theme, which pins them.

/** Split "a, b" at its top-level comma. */
function halves(text) {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")") depth--;
    else if (text[i] === "," && depth === 0) return [text.slice(0, i).trim(), text.slice(i + 1).trim()];
  }
  throw new Error(`light-dark(${text}) needs two values`);
}

/** Return `value` with each light-dark(a, b) replaced by its side: 0 is light, 1 is dark. */
export function side(value, which) {
  const start = value.indexOf("light-dark(");
  if (start < 0) return value;
  let end = start + "light-dark(".length;
  for (let depth = 1; depth > 0; end++) {
    if (end >= value.length) throw new Error(`unclosed light-dark( in: ${value}`);
    depth += value[end] === "(" ? 1 : value[end] === ")" ? -1 : 0;
  }
  const inner = value.slice(start + "light-dark(".length, end - 1);
  return value.slice(0, start) + halves(inner)[which] + side(value.slice(end), which);
}

/** Write every custom property that uses light-dark() as plain lists; other uses are refused, they belong in a token. */
export function expandThemes(css) {
  const themed = [];
  const rest = css.replace(/\s*(--[\w-]+):\s*([^;{}]*light-dark\([^;{}]*);/g, (_, name, value) => {
    themed.push([name, value]);
    return "";
  });
  if (rest.replace(/\/\*[\s\S]*?\*\//g, "").includes("light-dark(")) throw new Error("light-dark() outside a custom property");
  if (themed.length === 0) return css;
  const list = (which) => themed.map(([name, value]) => `  ${name}: ${side(value, which)};`).join("\n");
  return [
    `:root, [data-theme="light"] {\n${list(0)}\n}`,
    `@media (prefers-color-scheme: dark) {\n:root:not([data-theme="light"]) {\n${list(1)}\n}\n}`,
    `[data-theme="dark"] {\n${list(1)}\n}`,
    rest,
  ].join("\n");
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { applyTheme, NO_THEME, readTheme } from "./theme";

const asObject = (config: unknown): Record<string, string> => Object.fromEntries(readTheme(config).light);

test("antd's tokens become the page's own properties", () => {
  const read = asObject({ token: { colorPrimary: "#c0392b", colorBgLayout: "rgb(10, 20, 30)", fontFamily: "Lato, sans-serif", borderRadius: 2 } });
  assert.equal(read["--eh-accent"], "#c0392b");
  assert.equal(read["--eh-page"], "rgb(10, 20, 30)");
  assert.equal(read["--eh-sans"], "Lato, sans-serif");
  assert.equal(read["--eh-r-m"], "2px");
});

test("a theme may differ in the dark", () => {
  const { light, dark } = readTheme({ theme_default: { token: { colorText: "#111" } }, theme_dark: { token: { colorText: "#eee" } } });
  assert.deepEqual([[...light], [...dark]], [[["--eh-ink", "#111"]], [["--eh-ink", "#eee"]]]);
});

test("what is no colour, no font and no radius is left alone", () => {
  for (const bad of ["red; } *{display:none}", "url(https://evil.test/x)", "var(--eh-bad)", "#12345", "expression(1)", 5, null]) {
    assert.deepEqual(asObject({ token: { colorPrimary: bad } }), {}, String(bad));
  }
  for (const bad of ["a;b", "url(x)", "x}y", 'a"\\'.repeat(60)]) assert.deepEqual(asObject({ token: { fontFamily: bad } }), {}, bad);
  for (const bad of [-1, 33, "4", NaN]) assert.deepEqual(asObject({ token: { borderRadius: bad } }), {}, String(bad));
  for (const bad of [null, "x", [], { token: "x" }]) assert.deepEqual(asObject(bad), {});
});

test("another theme takes the place of the one before, by the ground that is shown", () => {
  const style = new Map<string, string>();
  const html = { style: { removeProperty: (name: string) => style.delete(name), setProperty: (name: string, value: string) => style.set(name, value) } };
  const first = readTheme({ token: { colorPrimary: "#111", borderRadius: 4 } });
  const next = readTheme({ theme_default: { token: { colorText: "#222" } }, theme_dark: { token: { colorText: "#ddd" } } });
  applyTheme(html as unknown as HTMLElement, NO_THEME, first, false);
  applyTheme(html as unknown as HTMLElement, first, next, false);
  assert.deepEqual(Object.fromEntries(style), { "--eh-ink": "#222" });
  applyTheme(html as unknown as HTMLElement, next, next, true);
  assert.deepEqual(Object.fromEntries(style), { "--eh-ink": "#ddd" });
});

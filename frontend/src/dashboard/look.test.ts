import assert from "node:assert/strict";
import { test } from "node:test";
import { applyLook, readLook } from "./look";

const USUAL = { bordered: false, titled: true, theme: null, font: null, refreshSeconds: null, downloads: true, hidden: [] };

test("without options a page looks as usual", () => {
  for (const hash of ["", "#", "#p-revenue", "#theme=", "#constructor=true"]) assert.deepEqual(readLook(hash), USUAL, hash);
});

test("Metabase's options are read", () => {
  const look = readLook("#bordered=true&titled=false&theme=night&hide_parameters=region,%20plan,&refresh=60&font=Lato&hide_download_button=true");
  assert.deepEqual(look, { bordered: true, titled: false, theme: "dark", font: "Lato", refreshSeconds: 60, downloads: false, hidden: ["region", "plan"] });
  assert.equal(readLook("#theme=transparent").theme, "transparent");
  assert.equal(readLook("#theme=toString").theme, null);
});

test("the download button is hidden by its bare name, by true, and by downloads=false", () => {
  const given = ["#hide_download_button", "#hide_download_button=true", "#downloads=false", "#hide_download_button=false", "#downloads=true"];
  assert.deepEqual(given.map((hash) => readLook(hash).downloads), [false, false, false, true, true]);
});

test("a font is a plain name and a refresh a number of seconds", () => {
  for (const font of ['a"; } body { display: none', "url(x)", "a;b", "var(--x)", "\\66oo", "x".repeat(65)]) {
    assert.equal(readLook(`#font=${encodeURIComponent(font)}`).font, null, font);
  }
  assert.equal(readLook("#font=Open%20Sans").font, "Open Sans");
  for (const refresh of ["0", "-5", "1e3", "x", "9999999"]) assert.equal(readLook(`#refresh=${refresh}`).refreshSeconds, null, refresh);
});

test("a look becomes attributes and one custom property", () => {
  const marks = new Map<string, string | true>();
  const style = new Map<string, string>();
  const html = {
    toggleAttribute: (name: string, on: boolean) => (on ? marks.set(name, true) : marks.delete(name)),
    setAttribute: (name: string, value: string) => marks.set(name, value),
    removeAttribute: (name: string) => marks.delete(name),
    style: { setProperty: (name: string, value: string) => style.set(name, value) },
  };
  applyLook(html as unknown as HTMLElement, readLook("#bordered=true&titled=false&theme=transparent&font=Lato"));
  assert.deepEqual(Object.fromEntries(marks), { "data-bordered": true, "data-untitled": true, "data-clear": true, "data-theme": "light" });
  assert.deepEqual(Object.fromEntries(style), { "--eh-sans": '"Lato", sans-serif' });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { clean } from "./clean";

const svg = (inner: string): string => `<svg width="10" height="10" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="x" version="1.1" baseProfile="full" viewBox="0 0 10 10">\n${inner}</svg>`;

test("style blocks go, style attributes become presentation attributes", () => {
  const out = clean(svg('<text style="font-size:12px;font-family:inherit;" class="zr0-c">a</text><style ><![CDATA[ .zr0-c { } ]]></style>'), "p");
  assert.equal(out, '<svg width="10" height="10" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><text font-size="12px">a</text></svg>');
});

test("ids and what refers to them get the drawing's prefix", () => {
  const out = clean(svg('<defs><linearGradient id="g"></linearGradient></defs><rect fill="url(#g)"></rect>'), "p-one-0");
  assert.match(out, /id="p-one-0-g"/);
  assert.match(out, /fill="url\(#p-one-0-g\)"/);
});

test("clips go, since no axis is smaller than its data", () => {
  const out = clean(svg('<g clip-path="url(#c)"><path d="M1 1" stroke="x"></path></g><defs >\n<clipPath id="c"><path d="M0 0"></path></clipPath></defs>'), "p");
  assert.doesNotMatch(out, /clip|defs|<g>/);
  assert.match(out, /<path d="M1 1" stroke="x">/);
});

test("boxes that nobody sees go, drawn paths stay", () => {
  const out = clean(svg('<path d="M0 0l1 1" fill="none"></path><path d="M2 2" fill="none" stroke="red"></path>'), "p");
  assert.doesNotMatch(out, /M0 0l1 1/);
  assert.match(out, /M2 2/);
});

test("text that looks like markup or style stays as it is", () => {
  const text = "&lt;style&gt; style=&quot;x&quot; class=&quot;y&quot; id=&quot;z&quot; url(#q)";
  assert.match(clean(svg(`<text>${text}</text>`), "p"), new RegExp(text.replace(/[()]/g, "\\$&")));
});

test("long decimals are cut to hundredths", () => {
  assert.match(clean(svg('<path d="M1.23456 -0.00001"></path>'), "p"), /d="M1.23 0"/);
});

// Builds everything that browsers load and the bundle that the server's V8 draws with.
//
//   node frontend/build.mjs            all entries, hashed names, frontend/dist/manifest.json
//
// dashboard.js and charts.js are ES modules (<script type="module">): the page imports charts.js when it is first needed,
// as embed.js imports tag.js on a page with viaSocket's tag.
// The loaders and console.js are classic scripts without globals.
import { build } from "esbuild";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { expandThemes } from "./themes.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
// Built beside and moved into place, so that a server or a test that reads dist/ meanwhile finds every file whole.
const fresh = join(here, `.dist-${process.pid}`);
const MODULES = { dashboard: "dashboard/main.ts", arrive: "dashboard/arrive.ts", charts: "charts/mount.ts", tag: "embed/tag-part.ts" };
const CLASSIC = { embed: "embed/main.ts", bundle: "bundle/main.ts", notice: "dashboard/notice.ts", before: "dashboard/before.ts", console: "console/main.ts", apidocs: "apidocs/main.ts" };
const STYLES = { embed: "css/embed.css", console: "css/console.css" };
const TARGET = ["chrome109", "firefox115", "safari16"];

const themes = {
  name: "themes",
  setup(b) {
    b.onLoad({ filter: /tokens\.css$/ }, ({ path }) => ({ contents: expandThemes(readFileSync(path, "utf8")), loader: "css" }));
  },
};

function present(entries) {
  const all = Object.entries(entries).map(([name, file]) => [name, join(here, "src", file)]);
  const missing = all.filter(([, file]) => !existsSync(file)).map(([, file]) => relative(here, file));
  if (missing.length > 0) throw new Error(`The build has no ${missing.join(", ")}. Every entry in frontend/build.mjs needs its file.`);
  return Object.fromEntries(all);
}

const shared = {
  bundle: true, minify: true, legalComments: "linked", metafile: true, target: TARGET, entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]", outdir: join(fresh, "static"), logLevel: "warning", absWorkingDir: here, charset: "utf8",
};

/** Build one group of entries and return {"dashboard.js": "dashboard-ABCD1234.js"} of it. */
async function group(entries, options) {
  if (Object.keys(entries).length === 0) return {};
  const { metafile } = await build({ ...shared, ...options, entryPoints: entries });
  const names = {};
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (!output.entryPoint) continue;
    const file = path.split("/").pop();
    names[file.replace(/-[A-Z0-9]{8}(?=\.(js|css)$)/, "")] = file;
  }
  return names;
}

async function serverBundle() {
  await build({
    bundle: true, minify: true, legalComments: "linked", target: "es2022", format: "iife", platform: "neutral", mainFields: ["module", "main"],
    define: { "process.env.NODE_ENV": '"production"' }, entryPoints: { charts: join(here, "src/charts/server.ts") },
    outdir: join(fresh, "server"), logLevel: "warning",
  });
}

/** Write each file once more as brotli and as gzip, which the server picks by what a browser accepts. */
function compress(folder) {
  for (const path of readdirSync(folder).map((file) => join(folder, file))) {
    const bytes = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
  }
}

/** Move the files of one folder into dist/ and return their names. */
function settle(folder) {
  mkdirSync(join(dist, folder), { recursive: true });
  const made = readdirSync(join(fresh, folder));
  for (const file of made) renameSync(join(fresh, folder, file), join(dist, folder, file));
  return made;
}

/** Remove what an earlier build left in a folder. */
function sweep(folder, made) {
  const old = readdirSync(join(dist, folder)).filter((file) => !made.includes(file));
  for (const file of old) rmSync(join(dist, folder, file), { force: true });
}

mkdirSync(join(fresh, "static"), { recursive: true });
try {
  const production = { define: { "process.env.NODE_ENV": '"production"' } };
  const parts = await Promise.all([
    // No splitting: a chunk that both modules share would cost the page a round trip before its script runs.
    group(present(MODULES), { ...production, format: "esm" }),
    group(present(CLASSIC), { ...production, format: "iife" }),
    group(present(STYLES), { plugins: [themes] }),
    serverBundle(),
  ]);
  const manifest = Object.assign({}, ...parts.slice(0, 3));
  for (const [name, file] of Object.entries(manifest)) {
    const bytes = readFileSync(join(fresh, "static", file)).length;
    console.log(`${name.padEnd(14)} ${file.padEnd(26)} ${(bytes / 1024).toFixed(1)} KB`);
  }
  writeFileSync(join(fresh, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
  compress(join(fresh, "static"));
  settle("server");
  const made = settle("static");
  renameSync(join(fresh, "manifest.json"), join(dist, "manifest.json"));
  sweep("static", made);
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

// Bundles every frontend/src/**/*.test.ts and runs them under node:test. Arguments filter by path: npm test -- charts
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const tests = readdirSync(join(here, "src"), { recursive: true })
  .filter((name) => name.endsWith(".test.ts") && wanted.every((part) => name.includes(part)))
  .map((name) => join(here, "src", name));
if (tests.length === 0) {
  console.error(`No test file under frontend/src matches ${wanted.join(" ") || "*.test.ts"}.`);
  process.exit(1);
}
// Inside frontend/, so that node finds packages that a test leaves unbundled.
const out = mkdtempSync(join(here, ".test-"));
try {
  await build({
    bundle: true, platform: "node", format: "esm", target: "node20", packages: "external", sourcemap: "inline",
    entryPoints: tests, outdir: out, outbase: join(here, "src"), outExtension: { ".js": ".mjs" }, logLevel: "warning",
  });
  const files = readdirSync(out, { recursive: true }).filter((name) => name.endsWith(".mjs")).map((name) => join(out, name));
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}

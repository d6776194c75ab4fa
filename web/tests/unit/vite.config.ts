// Builds the unit tests for Node's own test runner, which cannot read TypeScript everywhere.

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const folder = fileURLToPath(new URL(".", import.meta.url));
const tests = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));

export default defineConfig({
  root: folder,
  logLevel: "warn",
  build: {
    ssr: true,
    target: "node20",
    outDir: "built",
    emptyOutDir: true,
    minify: false,
    rolldownOptions: {
      input: Object.fromEntries(tests.map((name) => [name.replace(/\.ts$/, ""), folder + name])),
      output: { entryFileNames: "[name].mjs", chunkFileNames: "chunks/[name].mjs" },
    },
  },
});

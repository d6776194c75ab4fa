import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const engine = fileURLToPath(new URL("engine/pellucid_web.js", import.meta.url));

/** The page hands the compiled module to the worker, so the package's own default address, which would be emitted twice, goes. */
function withoutDefaultAddress(): Plugin {
  return {
    name: "without-default-address",
    enforce: "pre",
    transform(code, id) {
      if (id.split("?")[0] !== engine) return null;
      return { code: code.replace(/new URL\('pellucid_web_bg\.wasm', import\.meta\.url\)/g, "undefined"), map: null };
    },
  };
}

/** Keeps the woff2 fonts that the page's formulas use, and drops older formats and families that it does not use. */
function fewerFonts(): Plugin {
  const used = /KaTeX_(Main-Regular|Main-Bold|Math-Italic|Size[1-4]-Regular)\./;
  return {
    name: "fewer-fonts",
    enforce: "pre",
    transform(code, id) {
      if (!id.includes("katex") || !id.split("?")[0]?.endsWith(".css")) return null;
      const kept = code.replace(/@font-face\s*{[^}]*}/g, (face) => {
        const woff2 = /url\([^)]*\.woff2\) format\(["']woff2["']\)/.exec(face)?.[0];
        return woff2 && used.test(face) ? face.replace(/src:[^;}]*/, `src:${woff2}`) : "";
      });
      return { code: kept, map: null };
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [withoutDefaultAddress(), fewerFonts()],
  resolve: { alias: { engine } },
  worker: { format: "iife", plugins: () => [withoutDefaultAddress()] },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: true,
    rolldownOptions: { output: { codeSplitting: false } },
  },
});

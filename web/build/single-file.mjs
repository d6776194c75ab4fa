// Writes dist/pellucid.html: the whole page in one file, which opens without a server. Styles, fonts, script and engine are in it.

import { readFile, writeFile } from "node:fs/promises";
import { join, dirname, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const FONT_TYPES = { ".woff2": "font/woff2" };

/** The file at an address that is relative to another file. */
const beside = (file, address) => join(dirname(file), decodeURIComponent(address.split(/[?#]/)[0]));

async function withFonts(file) {
  const css = await readFile(file, "utf8");
  const parts = await Promise.all(
    css.split(/(url\([^)]*\))/).map(async (part) => {
      const address = /^url\(["']?([^"')]*)["']?\)$/.exec(part)?.[1];
      const type = address && FONT_TYPES[extname(address)];
      return type ? `url(data:${type};base64,${(await readFile(beside(file, address))).toString("base64")})` : part;
    }),
  );
  return parts.join("");
}

/** Replaces one match; the new text is taken as it is, whatever dollar signs it holds. */
function replaced(html, pattern, text) {
  if (!pattern.test(html)) throw new Error(`dist/index.html has nothing that matches ${pattern}`);
  return html.replace(pattern, () => text);
}

const index = join(dist, "index.html");
let html = await readFile(index, "utf8");
const style = /<link rel="stylesheet"[^>]*href="([^"]+)"[^>]*>/;
const script = /<script type="module"[^>]*src="([^"]+)"[^>]*><\/script>/;

const styleFile = beside(index, style.exec(html)?.[1] ?? "");
const scriptFile = beside(index, script.exec(html)?.[1] ?? "");
const code = await readFile(scriptFile, "utf8");
const engineName = /pellucid_web_bg-[\w-]+\.wasm/.exec(code)?.[0];
if (!engineName) throw new Error("the page's script names no engine: was it built with web/engine?");
const engine = gzipSync(await readFile(join(dist, "assets", engineName)), { level: 9 }).toString("base64");

html = replaced(html, style, `<style>${await withFonts(styleFile)}</style>`);
html = replaced(html, script, "");
html = replaced(
  html,
  /<\/body>/,
  `<script type="text/plain" id="pellucid-engine">${engine}</script>\n<script type="module">${code.replace(/<\/script/g, "<\\/script")}</script>\n</body>`,
);
await writeFile(join(dist, "pellucid.html"), html);

const size = Buffer.byteLength(html);
const packed = gzipSync(html).length;
console.log(`dist/pellucid.html: ${(size / 1e6).toFixed(2)} MB, ${(packed / 1e6).toFixed(2)} MB compressed`);

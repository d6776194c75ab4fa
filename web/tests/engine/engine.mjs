// Loads the engine's WebAssembly as the page's worker does, from web/engine.
import { readFileSync } from "node:fs";

const folder = new URL("../../engine/", import.meta.url);

export async function loadEngine() {
  const engine = await import(new URL("pellucid_web.js", folder).href);
  const module = new WebAssembly.Module(readFileSync(new URL("pellucid_web_bg.wasm", folder)));
  await engine.default({ module_or_path: module });
  return engine;
}

/** Takes steps until `step` or the end. */
export function runTo(run, step) {
  for (;;) {
    const position = JSON.parse(run.position());
    if (position.step >= step) return position;
    const { ended } = JSON.parse(run.advance(step - position.step, 1e9));
    if (ended) return JSON.parse(run.position());
  }
}

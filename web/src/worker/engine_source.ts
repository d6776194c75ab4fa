/** Where the engine comes from: the page itself where it is one file, else the file beside it. */

import address from "../../engine/pellucid_web_bg.wasm?url";

/** The element of a page of one file that holds the engine: gzip in base64. */
export const ENGINE_ELEMENT = "pellucid-engine";

export async function engineSource(): Promise<WebAssembly.Module | string> {
  const held = document.getElementById(ENGINE_ELEMENT)?.textContent?.trim();
  if (!held) return new URL(address, document.baseURI).href;
  const packed = Uint8Array.from(atob(held), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

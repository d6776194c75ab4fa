/** The worker: loads the engine, then answers messages. */

import * as engine from "engine";
import type { FromWorker, ToWorker } from "./messages";
import { Service } from "./service";

const scope = self as unknown as {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};

let service: Service | null = null;

scope.onmessage = ({ data }) => {
  if (data.kind === "start") void start(data.engine);
  else if (data.kind === "drawn") service?.drawn();
  else void service?.answer(data.id, data.method, data.args);
};

async function start(source: WebAssembly.Module | ArrayBuffer | string): Promise<void> {
  try {
    await engine.default({ module_or_path: await compiled(source) });
    service = new Service(engine, (message, transfer) => scope.postMessage(message, transfer));
    scope.postMessage({ kind: "ready" }, []);
  } catch (error) {
    scope.postMessage({ kind: "failed", message: error instanceof Error ? error.message : String(error) }, []);
  }
}

/** Compiles the engine while it loads, or after, where the server does not name its type. */
async function compiled(source: WebAssembly.Module | ArrayBuffer | string): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (source instanceof ArrayBuffer) return WebAssembly.compile(source);
  const response = await fetch(source);
  if (!response.ok) throw new Error(`the engine could not be loaded: ${source} answered ${response.status}`);
  if (response.headers.get("content-type")?.startsWith("application/wasm")) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

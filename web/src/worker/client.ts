/** The page's side of the worker: calls with an answer each, and what the worker reports on its own. */

import type { Ending } from "./contract";
import type { Answer, Arguments, ComparisonProgress, FromWorker, Method, RunId, ToWorker, View } from "./messages";

/** A message port to a worker; a `Worker` is one. */
export interface Port {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  onmessage: ((event: { data: FromWorker }) => void) | null;
}

export interface Reports {
  views(views: [RunId, View][]): void;
  stopped(ended: [RunId, Ending | null][], message: string | null): void;
  comparing(progress: ComparisonProgress): void;
}

/** A failure that the engine reported, in its own words. */
export class EngineError extends Error {
  override name = "EngineError";
}

interface Waiting {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

export class EngineClient {
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;
  private readonly started: Promise<void>;
  private settleStart: Waiting = { resolve: () => undefined, reject: () => undefined };

  constructor(
    private readonly port: Port,
    private readonly reports: Reports,
  ) {
    this.started = new Promise<void>((resolve, reject) => {
      this.settleStart = { resolve: () => resolve(), reject };
    });
    port.onmessage = (event) => this.receive(event.data);
  }

  /** Gives the worker the engine: compiled, as bytes, or by its address. Resolves once it runs. */
  start(engine: WebAssembly.Module | ArrayBuffer | string): Promise<void> {
    this.port.postMessage({ kind: "start", engine }, engine instanceof ArrayBuffer ? [engine] : []);
    return this.started;
  }

  call<M extends Method>(method: M, ...args: Arguments<M>): Promise<Answer<M>> {
    const id = this.next++;
    return new Promise<Answer<M>>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.port.postMessage({ kind: "call", id, method, args }, []);
    });
  }

  /** Lets the next views come: the page has drawn the last ones. */
  drawn(): void {
    this.port.postMessage({ kind: "drawn" }, []);
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        return this.settleStart.resolve(undefined);
      case "failed":
        return this.settleStart.reject(new EngineError(message.message));
      case "answer":
        return this.settle(message.id)?.resolve(message.value);
      case "error":
        return this.settle(message.id)?.reject(new EngineError(message.message));
      case "views":
        return this.reports.views(message.views);
      case "stopped":
        return this.reports.stopped(message.ended, message.message);
      case "comparing":
        return this.reports.comparing(message.progress);
    }
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }
}

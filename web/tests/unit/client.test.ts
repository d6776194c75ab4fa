import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineClient, EngineError, type Port } from "../../src/worker/client";
import type { FromWorker, ToWorker } from "../../src/worker/messages";

class FakePort implements Port {
  sent: ToWorker[] = [];
  onmessage: Port["onmessage"] = null;
  postMessage(message: ToWorker): void {
    this.sent.push(message);
  }
  say(data: FromWorker): void {
    this.onmessage?.({ data });
  }
}

const quiet = { views: () => undefined, stopped: () => undefined, comparing: () => undefined };

test("answers find their calls in any order", async () => {
  const port = new FakePort();
  const client = new EngineClient(port, quiet);
  const first = client.call("parse_recipe", "a");
  const second = client.call("print_recipe", {});
  const ids = port.sent.map((message) => (message.kind === "call" ? message.id : 0));
  port.say({ kind: "answer", id: ids[1]!, value: "second" });
  port.say({ kind: "answer", id: ids[0]!, value: { title: "first" } });
  assert.deepEqual(await first, { title: "first" });
  assert.equal(await second, "second");
  assert.deepEqual(port.sent[0], { kind: "call", id: ids[0], method: "parse_recipe", args: ["a"] });
});

test("a failure has the engine's words", async () => {
  const port = new FakePort();
  const client = new EngineClient(port, quiet);
  const call = client.call("parse_recipe", "x");
  port.say({ kind: "error", id: 1, message: "line 1: unknown key `netwrk`" });
  await assert.rejects(call, (error: unknown) => error instanceof EngineError && error.message === "line 1: unknown key `netwrk`");
});

test("an engine that does not start says why", async () => {
  const port = new FakePort();
  const started = new EngineClient(port, quiet).start("engine.wasm");
  port.say({ kind: "failed", message: "the engine could not be loaded" });
  await assert.rejects(started, /could not be loaded/);
});

test("an answer to nothing is ignored", () => {
  const port = new FakePort();
  new EngineClient(port, quiet);
  port.say({ kind: "answer", id: 99, value: 1 });
});

test("what the worker reports on its own reaches the page", () => {
  const port = new FakePort();
  const heard: string[] = [];
  new EngineClient(port, {
    views: () => heard.push("views"),
    stopped: (_, message) => heard.push(`stopped ${message}`),
    comparing: ({ done, of }) => heard.push(`${done} of ${of}`),
  });
  port.say({ kind: "views", views: [] });
  port.say({ kind: "stopped", ended: [], message: "diverged" });
  port.say({ kind: "comparing", progress: { done: 1, of: 3 } });
  assert.deepEqual(heard, ["views", "stopped diverged", "1 of 3"]);
});

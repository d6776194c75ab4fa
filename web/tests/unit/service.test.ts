import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineExports, RunHandle } from "../../src/worker/contract";
import type { FromWorker, Watch } from "../../src/worker/messages";
import { Service } from "../../src/worker/service";

const WATCH: Watch = {
  plane: null, resolution: 1, layers: [], unit_resolution: 1, parameters: false, layer_statistics: false, findings: false, explained_row: null,
  own_input: null, predictions: false,
};

/** Counts steps; computes nothing. */
class CountingRun implements Partial<RunHandle> {
  count = 0;
  freed = false;
  constructor(
    readonly total: number,
    readonly epoch: number,
  ) {}
  info = () => JSON.stringify({ layers: [2, 1] });
  advance(count: number): string {
    const steps = Math.min(count, this.total - this.count, 500);
    this.count += steps;
    return JSON.stringify({ steps, ended: this.count >= this.total ? { by: "epochs", text: "All epochs are done." } : null });
  }
  seek(step: number): void {
    if (step > this.count) throw new Error(`step ${step} was not taken yet`);
    this.count = step;
  }
  position = () => JSON.stringify({ step: this.count, epoch: Math.floor(this.count / this.epoch), steps_an_epoch: this.epoch, steps_total: this.total, furthest_step: this.count });
  history = () => "[]";
  scores = () => JSON.stringify({ training: { loss: "nan", metrics: {} } });
  free = () => {
    this.freed = true;
  };
}

function setUp(runs: CountingRun[]) {
  const messages: FromWorker[] = [];
  const waiting = new Map<string, (message: FromWorker) => void>();
  const opened = [...runs];
  const engine = {
    new_run: () => opened.shift() as unknown as RunHandle,
    parse_recipe: (text: string) => {
      throw new Error(`line 1: unknown key \`${text}\``);
    },
  } as unknown as EngineExports;
  const service = new Service(engine, (message) => {
    messages.push(message);
    waiting.get(message.kind)?.(message);
  });
  const next = (kind: FromWorker["kind"]) => new Promise<FromWorker>((resolve) => waiting.set(kind, resolve));
  const call = async (method: Parameters<Service["answer"]>[1], ...args: unknown[]) => {
    await service.answer(1, method, args);
    return messages.filter((message) => message.kind === "answer" || message.kind === "error").at(-1)!;
  };
  const open = async () => {
    const answer = await call("open_run", "", {}, WATCH, null);
    return answer.kind === "answer" ? (answer.value as { run: number }).run : -1;
  };
  return { service, messages, next, call, open };
}

test("the engine's message comes back as an error", async () => {
  const { call } = setUp([]);
  assert.deepEqual(await call("parse_recipe", "netwrk"), { kind: "error", id: 1, message: "line 1: unknown key `netwrk`" });
});

test("a step, then back", async () => {
  const { call, open } = setUp([new CountingRun(100, 10)]);
  const run = await open();
  const stepped = await call("step", run, 3);
  assert.equal(stepped.kind === "answer" && (stepped.value as { position: { step: number } }).position.step, 3);
  const back = await call("seek", run, 2);
  assert.equal(back.kind === "answer" && (back.value as { position: { step: number } }).position.step, 2);
  assert.equal((await call("seek", run, 50)).kind, "error");
});

test("a run that was closed is freed and gone", async () => {
  const handle = new CountingRun(10, 1);
  const { call, open } = setUp([handle]);
  const run = await open();
  await call("close_run", run);
  assert.ok(handle.freed);
  assert.match(String((await call("step", run, 1) as { message?: string }).message), /no training/);
});

test("playing ends with the training, and no view comes before the last one is drawn", async () => {
  const { service, messages, next, call, open } = setUp([new CountingRun(100_000, 10)]);
  const run = await open();
  const stopped = next("stopped");
  await call("play", [run], { unit: "steps", per_second: null });
  assert.deepEqual(await stopped, { kind: "stopped", ended: [[run, { by: "epochs", text: "All epochs are done." }]], message: null });
  const views = messages.filter((message) => message.kind === "views").length;
  assert.ok(views >= 1 && views <= 2, `${views} views: one while nothing was drawn, and the last`);
  service.drawn();
});

test("runs that race keep to the same epochs", async () => {
  const slow = new CountingRun(40_000, 400);
  const fast = new CountingRun(100, 1);
  const { messages, next, call, open } = setUp([slow, fast]);
  const ids = [await open(), await open()];
  const stopped = next("stopped");
  let apart = 0;
  const watch = setInterval(() => (apart = Math.max(apart, Math.abs(slow.count / 400 - fast.count))), 1);
  await call("play", ids, { unit: "epochs", per_second: null });
  await stopped;
  clearInterval(watch);
  assert.ok(apart <= 4, `${apart} epochs apart`);
  assert.ok(messages.some((message) => message.kind === "views" && message.views.length === 2));
});

test("a pause stops the steps", async () => {
  const handle = new CountingRun(1e9, 10);
  const { call, open } = setUp([handle]);
  const run = await open();
  await call("play", [run], { unit: "steps", per_second: null });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await call("pause");
  const at = handle.count;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(at > 0);
  assert.equal(handle.count, at);
});

test("a pace is kept", async () => {
  const handle = new CountingRun(1e9, 10);
  const { call, open } = setUp([handle]);
  const run = await open();
  await call("play", [run], { unit: "steps", per_second: 100 });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await call("pause");
  assert.ok(handle.count >= 5 && handle.count <= 60, `${handle.count} steps in about 0.2 s`);
});

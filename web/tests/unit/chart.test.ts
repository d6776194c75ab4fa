import assert from "node:assert/strict";
import { test } from "node:test";
import { logarithmicTicks } from "../../src/training/ticks";

test("logarithmic ticks are round, few and within the range", () => {
  assert.deepEqual(logarithmicTicks(0.09, 0.7), [0.1, 0.2, 0.5]);
  assert.deepEqual(logarithmicTicks(1e-6, 1), [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
  for (const [low, high] of [[1e-300, 1e300], [0.1251, 0.1252], [1e-12, 1]] as const) {
    const ticks = logarithmicTicks(low, high);
    assert.ok(ticks.length <= 14, `${ticks.length} ticks`);
    assert.ok(ticks.every((tick) => tick >= low && tick <= high));
  }
});

test("a range that is none has no ticks", () => {
  for (const [low, high] of [[0, 1], [1, 1], [NaN, 1], [1, Infinity], [-1, 1]] as const) assert.deepEqual(logarithmicTicks(low, high), []);
});

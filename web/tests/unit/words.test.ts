import assert from "node:assert/strict";
import { test } from "node:test";
import { asNumber, formatNumber, texFactor, texNumber } from "../../src/appearance/numbers";
import { ticksOf } from "../../src/result/frame";
import { commandLines, pythonLines, withRows, writtenTargets } from "../../src/take_along/recipe_file";
import type { DataSet } from "../../src/worker/contract";

test("numbers have significant digits and a true minus sign", () => {
  const cases: [number, string][] = [
    [0, "0"], [1, "1"], [-0.017, "−0.017"], [0.123456, "0.1235"], [1234.56, "1235"], [123456, "123500"], [1.5e-7, "1.5e−7"], [-2.5e21, "−2.5e21"],
    [Infinity, "∞"], [-Infinity, "−∞"], [NaN, "NaN"],
  ];
  for (const [value, text] of cases) assert.equal(formatNumber(value), text);
});

test("formulas write negative factors in parentheses", () => {
  assert.equal(texFactor(-0.5), "(-0.5)");
  assert.equal(texFactor(0.5), "0.5");
  assert.equal(texNumber(1.5e-7), "1.5 \\cdot 10^{-7}");
});

test("numbers that JSON lacks are words", () => {
  assert.equal(asNumber("inf"), Infinity);
  assert.equal(asNumber("-inf"), -Infinity);
  assert.ok(Number.isNaN(asNumber("nan")));
  assert.equal(asNumber(2), 2);
});

test("ticks are round and within the range", () => {
  assert.deepEqual(ticksOf([-1.2, 1.2], 5).map((tick) => Number(tick.toFixed(6))), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(ticksOf([0, 0], 5), []);
  assert.deepEqual(ticksOf([NaN, 1], 5), []);
});

const classes: DataSet = {
  name: "d", task: "classes", feature_names: ["x"], target_names: ["a", "b", "c"], notes: [],
  training: { inputs: [[1], [2]], targets: [0, 2] }, test: { inputs: [], targets: [] },
};

test("classes are written as the outputs that they stand for", () => {
  assert.deepEqual(writtenTargets(classes, 3), [[1, 0, 0], [0, 0, 1]]);
  assert.deepEqual(writtenTargets({ ...classes, training: { inputs: [[1]], targets: [1] } }, 1), [[1]]);
});

test("a recipe is taken along with its rows, but not beside a table", () => {
  const recipe = { network: { layers: [1, 3] } };
  assert.deepEqual(withRows(recipe, classes, { kind: "drawn" })["data"], { source: "inline", inputs: [[1], [2]], targets: [[1, 0, 0], [0, 0, 1]] });
  assert.equal(withRows(recipe, classes, { kind: "table", file: "t.csv", bytes: new Uint8Array(), settings: {} }), recipe);
});

test("the lines that do the same name file and column as shells and Python take them", () => {
  const origin = { kind: "table", file: "Anna's rows.csv", bytes: new Uint8Array(), settings: { target: 'the "kind"' } } as const;
  assert.equal(
    commandLines(origin),
    `pellucid train 'Anna'\\''s rows.csv' --target 'the "kind"' --recipe recipe.toml --out model.safetensors\npellucid evaluate model.safetensors 'Anna'\\''s rows.csv'`,
  );
  assert.match(pythonLines(origin, classes), /model\.fit\("Anna's rows\.csv", target="the \\"kind\\""\)/);
  assert.match(pythonLines({ ...origin, settings: {} }, { ...classes, task: "numbers" }), /TableRegressor[^]*model\.fit\("Anna's rows\.csv"\)/);
});

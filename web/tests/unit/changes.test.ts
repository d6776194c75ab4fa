import assert from "node:assert/strict";
import { test } from "node:test";
import * as changes from "../../src/recipe/changes";
import type { Recipe } from "../../src/worker/contract";

const RECIPE: Recipe = {
  network: { layers: [2, 4, 3, 1], activation: ["tanh", "relu", "sigmoid"] },
  init: { method: "uniform", low: -1, high: 1 },
  train: { optimizer: { name: "sgd", momentum: 0.9 }, learning_rate: 0.1, schedule: "cosine", batch_size: 10, shuffle: true },
};

test("a change leaves the recipe before as it was", () => {
  const before = structuredClone(RECIPE);
  const after = changes.set(RECIPE, ["train", "l2"], 0.1);
  assert.deepEqual(RECIPE, before);
  assert.equal(changes.get(after, ["train", "l2"]), 0.1);
  assert.equal(changes.get(after, ["train", "learning_rate"]), 0.1);
});

test("undefined leaves a key out, and a missing table is made", () => {
  assert.ok(!("learning_rate" in (changes.get(changes.set(RECIPE, ["train", "learning_rate"], undefined), ["train"]) as Recipe)));
  assert.deepEqual(changes.set({}, ["log", "every"], 5), { log: { every: 5 } });
});

test("a part is a name, or a table with settings", () => {
  assert.deepEqual(changes.partOf("adam", "sgd"), { name: "adam", settings: {} });
  assert.deepEqual(changes.partOf({ name: "sgd", momentum: 0.9 }, ""), { name: "sgd", settings: { momentum: 0.9 } });
  assert.deepEqual(changes.partOf(undefined, "sgd"), { name: "sgd", settings: {} });
  assert.equal(changes.writtenPart({ name: "adam", settings: {} }), "adam");
  assert.deepEqual(changes.writtenPart({ name: "sgd", settings: { momentum: 0.9 } }), { name: "sgd", momentum: 0.9 });
});

test("a new hidden layer takes the activation of the last one", () => {
  const wider = changes.withHiddenSizes(RECIPE, [4, 3, 5]);
  assert.deepEqual(changes.layersOf(wider), [2, 4, 3, 5, 1]);
  assert.deepEqual(changes.activationsOf(wider), ["tanh", "relu", "relu", "sigmoid"]);
});

test("without hidden layers the output keeps its activation", () => {
  const none = changes.withHiddenSizes(RECIPE, []);
  assert.deepEqual(changes.layersOf(none), [2, 1]);
  assert.equal(changes.get(none, ["network", "activation"]), "sigmoid");
});

test("one activation for all layers stays one", () => {
  const recipe: Recipe = { network: { layers: [2, 3, 1], activation: "sigmoid" } };
  assert.equal(changes.get(changes.withHiddenSizes(recipe, [3, 3]), ["network", "activation"]), "sigmoid");
  assert.deepEqual(changes.get(changes.withActivation(recipe, 0, "tanh"), ["network", "activation"]), ["tanh", "sigmoid"]);
});

test("given initial weights give way where the network changes its size", () => {
  const given: Recipe = { ...RECIPE, init: { method: "given", layers: [] } };
  assert.deepEqual(changes.get(changes.withHiddenSizes(given, [5]), ["init"]), { method: "xavier_uniform" });
  assert.deepEqual(changes.get(changes.withHiddenSizes(RECIPE, [5]), ["init"]), RECIPE["init"]);
  assert.equal(changes.withEnds(given, 2, 1), given);
});

test("data of another width change the ends of the network", () => {
  assert.deepEqual(changes.layersOf(changes.withEnds(RECIPE, 7, 3)), [7, 4, 3, 3]);
});

test("L-BFGS drops what it has no use for, and another optimizer gets a rate again", () => {
  const lbfgs = changes.withOptimizer(RECIPE, { name: "lbfgs", settings: {} });
  const train = changes.get(lbfgs, ["train"]) as Recipe;
  assert.deepEqual(train, { optimizer: "lbfgs", batch_size: "full" });
  assert.equal(changes.get(changes.withOptimizer(lbfgs, { name: "adam", settings: {} }), ["train", "learning_rate"]), 0.01);
});

test("the initialiser has its settings beside its method", () => {
  assert.deepEqual(changes.initialiserOf(RECIPE), { name: "uniform", settings: { low: -1, high: 1 } });
  assert.deepEqual(changes.get(changes.withInitialiser(RECIPE, { name: "he_normal", settings: {} }), ["init"]), { method: "he_normal" });
});

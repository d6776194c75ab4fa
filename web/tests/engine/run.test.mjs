// The engine's interface to the page: trainings in parts, data, recipes, models, explanations, and the messages of errors.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { loadEngine, runTo } from "./engine.mjs";

let engine;
before(async () => {
  engine = await loadEngine();
});

const make = (request) => JSON.parse(engine.make_data(JSON.stringify(request)));
const start = (recipe, data, seed) => engine.new_run(recipe, data && JSON.stringify(data), seed);
const parameters = (run) => run.parameters();
const moons = () => make({ name: "moons", samples: 200, seed: 3 });

test("a training in parts has the bits of one in one piece, in whatever way it is interrupted", () => {
  const data = moons();
  const whole = start(data.suggested_recipe, data);
  runTo(whole, 1000);
  const parts = start(data.suggested_recipe, data);
  for (const count of [1, 1, 2, 6, 10, 37, 143, 300, 500]) parts.advance(count, 1e9);
  assert.equal(JSON.parse(parts.position()).step, 1000);
  assert.equal(parameters(parts), parameters(whole));
  for (const step of [0, 999, 10, 11, 500, 1000]) parts.seek(step);
  assert.equal(parameters(parts), parameters(whole));
});

test("going back gives the parameters that were there", () => {
  const data = moons();
  const run = start(data.suggested_recipe, data);
  const seen = [parameters(run)];
  for (let step = 1; step <= 40; step += 1) {
    run.advance(1, 1e9);
    seen.push(parameters(run));
  }
  for (const step of [39, 0, 17, 16, 40, 3]) {
    run.seek(step);
    assert.equal(parameters(run), seen[step], `step ${step}`);
    assert.equal(JSON.parse(run.position()).furthest_step, 40);
  }
  assert.throws(() => run.seek(41), /step 41 was not taken yet/);
});

test("a time limit ends a call, not the training", () => {
  const data = moons();
  const run = start(data.suggested_recipe, data);
  const { steps, ended } = JSON.parse(run.advance(1e9, 5));
  assert.ok(steps > 0 && steps < 5000, `${steps}`);
  assert.equal(ended, null);
});

test("the end of a training is said, and scores and history are there", () => {
  const data = make({ name: "gauss", samples: 100 });
  const recipe = data.suggested_recipe.replace("epochs = 500", "epochs = 30");
  const run = start(recipe, data);
  const { ended } = JSON.parse(run.advance(1e9, 1e9));
  assert.deepEqual(ended, { by: "epochs", text: "all 30 epochs were run" });
  const history = JSON.parse(run.history());
  assert.equal(history.length, 30);
  assert.ok(history[29].loss < history[0].loss && history[29].test_loss < history[0].test_loss);
  const scores = JSON.parse(run.scores());
  assert.ok(scores.training.metrics.accuracy > 0.9 && scores.test.metrics.accuracy > 0.9);
  assert.equal(run.predictions("training").length, 50);
  run.seek(10);
  assert.equal(JSON.parse(run.advance(1, 1e9)).ended, null);
});

test("a training that diverges says so, with its findings", () => {
  const data = make({ name: "plane", samples: 50 });
  const recipe = data.suggested_recipe.replace('optimizer = "adam"', 'optimizer = "sgd"').replace("0.01", "1e6").replace(/tanh/g, "relu");
  const run = start(recipe, data);
  const { ended } = JSON.parse(run.advance(1e6, 1e9));
  assert.equal(ended.by, "divergence");
  assert.match(ended.text, /Try a smaller learning rate/);
  assert.ok(JSON.parse(run.findings()).some((finding) => finding.severity === "error"));
});

test("a weight can be changed, and what came after is forgotten", () => {
  const data = moons();
  const run = start(data.suggested_recipe, data);
  run.advance(20, 1e9);
  const before = JSON.parse(parameters(run));
  run.advance(20, 1e9);
  run.seek(20);
  run.set_weight(1, 2, 3, 7.5);
  const after = JSON.parse(parameters(run));
  before[1].weights[2 * 8 + 3] = 7.5;
  assert.deepEqual(after, before);
  assert.equal(JSON.parse(run.position()).furthest_step, 20);
  run.advance(5, 1e9);
  const later = parameters(run);
  run.seek(3);
  run.seek(25);
  assert.equal(parameters(run), later);
  run.set_weight(0, -1, 0, 0.25);
  assert.equal(JSON.parse(parameters(run))[0].biases[0], 0.25);
  assert.throws(() => run.set_weight(9, 0, 0, 1), /there is no layer 9/);
  assert.throws(() => run.set_weight(0, 0, 0, NaN), /finite number/);
});

test("a grid has the activations of units, and of the outputs", () => {
  const data = moons();
  const run = start(data.suggested_recipe, data);
  const request = { layer: -1, x: 0, y: 1, x_range: [-1, 2], y_range: [-1, 1.5], resolution: 20, fixed: [0, 0] };
  const outputs = run.grid(JSON.stringify(request));
  assert.equal(outputs.length, 400);
  assert.ok(outputs.every((value) => value > 0 && value < 1));
  assert.equal(run.grid(JSON.stringify({ ...request, layer: 1 })).length, 8 * 400);
  assert.equal(run.grid(JSON.stringify({ ...request, y: -1 })).length, 20);
  assert.throws(() => run.grid(JSON.stringify({ ...request, layer: 4 })), /the layers are 1 to 3/);
});

test("a step is explained with the optimizer's memory, and the gradient is right", () => {
  const data = moons();
  const run = start(data.suggested_recipe, data);
  run.advance(15, 1e9);
  const record = JSON.parse(run.explain(4));
  assert.deepEqual(record.rows, [5]);
  assert.equal(record.position.step_of_run, 16);
  assert.equal(record.update.steps, 16);
  assert.deepEqual(record.input_names, ["x1", "x2"]);
  assert.match(run.explain_markdown(4), /^# /);
  assert.match(run.explain_page(4), /<html/);
  assert.throws(() => run.explain(1e6), /the training data have 100 rows/);
  const check = JSON.parse(run.check_gradients());
  assert.ok(check.right, check.text);
  assert.equal(JSON.parse(run.layer_statistics()).length, 3);
});

test("a model file is read again", () => {
  const data = moons();
  const run = start(data.suggested_recipe, data);
  run.advance(50, 1e9);
  const file = run.model_file();
  const model = JSON.parse(engine.read_model(file, "moons.safetensors"));
  assert.deepEqual(model.recipe.network.layers, [2, 8, 8, 1]);
  const again = start(engine.print_recipe(JSON.stringify(model.recipe)), data);
  again.start_from(file, "moons.safetensors");
  assert.equal(parameters(again), parameters(run));
  assert.throws(() => engine.read_model(new Uint8Array(40), "foreign.safetensors"), /foreign\.safetensors/);
});

test("a table is read and prepared as the command does it", () => {
  const rows = Array.from({ length: 60 }, (_, row) => `${row},${row % 2 ? "red" : "blue"},${row % 3 ? "yes" : "no"}`);
  const bytes = new TextEncoder().encode(["size,colour,bought", ...rows].join("\n") + "\n");
  const data = JSON.parse(engine.read_table(bytes, "shop.csv", JSON.stringify({ test_fraction: 0.25 })));
  assert.equal(data.task, "classes");
  assert.deepEqual(data.target_names, ["no", "yes"]);
  assert.equal(data.training.inputs.length + data.test.inputs.length, 60);
  const run = start(data.suggested_recipe, data);
  run.advance(5, 1e9);
  const model = JSON.parse(engine.read_model(run.model_file(), "shop.safetensors"));
  assert.deepEqual(model.summary.classes, ["no", "yes"]);
  const read = (text, settings = {}) => engine.read_table(new TextEncoder().encode(text), "bad.csv", JSON.stringify(settings));
  assert.throws(() => read(""), /bad\.csv/);
  assert.throws(() => read("a,b\n1,2\n3\n"), /bad\.csv/);
  assert.throws(() => read("a,b\n1,2\n3,4\n", { target: "c" }), /c/);
});

test("recipes are normalised, and errors name the line", () => {
  for (const { toml } of JSON.parse(engine.built_in_recipes())) {
    const recipe = JSON.parse(engine.parse_recipe(toml));
    const printed = engine.print_recipe(JSON.stringify(recipe));
    assert.deepEqual(JSON.parse(engine.parse_recipe(printed)), recipe);
  }
  assert.throws(() => engine.parse_recipe("[train]\nepocs = 3\n"), /line 2|epocs/);
});

test("descriptors and data sets are complete", () => {
  const descriptors = JSON.parse(engine.descriptors());
  for (const kind of ["activation", "loss", "optimizer", "schedule", "initialiser", "metric"]) {
    assert.ok(descriptors[kind].length > 5, kind);
    assert.ok(descriptors[kind].every(({ name, title }) => name && title), kind);
  }
  for (const { name } of JSON.parse(engine.data_sets())) {
    const data = make({ name });
    const run = start(data.suggested_recipe, data);
    run.advance(3, 1e9);
    assert.equal(JSON.parse(run.position()).step > 0, true, name);
    run.free();
  }
});

test("pictures are those of the reports", () => {
  const data = moons();
  const run = start(data.suggested_recipe, data);
  run.advance(40, 1e9);
  for (const kind of ["boundary", "curves", "weights"]) assert.match(run.picture(kind), /^<svg/, kind);
  assert.throws(() => run.picture("cake"), /there is no picture `cake`/);
});

test("a comparison has the verdict of the command", () => {
  const data = moons();
  const toml = data.suggested_recipe.replace("epochs = 500", "epochs = 40");
  const recipes = [{ name: "adam", toml }, { name: "sgd", toml: toml.replace('"adam"', '"sgd"') }];
  const comparison = engine.new_comparison(JSON.stringify({ recipes, seeds: 3 }), JSON.stringify(data));
  let progress = { done: 0, of: 6 };
  while (progress.done < progress.of) progress = JSON.parse(comparison.advance(1));
  assert.match(JSON.parse(comparison.verdict()).text, /adam/);
});

test("the digits are images, and a network learns to read them", () => {
  const data = make({ name: "digits", seed: 2 });
  assert.deepEqual(data.image, { width: 8, height: 8 });
  assert.deepEqual([data.training.inputs.length, data.test.inputs.length], [500, 500]);
  assert.ok(data.training.inputs.flat().every((pixel) => pixel >= 0 && pixel <= 1));
  const run = start(data.suggested_recipe, data);
  runTo(run, 2500);
  assert.ok(JSON.parse(run.scores()).test.metrics.accuracy > 0.9);
  assert.throws(() => make({ name: "digits", test_fraction: 1 }), /test_fraction = 1 cannot be used/);
});

test("a model opens on its table, prepared as the model prepares it", () => {
  const bytes = new TextEncoder().encode("size,kind\n" + Array.from({ length: 60 }, (_, row) => `${row % 7},${row % 7 > 3 ? "large" : "small"}`).join("\n"));
  const data = JSON.parse(engine.read_table(bytes, "sizes.csv", "{}"));
  const trained = start(data.suggested_recipe, data);
  trained.advance(5, 1e9);
  const file = trained.model_file();
  assert.deepEqual(JSON.parse(engine.read_model(file, "sizes.safetensors")).target, ["kind"]);
  const again = JSON.parse(engine.read_table(bytes, "sizes.csv", "{}", file, "sizes.safetensors"));
  assert.deepEqual(again.training, data.training);
  const run = start(again.suggested_recipe, again);
  run.start_from(file, "sizes.safetensors");
  assert.equal(run.scores(), trained.scores());
  const other = new TextEncoder().encode("a,b\n1,2\n3,4\n");
  assert.throws(() => engine.read_table(other, "other.csv", "{}", file, "sizes.safetensors"), /there is no column `kind`/);
});

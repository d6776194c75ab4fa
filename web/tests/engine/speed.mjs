// Measures the engine in Node: `node web/tests/engine/speed.mjs`. docs/page.md has the figures.
import { loadEngine } from "./engine.mjs";

const engine = await loadEngine();

function seconds(work) {
  let best = Infinity;
  for (let round = 0; round < 3; round += 1) {
    const begin = performance.now();
    work();
    best = Math.min(best, (performance.now() - begin) / 1e3);
  }
  return best;
}

const toEnd = (recipe, data) => () => {
  const run = engine.new_run(recipe, data);
  while (!JSON.parse(run.advance(1e12, 10)).ended);
  run.free();
};

const xor = (epochs) => `
data = { source = "inline", inputs = [[0, 0], [0, 1], [1, 0], [1, 1]], targets = [[0], [1], [1], [0]] }
network = { layers = [2, 3, 1], activation = "sigmoid" }
train = { loss = "squared_error", learning_rate = 0.5, batch_size = "full", epochs = ${epochs}, seed = 1 }`;
console.log(`XOR, 400,000 epochs of one step: ${seconds(toEnd(xor(400_000))).toFixed(2)} s`);

const points = JSON.parse(engine.make_data(JSON.stringify({ name: "spiral", samples: 500, test_fraction: 0 })));
const small = points.suggested_recipe.replace("epochs = 500", "epochs = 100");
const text = JSON.stringify(points);
console.log(`2-8-8-1 on 500 points, batches of 10: ${(seconds(toEnd(small, text)) * 10).toFixed(2)} ms an epoch`);

// Of a tenth of as many rows as MNIST has; four fifths of the pixels are 0.
const rows = 6000;
let state = 1;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
const inputs = Array.from({ length: rows }, () => Array.from({ length: 784 }, () => (random() < 0.8 ? 0 : Math.round(random() * 255) / 255)));
const digits = {
  name: "digits",
  task: "classes",
  feature_names: [],
  target_names: [..."0123456789"],
  training: { inputs, targets: Array.from({ length: rows }, () => Math.floor(random() * 10)) },
  test: { inputs: [], targets: [] },
  notes: [],
};
const recipe = (epochs) => `
data = { source = "inline" }
network = { layers = [784, 128, 10], activation = ["relu", "softmax"] }
init = { method = "he_normal" }
train = { loss = "categorical_cross_entropy", learning_rate = 0.1, batch_size = 32, shuffle = true, epochs = ${epochs}, precision = "f32", seed = 1 }`;
const all = JSON.stringify(digits);
const epochs = (count) => seconds(toEnd(recipe(count), all));
console.log(`784-128-10 on 60,000 rows: ${((epochs(3) - epochs(1)) * 5).toFixed(2)} s an epoch`);

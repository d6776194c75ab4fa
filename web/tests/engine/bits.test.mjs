// The numbers of the engine in WebAssembly are those of the command with PELLUCID_ISA=baseline, to the bit: six recipes, 1,000
// steps each. PELLUCID names the command; target/debug/pellucid by default.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadEngine, runTo } from "./engine.mjs";

const command = process.env.PELLUCID ?? fileURLToPath(new URL("../../../target/debug/pellucid", import.meta.url));
const without = existsSync(command) ? false : `${command} is missing: build the command first, or set PELLUCID`;

const xor = `data = { source = "inline", inputs = [[0, 0], [0, 1], [1, 0], [1, 1]], targets = [[0], [1], [1], [0]] }`;
const recipes = {
  "plain descent, one row a step, f64": `
    ${xor}
    network = { layers = [2, 3, 1], activation = "sigmoid" }
    train = { loss = "squared_error", learning_rate = 0.5, batch_size = 1, epochs = 250, seed = 1 }`,
  "Adam, shuffled, binary cross-entropy, f32": `
    ${xor}
    network = { layers = [2, 8, 8, 1], activation = ["tanh", "tanh", "sigmoid"] }
    init = { method = "xavier_normal" }
    train = { loss = "binary_cross_entropy", optimizer = "adam", learning_rate = 0.01, batch_size = 2, shuffle = true, epochs = 500, precision = "f32", seed = 2 }`,
  "momentum, wide layers with zeros, f32": `
    data = { source = "regression", rows = 640, features = 70, noise = 0.1 }
    network = { layers = [70, 128, 96, 1], activation = ["relu", "relu", "identity"] }
    init = { method = "he_normal" }
    train = { loss = "squared_error", optimizer = { name = "sgd", momentum = 0.9 }, learning_rate = 0.001, batch_size = 64, shuffle = true, epochs = 100, precision = "f32", seed = 3 }`,
  "RMSProp, dropout and penalty, cosine schedule, f64": `
    data = { source = "regression", rows = 100, features = 5, noise = 0.1 }
    network = { layers = [5, 17, 9, 1], activation = ["gelu", "silu", "identity"] }
    train = { loss = "huber", optimizer = "rmsprop", learning_rate = 0.003, schedule = "cosine", batch_size = 10, l2 = 0.001, dropout = 0.2, epochs = 100, seed = 4 }`,
  "softmax, batch normalisation, Nadam, f64": `
    data = { source = "inline", inputs = [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [0, 2]], targets = [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]] }
    network = { layers = [2, 12, 3], activation = ["elu", "softmax"], normalisation = "batch" }
    init = { method = "he_normal" }
    train = { loss = "categorical_cross_entropy", optimizer = "nadam", learning_rate = 0.01, batch_size = 3, epochs = 500, seed = 5 }`,
  "full batches, AdamW with decay, averaged, f32": `
    data = { source = "regression", rows = 200, features = 20, noise = 0.2 }
    network = { layers = [20, 64, 32, 1], activation = ["mish", "softplus", "identity"] }
    init = { method = "lecun_normal" }
    train = { loss = "log_cosh", optimizer = { name = "adamw", weight_decay = 0.01 }, learning_rate = 0.002, schedule = { name = "exponential", factor = 0.999 }, batch_size = "full", epochs = 1000, precision = "f32", seed = 6 }`,
};

let engine;
let folder;
before(async () => {
  engine = await loadEngine();
  folder = mkdtempSync(join(tmpdir(), "pellucid-bits-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

for (const [name, indented] of Object.entries(recipes)) {
  const recipe = indented.replace(/^ {4}/gm, "");
  test(`1,000 steps: ${name}`, { skip: without }, () => {
    const [file, record] = [join(folder, "recipe.toml"), join(folder, "record.json")];
    writeFileSync(file, recipe);
    const environment = { ...process.env, PELLUCID_ISA: "baseline" };
    execFileSync(command, ["run", file, "--quiet", "--json", record], { env: environment });
    const expected = JSON.parse(readFileSync(record, "utf8"));
    const run = engine.new_run(recipe);
    assert.equal(JSON.parse(run.info()).steps_total, 1000);
    const found = () => JSON.parse(run.parameters()).map(({ weights, biases }) => [weights, biases]);
    const layers = (network) => network.layers.map(({ weights, bias }) => [weights.flat(), bias ?? []]);
    assert.deepEqual(found(), layers(expected.initial), "the initial parameters");
    runTo(run, 437);
    const middle = found();
    runTo(run, 1000);
    assert.deepEqual(found(), layers(expected.final), "the final parameters");
    run.seek(437);
    assert.deepEqual(found(), middle, "the parameters after going back");
    run.seek(1000);
    assert.deepEqual(found(), layers(expected.final), "the parameters after going on");
    run.free();
  });
}

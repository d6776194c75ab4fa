/** Lesson 7: overfitting, and what helps. */

import { makeData, play, setPace } from "../state/actions";
import { engine } from "../state/engine";
import { change, look } from "./driving";
import type { Lesson } from "./lesson";

const TOO_LARGE = {
  title: "Too many weights for too few points",
  data: { source: "inline" },
  network: { layers: [2, 32, 32, 1], activation: ["relu", "relu", "sigmoid"] },
  init: { method: "he_normal" },
  train: { loss: "binary_cross_entropy", optimizer: "adam", learning_rate: 0.002, batch_size: 16, shuffle: true, epochs: 1500, seed: 1 },
};

export const overfitting: Lesson = {
  title: "Learning by heart",
  text: () => (
    <>
      <p>Two half circles with a lot of noise: about 40 points to learn from, and others to test on, which training never sees. The network has more than 1,100 weights, many more than there are points.</p>
      <p>Training lowers the loss on the training points. What counts are points that it has not seen.</p>
    </>
  ),
  async prepare() {
    await makeData({ name: "moons", samples: 240, noise: 0.35, seed: 1, test_fraction: 0.8333 }, { toml: await engine().call("print_recipe", TOO_LARGE) });
    look({ selection: null });
  },
  question: "how will the loss on the test points go?",
  answers: ["It falls together with the training loss", "It falls first and then rises", "It stays where it is"],
  right: 1,
  async show() {
    await setPace({ unit: "epochs", per_second: 60 });
    await play();
  },
  because: () => (
    <p>
      First the network finds the two arcs, which all points share: both losses fall. Then it bends its border around single training points. They are noise, so this does not help on others, and where it is wrong there it is sure and wrong: the test loss rises. The curves part where overfitting begins.
    </p>
  ),
  tries: [
    { text: "A penalty on large weights (l2)", run: () => change(["train.l2", 0.01]) },
    { text: "Dropout of half the units", run: () => change(["train.l2", undefined], ["train.dropout", 0.5]) },
    { text: "Stop when the test loss rises", run: () => change(["train.l2", undefined], ["train.dropout", undefined], ["train.patience", 50]) },
    { text: "A small network", run: () => change(["network.layers", [2, 4, 1]], ["network.activation", ["relu", "sigmoid"]]) },
    { text: "Ten times the points", run: () => makeData({ name: "moons", samples: 2400, noise: 0.35, seed: 1, test_fraction: 0.8333 }, "kept") },
  ],
};

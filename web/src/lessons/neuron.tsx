/** Lesson 1: a neuron draws a line. */

import { Formula } from "../layout/formula";
import { makeData, play, setPace } from "../state/actions";
import { engine } from "../state/engine";
import { change, look } from "./driving";
import type { Lesson } from "./lesson";

const ONE_NEURON = {
  title: "One neuron",
  data: { source: "inline" },
  network: { layers: [2, 1], activation: "sigmoid" },
  init: { method: "xavier_uniform" },
  train: { loss: "binary_cross_entropy", optimizer: "sgd", learning_rate: 0.3, batch_size: 16, shuffle: true, epochs: 300, seed: 1 },
};

export const neuron: Lesson = {
  title: "A neuron draws a line",
  text: () => (
    <>
      <p>
        A neuron multiplies each input by a weight, adds the products and a bias, and sends the sum through a function that squeezes it between 0 and 1:
      </p>
      <Formula display tex="z = w_1 x_1 + w_2 x_2 + b, \qquad a = \frac{1}{1 + e^{-z}}" />
      <p>
        Here are two clouds of points. The neuron is to answer 0 for one and 1 for the other. Training changes the three numbers <Formula tex="w_1" />, <Formula tex="w_2" /> and <Formula tex="b" /> a little at a time, so that the answers become less wrong.
      </p>
    </>
  ),
  async prepare() {
    await makeData({ name: "gauss", samples: 300 }, { toml: await engine().call("print_recipe", ONE_NEURON) });
    look({ tab: "see", selection: { layer: 0, unit: 0, from: null }, sample: 0 });
  },
  question: "where will the two colours meet?",
  answers: ["On a circle around one of the clouds", "On a straight line between the clouds", "On a curve that bends around single points"],
  right: 1,
  async show() {
    await setPace({ unit: "epochs", per_second: 10 });
    await play();
  },
  because: () => (
    <p>
      The answer is ½ where <Formula tex="z = 0" />, and <Formula tex="w_1 x_1 + w_2 x_2 + b = 0" /> is the equation of a straight line. Training turns and shifts the line; it cannot bend it. The larger the weights, the sharper the change from one colour to the other.
    </p>
  ),
  tries: [
    { text: "A circle, which no line separates", run: () => makeData({ name: "circle", samples: 300 }, "kept") },
    { text: "A larger learning rate", run: () => change(["train.learning_rate", 3]) },
  ],
};

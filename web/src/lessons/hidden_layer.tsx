/** Lesson 2: XOR needs a hidden layer. */

import { play, setPace } from "../state/actions";
import { look, openBuiltIn } from "./driving";
import type { Lesson } from "./lesson";

export const hiddenLayer: Lesson = {
  title: "XOR needs a hidden layer",
  text: () => (
    <>
      <p>
        “Exclusive or” is 1 where exactly one of two inputs is 1, and 0 otherwise: four points, of which those on a diagonal belong together. One neuron is to learn it.
      </p>
      <p>No straight line has both blue points on one side and both orange points on the other. The neuron will still look for the numbers that make its mistakes smallest.</p>
    </>
  ),
  async prepare() {
    await openBuiltIn("xor-by-hand", [
      ["network", { layers: [2, 1], activation: "sigmoid" }],
      ["init", { method: "uniform", low: -1, high: 1 }],
      ["train.epochs", 3000],
    ]);
    look({ selection: { layer: 0, unit: 0, from: null }, sample: 1, tab: "see" });
  },
  question: "what will one neuron answer for the four points in the end?",
  answers: ["0, 1, 1, 0: it learns XOR", "About 0.5 for all four", "0 for all four", "0, 1, 1, 1: three of four are right"],
  right: 1,
  async show() {
    await setPace({ unit: "epochs", per_second: 1000 });
    await play();
  },
  because: () => (
    <p>
      Whatever line it draws, it is wrong on one side of it. Squared errors punish large mistakes most, so the smallest sum is reached by answering ½ everywhere: the loss stays at 0.125, and the weights go to 0. A hidden layer draws several lines, and the output neuron combines them.
    </p>
  ),
  tries: [
    { text: "With a hidden layer of 2 units", run: () => openBuiltIn("xor-batch-sum") },
    { text: "With the notebook's 3 units, 400,000 epochs", run: () => openBuiltIn("xor-by-hand") },
  ],
};

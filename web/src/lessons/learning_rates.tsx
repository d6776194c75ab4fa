/** Lesson 4: learning rates. */

import { recipe } from "../state/session";
import { Formula } from "../layout/formula";
import { change, look, openBuiltIn, raceVariants } from "./driving";
import type { Lesson } from "./lesson";

const RATES = [0.1, 1, 10, 100];

export const learningRates: Lesson = {
  title: "How long a step?",
  text: () => (
    <>
      <p>
        The derivative says in which direction the loss falls; the learning rate <Formula tex="\eta" /> says how far to go: <Formula tex="w \leftarrow w - \eta \, \partial L / \partial w" />. The slope is that of this place only, so a long step may land beyond the valley.
      </p>
      <p>Four runs start from the same weights of the notebook's XOR network and take 3,000 steps, with learning rates of 0.1, 1, 10 and 100.</p>
    </>
  ),
  async prepare() {
    await openBuiltIn("xor-by-hand", [["train.epochs", 3000]]);
    look({ tab: "race", selection: null });
  },
  question: "which run has the lowest loss after 3,000 steps?",
  answers: ["η = 0.1: the most careful", "η = 1", "η = 10", "η = 100: the fastest"],
  right: 2,
  async show() {
    if (!recipe.value) return;
    await raceVariants(RATES.map((rate) => ({ name: `η = ${rate}`, changes: [["train.learning_rate", rate]] })), recipe.value);
  },
  because: () => (
    <>
      <p>
        η = 0.1 is on its way and far from done (loss 0.077). η = 1 and η = 10 come to 0.032 and 0.0313, η = 10 ten times sooner. η = 100 is ahead for the first steps, then jumps to where the sigmoids are saturated: their slope is nearly 0 there, and it stays at 0.0625.
      </p>
      <p>None comes to 0: without biases every hidden unit answers ½ for the point (0, 0), and training needs many more steps to make up for it.</p>
    </>
  ),
  tries: [
    { text: "A rate that falls: cosine from 10", run: () => change(["train.learning_rate", 10], ["train.schedule", "cosine"]) },
    { text: "Adam, which scales each step itself", run: () => change(["train.optimizer", "adam"], ["train.learning_rate", 0.05]) },
  ],
};

/** Lesson 5: batch against stochastic, the exercise of the notebook. */

import { Formula } from "../layout/formula";
import { judge, chooseVariation, values } from "../compare/race";
import { look, openBuiltIn, raceBuiltIn } from "./driving";
import type { Lesson } from "./lesson";

export const batches: Lesson = {
  title: "One sample or all of them?",
  text: () => (
    <>
      <p>
        The exercise of the notebook: XOR with two hidden units, a learning rate of 0.1 and 10,000 epochs, from the same weights. <em>Stochastic</em> descent takes a step after each sample, four in an epoch. <em>Batch</em> descent takes one step an epoch, along the gradient of all four: their sum, or their mean.
      </p>
      <Formula display tex="\text{sum: } \sum_{n=1}^{4} \frac{\partial L_n}{\partial w} \qquad \text{mean: } \frac{1}{4} \sum_{n=1}^{4} \frac{\partial L_n}{\partial w}" />
    </>
  ),
  async prepare() {
    await openBuiltIn("xor-batch-mean");
    look({ tab: "race", selection: null });
  },
  question: "which of the three has learnt XOR after 10,000 epochs?",
  answers: ["Only the stochastic run", "The stochastic run and the sum", "All three", "Only the two batch runs"],
  right: 1,
  show: () => raceBuiltIn(["xor-sgd", "xor-batch-mean", "xor-batch-sum"]),
  because: () => (
    <>
      <p>
        The mean is a quarter of the sum, so its steps are four times as short, and after 10,000 of them the loss is still 0.18. The sum keeps up with the stochastic run (both 0.0027): four small steps one after the other lead nearly where one step along their sum leads. It needs 10,000 updates, and the stochastic run 40,000.
      </p>
      <p>So this is no race between batch and stochastic, but between learning rates. One start is one draw, too: the verdict over several seeds is fairer.</p>
    </>
  ),
  tries: [
    {
      text: "Mean against sum over 7 seeds",
      run: () => {
        chooseVariation("reduction");
        values.value = ["mean", "sum"];
        return judge();
      },
    },
    { text: "The mean with four times the rate", run: () => openBuiltIn("xor-batch-mean", [["train.learning_rate", 0.4]]) },
  ],
};

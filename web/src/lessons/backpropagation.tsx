/** Lesson 3: backpropagation by hand, on the notebook's numbers. */

import { Formula } from "../layout/formula";
import { openWorkedStep } from "../inspect/worked_step";
import { takeSteps } from "../state/actions";
import { look, openBuiltIn } from "./driving";
import type { Lesson } from "./lesson";

export const backpropagation: Lesson = {
  title: "Backpropagation by hand",
  text: () => (
    <>
      <p>
        The network of the notebook: two inputs, three hidden units, one output, no biases. For the sample (0, 1) the output is about 0.43, and it should be 1. How should the weight <Formula tex="w" /> from hidden unit 1 to the output change? The chain rule answers, from the output backwards:
      </p>
      <Formula display tex="\frac{\partial L}{\partial w} = \underbrace{(a - y)}_{\text{how wrong}} \cdot \underbrace{a\,(1 - a)}_{\text{slope of the sigmoid}} \cdot \underbrace{a_1}_{\text{what came in}}" />
      <p>
        The step goes against the derivative: <Formula tex="w \leftarrow w - \eta \, \partial L / \partial w" />. Below, under “See through”, are all these numbers for the sample you follow.
      </p>
    </>
  ),
  async prepare() {
    await openBuiltIn("xor-by-hand", [["train.learning_rate", 0.3]]);
    look({ tab: "see", sample: 1, selection: { layer: 1, unit: 0, from: 0 } });
  },
  question: "the weight is −0.017 now. After one step on all four samples, will it be larger or smaller?",
  answers: ["Larger", "Smaller", "Exactly the same"],
  right: 0,
  show: () => takeSteps(1),
  because: () => (
    <>
      <p>
        Samples 2 and 3 should be 1 and are too low: <Formula tex="a - y" /> is negative, the other two factors are positive, so their derivatives are negative (−0.082 and −0.055) and push the weight up. Samples 1 and 4 are too high and push it down (0.049 and 0.055). The sum is −0.033, and <Formula tex="-0.017 + 0.3 \cdot 0.033 \approx -0.007" />.
      </p>
      <p>Follow the other samples to see their shares. These are the numbers of the notebook, to nine digits.</p>
    </>
  ),
  tries: [
    { text: "The whole step, number by number", run: openWorkedStep },
    { text: "A weight of the hidden layer", run: () => look({ selection: { layer: 0, unit: 0, from: 1 } }) },
    { text: "One step more", run: () => takeSteps(1) },
  ],
};

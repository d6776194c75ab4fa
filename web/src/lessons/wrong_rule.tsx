/** Lesson 6: the notebook whose weights diverged. */

import { Formula } from "../layout/formula";
import { play, setPace } from "../state/actions";
import { look, openBuiltIn } from "./driving";
import type { Lesson } from "./lesson";

export const wrongRule: Lesson = {
  title: "A rule that is wrong",
  text: () => (
    <>
      <p>
        In one notebook the weights of a perceptron run off to −10²⁴⁷ within five steps. Its four samples have features such as 4, 500 and 6, and its rule uses <Formula tex="z\,(1 - z)" /> for the slope of the sigmoid. The slope is <Formula tex="a\,(1 - a)" />, with the output <Formula tex="a" /> and not the sum <Formula tex="z" />.
      </p>
      <p>
        With the first weights, <Formula tex="z \approx 360" />: the wrong rule takes −129,000 for a slope that is never above ¼. Here is the same perceptron by the right rule, on the same raw features.
      </p>
    </>
  ),
  async prepare() {
    await openBuiltIn("perceptron", [["data.standardise", false]]);
    look({ tab: "see", sample: 2, selection: { layer: 0, unit: 0, from: 1 } });
  },
  question: "by the right rule, what happens in 1,000 steps?",
  answers: ["The weights diverge as well", "It learns all four samples", "Nothing moves at all"],
  right: 2,
  async show() {
    await setPace({ unit: "epochs", per_second: 60 });
    await play();
  },
  because: () => (
    <>
      <p>
        The sigmoid of 360 is 1 to the last digit, for all four samples, and its slope <Formula tex="1 \cdot (1 - 1)" /> is 0. A derivative of 0 moves nothing: the loss stays at 0.5. The diagnosis says so. The rule was wrong, and the scale of the features too.
      </p>
      <p>“Check the gradient” compares each derivative with the change of the loss when a weight is moved a little: it finds a wrong rule at once.</p>
    </>
  ),
  tries: [
    { text: "Features with mean 0 and deviation 1", run: () => openBuiltIn("perceptron") },
    { text: "What the diagnosis says", run: () => look({ tab: "layers" }) },
    { text: "With a hidden layer", run: () => openBuiltIn("perceptron-hidden") },
  ],
};

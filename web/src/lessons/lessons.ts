/** The seven lessons, in order. */

import { backpropagation } from "./backpropagation";
import { batches } from "./batches";
import { hiddenLayer } from "./hidden_layer";
import { learningRates } from "./learning_rates";
import type { Lesson } from "./lesson";
import { neuron } from "./neuron";
import { overfitting } from "./overfitting";
import { wrongRule } from "./wrong_rule";

export const LESSONS: Lesson[] = [neuron, hiddenLayer, backpropagation, learningRates, batches, wrongRule, overfitting];

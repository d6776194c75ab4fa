/** What the runs of a race differ in. */

import { words } from "../appearance/numbers";
import { set, withHiddenActivation, withHiddenSizes, withInitialiser, withOptimizer } from "../recipe/changes";
import type { Recipe } from "../worker/contract";

export interface Variation {
  key: string;
  title: string;
  /** Where the values come from: one of the engine's lists, or free text. */
  kind: "optimizer" | "activation" | "initialiser" | "text";
  /** Values to begin with. */
  values: string[];
  /** Whether all runs can begin with the same weights. */
  sameWeights: boolean;
  apply(recipe: Recipe, value: string): Recipe;
}

const numberOf = (value: string): number => Number(value.replace(",", "."));

export const VARIATIONS: Variation[] = [
  {
    key: "optimizer", title: "Optimizer", kind: "optimizer", values: ["sgd", "rmsprop", "adam"], sameWeights: true,
    apply: (recipe, value) => withOptimizer(recipe, { name: value, settings: {} }),
  },
  {
    key: "learning_rate", title: "Learning rate", kind: "text", values: ["0.01", "0.1", "1"], sameWeights: true,
    apply: (recipe, value) => set(recipe, ["train", "learning_rate"], numberOf(value)),
  },
  {
    key: "batch_size", title: "Batch size", kind: "text", values: ["1", "16", "full"], sameWeights: true,
    apply: (recipe, value) => set(recipe, ["train", "batch_size"], value.trim() === "full" ? "full" : numberOf(value)),
  },
  {
    key: "reduction", title: "Mean or sum over a batch", kind: "text", values: ["mean", "sum"], sameWeights: true,
    apply: (recipe, value) => set(recipe, ["train", "reduction"], value.trim()),
  },
  {
    key: "activation", title: "Activation of hidden layers", kind: "activation", values: ["sigmoid", "tanh", "relu"], sameWeights: true,
    apply: (recipe, value) => withHiddenActivation(recipe, value),
  },
  {
    key: "hidden", title: "Hidden layers", kind: "text", values: ["2", "8", "8, 8"], sameWeights: false,
    apply: (recipe, value) => withHiddenSizes(recipe, value.trim() === "none" ? [] : value.split(/[,\s]+/).filter(Boolean).map(Number)),
  },
  {
    key: "init", title: "Initial weights", kind: "initialiser", values: ["xavier_uniform", "he_normal"], sameWeights: false,
    apply: (recipe, value) => withInitialiser(recipe, { name: value, settings: {} }),
  },
  {
    key: "l2", title: "L2 penalty", kind: "text", values: ["0", "0.001", "0.01"], sameWeights: true,
    apply: (recipe, value) => set(recipe, ["train", "l2"], numberOf(value)),
  },
];

/** What a run is called. */
export function laneName(variation: Variation, value: string): string {
  return variation.kind === "text" ? `${variation.title.toLowerCase()} ${value}` : words(value);
}

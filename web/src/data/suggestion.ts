/** The recipe that drawn points begin with: small, and quick to fit any shape. */

import { engine } from "../state/engine";
import type { DataSet, Recipe } from "../worker/contract";

export function suggestedRecipe(data: DataSet): Recipe {
  const classes = data.target_names.length;
  const [outputs, activation, loss] =
    data.task === "numbers" ? [1, "identity", "half_squared_error"]
    : classes === 2 ? [1, "sigmoid", "binary_cross_entropy"]
    : [classes, "softmax", "categorical_cross_entropy"];
  return {
    title: "Drawn points",
    data: { source: "inline" },
    network: { layers: [data.feature_names.length, 8, 8, outputs], activation: ["tanh", "tanh", activation] },
    init: { method: "xavier_uniform" },
    train: { loss, optimizer: "adam", learning_rate: 0.01, batch_size: 16, shuffle: true, epochs: 3000, seed: 1 },
  };
}

/** The same as TOML. */
export function suggestedToml(data: DataSet): Promise<string> {
  return engine().call("print_recipe", suggestedRecipe(data));
}

/** The recipe as a file that runs elsewhere: with its rows, where it names no other source of data. */

import { get, set } from "../recipe/changes";
import type { Origin } from "../state/session";
import type { DataSet, Recipe } from "../worker/contract";

/** A recipe with more numbers than this belongs beside a table. */
const MOST_NUMBERS = 100_000;

/** Rows as a recipe writes them: a number for each output. */
export function writtenTargets(data: DataSet, outputs: number): number[][] {
  return data.training.targets.map((target) => {
    if (Array.isArray(target)) return target;
    return outputs === 1 ? [target] : Array.from({ length: outputs }, (_, index) => (index === target ? 1 : 0));
  });
}

export function withRows(recipe: Recipe, data: DataSet, origin: Origin): Recipe {
  if (origin.kind === "table") return recipe;
  const layers = get(recipe, ["network", "layers"]) as number[] | undefined;
  if (data.training.inputs.length * data.feature_names.length > MOST_NUMBERS) return recipe;
  return set(recipe, ["data"], { source: "inline", inputs: data.training.inputs, targets: writtenTargets(data, layers?.at(-1) ?? 1) });
}

/** A word as shells take it, whatever characters it has. */
function quoted(word: string): string {
  return `'${word.replace(/'/g, "'\\''")}'`;
}

/** The lines of a shell that do the same. */
export function commandLines(origin: Origin): string {
  if (origin.kind === "table") {
    const target = origin.settings.target ? ` --target ${quoted(origin.settings.target)}` : "";
    return `pellucid train ${quoted(origin.file)}${target} --recipe recipe.toml --out model.safetensors\npellucid evaluate model.safetensors ${quoted(origin.file)}`;
  }
  return "pellucid run recipe.toml --report report.html\npellucid explain recipe.toml -o step.html\npellucid check recipe.toml";
}

/** The lines of Python that do the same. */
export function pythonLines(origin: Origin, data: DataSet): string {
  if (origin.kind === "table") {
    const estimator = data.task === "classes" ? "TableClassifier" : "TableRegressor";
    // The recipe names the column where the reader named none.
    const target = origin.settings.target === undefined ? "" : `, target=${JSON.stringify(origin.settings.target)}`;
    return [
      `from pellucid import ${estimator}`,
      "",
      `model = ${estimator}(recipe="recipe.toml")`,
      `model.fit(${JSON.stringify(origin.file)}${target})`,
      'model.save("model.safetensors")',
    ].join("\n");
  }
  return ["import pellucid", "", 'recipe = pellucid.Recipe.read("recipe.toml")', "record = pellucid.run(recipe)", 'print(record["metrics"])'].join("\n");
}

/** Changes of a recipe. Each returns a new recipe; what a recipe means stays the engine's business. */

import type { Recipe, SettingValue } from "../worker/contract";

type Path = readonly string[];

export function get(recipe: Recipe, path: Path): unknown {
  let value: unknown = recipe;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Recipe)[key];
  }
  return value;
}

/** Sets a value, or leaves its key out where it is undefined. */
export function set(recipe: Recipe, path: Path, value: unknown): Recipe {
  const [key, ...rest] = path;
  if (key === undefined) return recipe;
  const copy = { ...recipe };
  if (rest.length > 0) {
    const inner = copy[key];
    copy[key] = set(typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as Recipe) : {}, rest, value);
  } else if (value === undefined) {
    delete copy[key];
  } else {
    copy[key] = value;
  }
  return copy;
}

/** A part with settings, such as an optimizer: its name, and the settings given. */
export interface Part {
  name: string;
  settings: Record<string, SettingValue>;
}

/** Reads a part that is a name, or a table with `name` and settings. */
export function partOf(value: unknown, fallback: string): Part {
  if (typeof value === "string") return { name: value, settings: {} };
  if (typeof value !== "object" || value === null) return { name: fallback, settings: {} };
  const { name, ...settings } = value as Recipe;
  return { name: typeof name === "string" ? name : fallback, settings: settings as Record<string, SettingValue> };
}

/** Writes a part: a name where it has no settings. */
export function writtenPart(part: Part): unknown {
  return Object.keys(part.settings).length === 0 ? part.name : { name: part.name, ...part.settings };
}

export function layersOf(recipe: Recipe): number[] {
  const layers = get(recipe, ["network", "layers"]);
  return Array.isArray(layers) ? layers.map(Number) : [];
}

/** The activation of each layer after the inputs. */
export function activationsOf(recipe: Recipe): unknown[] {
  const given = get(recipe, ["network", "activation"]);
  const count = Math.max(0, layersOf(recipe).length - 1);
  return Array.from({ length: count }, (_, index) => (Array.isArray(given) ? given[Math.min(index, given.length - 1)] : given));
}

export function withActivation(recipe: Recipe, layer: number, activation: string): Recipe {
  const activations = activationsOf(recipe);
  activations[layer] = activation;
  return set(recipe, ["network", "activation"], shortened(activations));
}

/** Gives all hidden layers one activation. */
export function withHiddenActivation(recipe: Recipe, activation: string): Recipe {
  const activations = activationsOf(recipe).map((own, index, all) => (index < all.length - 1 ? activation : own));
  return set(recipe, ["network", "activation"], shortened(activations));
}

function shortened(activations: unknown[]): unknown {
  const first = activations[0];
  return typeof first === "string" && activations.every((one) => one === first) ? first : activations;
}

/** Methods that write down the initial numbers of a network of one size. */
const FIXED_METHODS = ["given", "draws"];

/** Gives the network other hidden layers; a new layer takes the activation of the last hidden one. */
export function withHiddenSizes(recipe: Recipe, sizes: number[]): Recipe {
  const layers = layersOf(recipe);
  const activations = activationsOf(recipe);
  const hidden = activations.slice(0, -1);
  const added = hidden.at(-1) ?? (activations.at(-1) === "sigmoid" ? "sigmoid" : "tanh");
  const kept = sizes.map((_, index) => hidden[index] ?? added);
  const changed = set(recipe, ["network", "layers"], [layers[0] ?? 1, ...sizes, layers.at(-1) ?? 1]);
  return drawnAnew(set(changed, ["network", "activation"], shortened([...kept, activations.at(-1) ?? "identity"])));
}

/** Gives the network the sizes that the data need. */
export function withEnds(recipe: Recipe, inputs: number, outputs: number): Recipe {
  const layers = layersOf(recipe);
  if (layers[0] === inputs && layers.at(-1) === outputs) return recipe;
  return drawnAnew(set(recipe, ["network", "layers"], [inputs, ...layers.slice(1, -1), outputs]));
}

/** Draws the initial weights, where the recipe has numbers for a network of another size. */
function drawnAnew(recipe: Recipe): Recipe {
  const method = get(recipe, ["init", "method"]);
  const fixed = typeof method === "string" && FIXED_METHODS.includes(method);
  return fixed ? set(recipe, ["init"], { method: "xavier_uniform" }) : recipe;
}

/** The initialiser as a part; `[init]` has its settings beside its method. */
export function initialiserOf(recipe: Recipe): Part {
  const { method, ...settings } = (get(recipe, ["init"]) as Recipe | undefined) ?? {};
  return { name: typeof method === "string" ? method : "", settings: settings as Record<string, SettingValue> };
}

export function withInitialiser(recipe: Recipe, part: Part): Recipe {
  return set(recipe, ["init"], { method: part.name, ...part.settings });
}

/** What an optimizer that works on all rows at once has no use for. */
const STEPWISE_KEYS = [
  "learning_rate", "schedule", "shuffle", "reshuffle", "accumulate", "average", "dropout", "l1", "clip_value", "clip_norm",
];

export function withOptimizer(recipe: Recipe, part: Part): Recipe {
  let changed = set(recipe, ["train", "optimizer"], writtenPart(part));
  if (part.name === "lbfgs") {
    for (const key of STEPWISE_KEYS) changed = set(changed, ["train", key], undefined);
    return set(changed, ["train", "batch_size"], "full");
  }
  const hasRate = typeof get(changed, ["train", "learning_rate"]) === "number";
  return hasRate ? changed : set(changed, ["train", "learning_rate"], 0.01);
}

/** Whether two recipes say the same. */
export function same(a: Recipe, b: Recipe): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

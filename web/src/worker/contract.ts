/** What the engine's WebAssembly package exports. Values are plain JSON with the names of the command's records. */

/** The package as the worker sees it: arguments and results that are no numbers, bytes or text travel as JSON strings. */
export interface EngineExports {
  default(options: { module_or_path: WebAssembly.Module }): Promise<unknown>;
  about(): string;
  descriptors(): string;
  data_sets(): string;
  make_data(request: string): string;
  read_table(bytes: Uint8Array, name: string, settings: string, model?: Uint8Array, modelName?: string): string;
  parse_recipe(toml: string): string;
  print_recipe(recipe: string): string;
  built_in_recipes(): string;
  read_model(bytes: Uint8Array, name: string): string;
  new_run(recipe: string, data: string, seed?: number): RunHandle;
  recipe_data?(toml: string): string;
  new_comparison?(request: string, data: string): ComparisonHandle;
}

/** One training in the engine. */
export interface RunHandle {
  info(): string;
  advance(count: number, budgetMs: number): string;
  seek(step: number): void;
  position(): string;
  history(): string;
  scores(): string;
  grid(request: string): Float32Array;
  predictions(which: "training" | "test"): Float32Array;
  parameters(): string;
  set_weight(layer: number, from: number, to: number, value: number): void;
  start_from(bytes: Uint8Array, name: string): void;
  explain(row: number): string;
  explain_page(row: number): string;
  explain_markdown(row: number): string;
  layer_statistics(): string;
  findings(): string;
  check_gradients(): string;
  model_file(): Uint8Array;
  picture(kind: PictureKind): string;
  free(): void;
}

/** A comparison of recipes over several seeds. */
export interface ComparisonHandle {
  advance(budgetMs: number): string;
  verdict(): string;
  free(): void;
}

export type PictureKind = "boundary" | "curves" | "weights";

export interface About {
  version: string;
  instruction_set: string;
}

export type SettingValue = number | boolean | string;

/** A setting of a part, such as the momentum of an optimizer. */
export interface Setting {
  name: string;
  summary: string;
  kind: "number" | "integer" | "boolean" | "choice";
  default?: SettingValue | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  choices?: string[] | undefined;
}

export interface Descriptor {
  name: string;
  aliases: string[];
  title?: string;
  formula?: string;
  latex?: string;
  paper?: string;
  summary?: string;
  settings: Setting[];
}

export type DescriptorKind = "activation" | "loss" | "optimizer" | "schedule" | "initialiser" | "metric";
export type Descriptors = Record<DescriptorKind, Descriptor[]> & { training?: Descriptor[] };

export interface DataSetInfo {
  name: string;
  title: string;
  task: "classes" | "numbers";
  features: number;
  settings: Setting[];
}

export interface DataRequest {
  name: string;
  samples?: number;
  noise?: number;
  seed?: number;
  test_fraction?: number;
}

export interface TableSettings {
  target?: string;
  test_fraction?: number;
  seed?: number;
}

export interface Rows {
  /** A row a sample. */
  inputs: number[][];
  /** Of numbers a row of outputs a sample, of classes the index of the class. */
  targets: number[][] | number[];
}

export interface DataSet {
  name: string;
  task: "classes" | "numbers";
  feature_names: string[];
  target_names: string[];
  training: Rows;
  test: Rows;
  notes: string[];
  image?: { width: number; height: number } | null;
  suggested_recipe?: string | null;
  preparation?: number | null;
}

/** A recipe's own keys as JSON. */
export type Recipe = { [key: string]: unknown };

export interface BuiltInRecipe {
  name: string;
  title: string;
  toml: string;
}

export interface RunInfo {
  layers: number[];
  activations: string[];
  loss: string;
  parameters: number;
  precision: "f32" | "f64";
  steps_total: number;
  steps_an_epoch: number;
  memory_bytes: number;
  notes: string[];
}

export interface Position {
  step: number;
  epoch: number;
  steps_an_epoch: number;
  steps_total: number;
  furthest_step: number;
}

export interface HistoryPoint {
  epoch: number;
  step: number;
  loss: number;
  test_loss?: number | null;
  metric?: number | null;
  test_metric?: number | null;
}

export interface PartScores {
  loss: number;
  metrics: Record<string, number>;
}

export interface Scores {
  training: PartScores;
  test?: PartScores | null;
}

export interface GridRequest {
  /** Layer of units counted from 1, or -1 for the output layer. */
  layer: number;
  x: number;
  /** The second feature, or -1 for a curve along the first. */
  y: number;
  x_range: [number, number];
  y_range: [number, number];
  resolution: number;
  /** The values of all features; those of x and y are replaced. */
  fixed: number[];
}

export interface LayerParameters {
  fan_in: number;
  fan_out: number;
  /** (fan_in, fan_out), row-major. */
  weights: number[];
  biases: number[];
}

export interface LayerStatistics {
  layer: number;
  gradient_norm: number;
  update_ratio: number;
  saturated: number;
  dead: number;
}

export interface Finding {
  severity: "note" | "warning" | "error";
  title: string;
  text: string;
  advice?: string | null;
  layer?: number | null;
}

export interface GradientCheck {
  right: boolean;
  text: string;
  largest_relative_error: number;
}

export interface Ending {
  by: string;
  text: string;
}

export interface Advance {
  steps: number;
  ended: Ending | null;
}

export interface ReadModel {
  recipe: Recipe;
  notes: string[];
  /** The columns that it predicts of a table; null where it was not trained on one. */
  target: string[] | null;
  summary: unknown;
}

/** The layers of `pellucid explain --json`, of one row. */
export interface ExplainedLayer {
  function: string;
  fan_in: number;
  fan_out: number;
  weights: number[][];
  bias: number[] | null;
  z: number[][];
  activation: number[][];
  d_loss_d_activation?: number[][] | null;
  d_activation_d_z?: number[][] | null;
  delta: number[][];
  d_loss_d_weights: number[][] | null;
  d_loss_d_bias: number[] | null;
  weights_after: number[][] | null;
  bias_after: number[] | null;
}

export interface Explanation {
  input: number[][];
  target: number[][];
  loss: number;
  layers: ExplainedLayer[];
  input_names?: string[];
  output_names?: string[];
  update?: { optimizer?: string; learning_rate?: number; is_plain?: boolean } | null;
}

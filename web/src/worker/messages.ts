/** The messages between the page and its worker. */

import type {
  About, BuiltInRecipe, DataRequest, DataSet, DataSetInfo, Descriptors, Ending, Explanation, Finding, GradientCheck, HistoryPoint,
  LayerParameters, LayerStatistics, PictureKind, Position, ReadModel, Recipe, RunInfo, Scores, TableSettings,
} from "./contract";

export type RunId = number;

/** What the page wants to see of a run after each change of it. */
export interface Watch {
  /** The plane that is drawn: two features, or one and -1, with their ranges; null where the data have none. */
  plane: Plane | null;
  /** Points an edge of the picture of the output layer. */
  resolution: number;
  /** Layers of units, counted from 1, whose pictures are drawn, and points an edge of each. */
  layers: number[];
  unit_resolution: number;
  parameters: boolean;
  layer_statistics: boolean;
  findings: boolean;
  /** The training row, counted from 0, that is explained. */
  explained_row: number | null;
  /** An input of the reader's own, such as a drawn digit. */
  own_input: number[] | null;
  predictions: boolean;
}

export interface Plane {
  x: number;
  y: number;
  x_range: [number, number];
  y_range: [number, number];
  fixed: number[];
}

/** The state of a run as the page shows it. */
export interface View {
  position: Position;
  scores: Scores | null;
  history: HistoryPoint[] | null;
  plane: Plane | null;
  resolution: number;
  output_grid: Float32Array | null;
  unit_resolution: number;
  unit_grids: { layer: number; values: Float32Array }[];
  parameters: LayerParameters[] | null;
  layer_statistics: LayerStatistics[] | null;
  findings: Finding[] | null;
  explanation: Explanation | null;
  own_outputs: number[] | null;
  training_predictions: Float32Array | null;
  test_predictions: Float32Array | null;
  ended: Ending | null;
}

/** How fast a training plays. */
export interface Pace {
  unit: "steps" | "epochs";
  /** So many a second; null for as many as possible. */
  per_second: number | null;
}

export interface ModelFile {
  name: string;
  bytes: Uint8Array;
}

export interface NamedRecipe {
  name: string;
  toml: string;
}

export interface ComparisonProgress {
  done: number;
  of: number;
}

/** What the page can ask of the worker: arguments, then the answer. */
export interface Methods {
  about: [[], About];
  descriptors: [[], Descriptors];
  data_sets: [[], DataSetInfo[]];
  make_data: [[DataRequest], DataSet];
  /** The rows of a table, as a model takes them where one is given. */
  read_table: [[Uint8Array, string, TableSettings, ModelFile | null], DataSet];
  parse_recipe: [[string], Recipe];
  print_recipe: [[Recipe], string];
  built_in_recipes: [[], BuiltInRecipe[]];
  read_model: [[Uint8Array, string], ReadModel];
  /** The data that a recipe describes; null where it describes none, or its data are not in the page. */
  recipe_data: [[string], DataSet | null];
  open_run: [[string, DataSet, Watch, number | null], { run: RunId; info: RunInfo; view: View }];
  close_run: [[RunId], null];
  watch: [[RunId, Watch], View];
  step: [[RunId, number], View];
  seek: [[RunId, number], View];
  start_from: [[RunId, Uint8Array, string], View];
  set_weight: [[RunId, number, number, number, number], View];
  play: [[RunId[], Pace], null];
  pause: [[], null];
  explain_page: [[RunId, number], string];
  explain_markdown: [[RunId, number], string];
  check_gradients: [[RunId], GradientCheck];
  model_file: [[RunId], Uint8Array];
  picture: [[RunId, PictureKind], string];
  compare: [[NamedRecipe[], DataSet, number], { text: string } | null];
  stop_comparison: [[], null];
}

export type Method = keyof Methods;
export type Arguments<M extends Method> = Methods[M][0];
export type Answer<M extends Method> = Methods[M][1];

export type ToWorker =
  | { kind: "start"; engine: WebAssembly.Module | ArrayBuffer | string }
  | { kind: "call"; id: number; method: Method; args: unknown[] }
  /** The page has drawn the last view; the next may come. */
  | { kind: "drawn" };

export type FromWorker =
  | { kind: "ready" }
  | { kind: "failed"; message: string }
  | { kind: "answer"; id: number; value: unknown }
  | { kind: "error"; id: number; message: string }
  | { kind: "views"; views: [RunId, View][] }
  | { kind: "stopped"; ended: [RunId, Ending | null][]; message: string | null }
  | { kind: "comparing"; progress: ComparisonProgress };

/** The training that the page shows: its data, its recipe, and its latest view. */

import { batch, computed, signal } from "@preact/signals";
import type {
  DataRequest, DataSet, Ending, Explanation, Finding, HistoryPoint, LayerParameters, LayerStatistics, Position, Recipe, RunInfo, Scores,
  TableSettings,
} from "../worker/contract";
import { USUAL_PACE } from "../training/paces";
import type { Pace, Plane, RunId, View } from "../worker/messages";

/** Where the data come from, so that they can be made again or be shared. */
export type Origin =
  | { kind: "made"; request: DataRequest }
  | { kind: "table"; file: string; bytes: Uint8Array; settings: TableSettings }
  | { kind: "drawn" }
  | { kind: "rows" };

export interface Grid {
  plane: Plane;
  resolution: number;
  values: Float32Array;
}

export const data = signal<DataSet | null>(null);
export const origin = signal<Origin>({ kind: "rows" });
export const recipe = signal<Recipe | null>(null);
export const toml = signal("");
export const run = signal<RunId | null>(null);
export const info = signal<RunInfo | null>(null);

export const position = signal<Position | null>(null);
export const scores = signal<Scores | null>(null);
export const history = signal<HistoryPoint[]>([]);
export const outputGrid = signal<Grid | null>(null);
export const unitGrids = signal<Map<number, Grid>>(new Map());
export const parameters = signal<LayerParameters[] | null>(null);
export const statistics = signal<LayerStatistics[] | null>(null);
export const findings = signal<Finding[]>([]);
export const explanation = signal<Explanation | null>(null);
export const ownOutputs = signal<number[] | null>(null);
export const trainingPredictions = signal<Float32Array | null>(null);
export const testPredictions = signal<Float32Array | null>(null);
export const ended = signal<Ending | null>(null);

export const playing = signal(false);
export const pace = signal<Pace>(USUAL_PACE);

/** The explained training row, counted from 0. */
export const sample = signal(0);

/** A unit, or the weight of a link into one; layers count from 0 after the inputs, and `from` -1 is the bias. */
export type Selection = { layer: number; unit: number; from: number | null };
export const selection = signal<Selection | null>(null);

export const axisX = signal(0);
export const axisY = signal(1);
/** What the reader drew for a network that reads images. */
export const ownInput = signal<number[] | null>(null);

/** The parts of the page below the network. */
export type Tab = "see" | "settings" | "recipe" | "layers" | "race" | "take";
export const tab = signal<Tab>("see");

export const outputs = computed(() => {
  const layers = info.value?.layers;
  return layers?.at(-1) ?? 0;
});

/** A weight that the reader set, and after which step. Going back and on again, the engine keeps to it. */
export type Edit = [step: number, layer: number, from: number, to: number, value: number];
export const edits = signal<Edit[]>([]);

/** Takes over a view; parts that it lacks stay what they are. */
export function show(view: View): void {
  batch(() => {
    position.value = view.position;
    ended.value = view.ended;
    if (view.scores) scores.value = view.scores;
    if (view.history) history.value = view.history;
    const { plane } = view;
    outputGrid.value = plane && view.output_grid ? { plane, resolution: view.resolution, values: view.output_grid } : null;
    unitGrids.value = new Map(
      plane ? view.unit_grids.map(({ layer, values }) => [layer, { plane, resolution: view.unit_resolution, values }]) : [],
    );
    if (view.parameters) parameters.value = view.parameters;
    if (view.layer_statistics) statistics.value = view.layer_statistics;
    if (view.findings) findings.value = view.findings;
    if (view.explanation) explanation.value = view.explanation;
    ownOutputs.value = view.own_outputs;
    if (view.training_predictions) trainingPredictions.value = view.training_predictions;
    if (view.test_predictions) testPredictions.value = view.test_predictions;
  });
}

/** Forgets what belongs to the run before. */
export function forgetViews(): void {
  batch(() => {
    parameters.value = null;
    statistics.value = null;
    findings.value = [];
    explanation.value = null;
    edits.value = [];
    trainingPredictions.value = null;
    testPredictions.value = null;
    history.value = [];
  });
}

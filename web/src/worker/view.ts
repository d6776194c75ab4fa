/** Gathers what the page shows of a run. */

import type { Ending, Explanation, Finding, GridRequest, HistoryPoint, LayerParameters, LayerStatistics, Position, RunHandle, Scores } from "./contract";
import type { Plane, View, Watch } from "./messages";

/** Parts of a view that cost more than the rest are renewed no more often than this while a training plays, in milliseconds. */
const SLOW_PARTS_EVERY = 150;

/** A run in the worker, with what the page watches of it. */
export interface WatchedRun {
  handle: RunHandle;
  watch: Watch;
  ended: Ending | null;
  /** When the slow parts were last renewed. */
  slow_parts_at: number;
}

/** The view of a run now. With `whole`, all its parts; else slow parts only where they are due. */
export function viewOf(run: WatchedRun, now: number, whole: boolean): View {
  const { handle, watch } = run;
  const slow = whole || now - run.slow_parts_at >= SLOW_PARTS_EVERY;
  if (slow) run.slow_parts_at = now;
  return {
    position: json<Position>(handle.position()),
    scores: slow ? json<Scores>(handle.scores()) : null,
    history: slow ? json<HistoryPoint[]>(handle.history()) : null,
    plane: watch.plane,
    resolution: watch.resolution,
    output_grid: watch.plane ? gridOf(handle, watch.plane, -1, watch.resolution) : null,
    unit_resolution: watch.unit_resolution,
    unit_grids: watch.plane ? unitGrids(handle, watch.plane, watch) : [],
    parameters: watch.parameters ? json<LayerParameters[]>(handle.parameters()) : null,
    layer_statistics: watch.layer_statistics && slow ? json<LayerStatistics[]>(handle.layer_statistics()) : null,
    findings: watch.findings && slow ? json<Finding[]>(handle.findings()) : null,
    explanation: watch.explained_row !== null && slow ? json<Explanation>(handle.explain(watch.explained_row)) : null,
    own_outputs: watch.own_input ? outputsOf(handle, watch.own_input) : null,
    training_predictions: watch.predictions && slow ? handle.predictions("training") : null,
    test_predictions: watch.predictions && slow ? handle.predictions("test") : null,
    ended: run.ended,
  };
}

/** Reads JSON of numbers, in which those that JSON lacks are words. */
function json<T>(text: string): T {
  if (!/"(nan|-?inf)"/.test(text)) return JSON.parse(text) as T;
  return JSON.parse(text, (_, value: unknown) => (value === "nan" ? NaN : value === "inf" ? Infinity : value === "-inf" ? -Infinity : value)) as T;
}

function unitGrids(handle: RunHandle, plane: Plane, watch: Watch): View["unit_grids"] {
  return watch.layers.map((layer) => ({ layer, values: gridOf(handle, plane, layer, watch.unit_resolution) }));
}

function gridOf(handle: RunHandle, plane: Plane, layer: number, resolution: number): Float32Array {
  const request: GridRequest = { ...plane, layer, resolution };
  return handle.grid(JSON.stringify(request));
}

/** The outputs for one input: a grid of one point. */
function outputsOf(handle: RunHandle, input: number[]): number[] {
  const first = input[0] ?? 0;
  const point: GridRequest = { layer: -1, x: 0, y: -1, x_range: [first, first], y_range: [0, 0], resolution: 1, fixed: input };
  return Array.from(handle.grid(JSON.stringify(point)));
}

/** The buffers of views, which are handed over to the page and not copied. */
export function buffersOf(views: View[]): ArrayBuffer[] {
  const arrays = views.flatMap((view) => [
    view.output_grid, view.training_predictions, view.test_predictions, ...view.unit_grids.map((grid) => grid.values),
  ]);
  const whole = (array: Float32Array | null) => array !== null && array.byteLength === array.buffer.byteLength;
  return arrays.filter(whole).map((array) => (array as Float32Array).buffer as ArrayBuffer);
}

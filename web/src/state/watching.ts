/** What the page wants to see of the run, by what is on the screen. */

import { computed } from "@preact/signals";
import { layersOf } from "../recipe/changes";
import type { DataSet, Recipe } from "../worker/contract";
import type { Plane, Watch } from "../worker/messages";
import { axisX, axisY, data, info, ownInput, sample, tab } from "./session";

/** Units of a layer that are drawn; of larger layers the first ones. */
export const DRAWN_UNITS = 12;
/** Networks with more parameters than this send them only when something needs them. */
const MANY_PARAMETERS = 20_000;
/** Pictures of units are left out of larger networks. */
const MANY_UNITS = 256;

/** The lowest and highest value of a feature, with a margin. */
export function rangeOf(rows: DataSet, feature: number): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const inputs of [rows.training.inputs, rows.test.inputs]) {
    for (const row of inputs) {
      const value = row[feature];
      if (value === undefined || !Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return [-1, 1];
  const margin = high > low ? 0.08 * (high - low) : 1;
  return [low - margin, high + margin];
}

/** The plane in which the data are drawn; null where they are images or have no feature. */
export function planeOf(rows: DataSet, x: number, y: number, row: number): Plane | null {
  const features = rows.feature_names.length;
  if (features === 0 || rows.image) return null;
  const first = Math.min(x, features - 1);
  const second = features === 1 ? -1 : Math.min(y, features - 1);
  const fixed = rows.training.inputs[Math.min(row, rows.training.inputs.length - 1)] ?? new Array<number>(features).fill(0);
  const y_range: [number, number] = second < 0 ? [0, 0] : rangeOf(rows, second);
  return { x: first, y: second, x_range: rangeOf(rows, first), y_range, fixed };
}

/** The row that matters to the plane: features that are not drawn have its values. */
const planeRow = computed(() => ((data.value?.feature_names.length ?? 0) > 2 ? sample.value : 0));

export const plane = computed(() => {
  const rows = data.value;
  return rows ? planeOf(rows, axisX.value, axisY.value, planeRow.value) : null;
});

export function watchOf(rows: DataSet, shownPlane: Plane | null, layers: number[]): Watch {
  const units = layers.slice(1);
  const drawn = units.reduce((sum, count) => sum + count, 0) <= MANY_UNITS;
  const count = layers.slice(1).reduce((sum, size, index) => sum + (layers[index]! + 1) * size, 0);
  const inspects = tab.value === "see";
  return {
    plane: shownPlane,
    resolution: shownPlane?.y === -1 ? 200 : 64,
    layers: drawn ? units.map((_, index) => index + 1) : [],
    unit_resolution: shownPlane?.y === -1 ? 48 : 20,
    parameters: count <= MANY_PARAMETERS,
    layer_statistics: tab.value === "layers",
    findings: true,
    explained_row: inspects && count <= MANY_PARAMETERS ? Math.min(sample.value, rows.training.inputs.length - 1) : null,
    own_input: rows.image ? (ownInput.value ?? rows.training.inputs[sample.value] ?? null) : null,
    predictions: rows.task === "numbers",
  };
}

/** What to watch of the run that is open. */
export const watch = computed<Watch | null>(() => {
  const rows = data.value;
  const layers = info.value?.layers;
  return rows && layers ? watchOf(rows, plane.value, layers) : null;
});

/** What to watch of a run that is about to be opened. */
export function watchFor(rows: DataSet, of: Recipe): Watch {
  return watchOf(rows, planeOf(rows, axisX.value, axisY.value, sample.value), layersOf(of));
}


/** One unit of the drawing. */

import { pixels } from "../layout/pixels";
import { useEffect, useRef } from "preact/hooks";
import { formatNumber } from "../appearance/numbers";
import { theme } from "../appearance/theme";
import { revealDetails } from "../layout/reveal";
import { data, explanation, info, parameters, selection, tab, unitGrids } from "../state/session";
import { plane } from "../state/watching";
import type { Place } from "./geometry";
import { paintInput, paintUnit, paintUnitCurve, paintValue, paintWeights } from "./heatmap";

export function Unit(props: { layer: number; unit: number; at: Place; size: number; name: string }) {
  const { layer, unit, at, size, name } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const grid = unitGrids.value.get(layer);
  const colors = theme.value;
  const shown = plane.value;
  const activation = info.value?.activations[layer - 1] ?? "identity";
  const image = data.value?.image ?? null;
  const weights = layer === 1 && image ? (parameters.value?.[0] ?? null) : null;
  const value = layer === 0 ? explanation.value?.input[0]?.[unit] : explanation.value?.layers[layer - 1]?.activation[0]?.[unit];
  const ofImage = image ? (value ?? 0) : 0;
  useEffect(() => {
    if (!canvas.current) return;
    if (image && weights) paintWeights(canvas.current, weights, unit, image, colors);
    else if (image) paintValue(canvas.current, ofImage, colors);
    else if (layer === 0) paintInput(canvas.current, shown?.x === unit ? "x" : shown?.y === unit ? "y" : null, colors);
    else if (grid && grid.plane.y < 0) paintUnitCurve(canvas.current, grid.values, grid.resolution, unit, colors);
    else if (grid) paintUnit(canvas.current, grid.values, grid.resolution, unit, activation, colors);
  }, [grid, colors, shown, layer, unit, activation, image, weights, ofImage]);

  const isChosen = layer > 0 && selection.value?.layer === layer - 1 && selection.value.unit === unit;
  const label = value === undefined ? name : `${name}, ${formatNumber(value)} for this sample`;
  const outer = layer === 0 || layer === (info.value?.layers.length ?? 0) - 1;
  const choose = () => {
    if (layer === 0) return;
    selection.value = { layer: layer - 1, unit, from: null };
    tab.value = "see";
    revealDetails();
  };
  return (
    <>
      <button
        type="button"
        class={`unit ${isChosen ? "chosen" : ""} ${layer === 0 ? "input" : ""}`}
        style={pixels({ left: at.x - size / 2, top: at.y - size / 2, width: size, height: size })}
        data-layer={layer}
        data-unit={unit}
        tabIndex={isChosen || (unit === 0 && (layer === 0 || selection.value?.layer !== layer - 1)) ? 0 : -1}
        aria-label={label}
        aria-pressed={layer === 0 ? undefined : isChosen}
        title={label}
        onClick={choose}
      >
        <canvas ref={canvas} aria-hidden="true" />
      </button>
      {outer && (
        <span class="unit-name" aria-hidden="true" style={pixels({ left: at.x, top: at.y + size / 2 })}>
          {name}
        </span>
      )}
    </>
  );
}

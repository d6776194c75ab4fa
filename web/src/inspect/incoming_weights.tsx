/** All weights into a unit with their derivatives; each can be edited. */

import { formatNumber } from "../appearance/numbers";
import { unitName } from "../network/diagram";
import { setWeight } from "../state/actions";
import { info, selection } from "../state/session";
import type { Explanation } from "../worker/contract";
import { inputsOf } from "./formulas";

/** Rows of the table; of more weights the worked step has the rest. */
const MOST_ROWS = 64;

export function IncomingWeights({ explanation, layer, unit }: { explanation: Explanation; layer: number; unit: number }) {
  const of = explanation.layers[layer];
  if (!of) return null;
  const layers = info.value?.layers.length ?? 0;
  const inputs = inputsOf(explanation, layer);
  const rows = of.weights.slice(0, MOST_ROWS).map((row, from) => ({
    from,
    name: unitName(layer, from, layers),
    input: inputs[from] ?? NaN,
    weight: row[unit] ?? NaN,
    gradient: of.d_loss_d_weights?.[from]?.[unit],
    after: of.weights_after?.[from]?.[unit],
  }));
  if (of.bias) {
    rows.push({ from: -1, name: "bias", input: 1, weight: of.bias[unit] ?? NaN, gradient: of.d_loss_d_bias?.[unit], after: of.bias_after?.[unit] });
  }
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Weights">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Input</th>
            <th scope="col">Weight</th>
            <th scope="col">∂L/∂w</th>
            <th scope="col">After the step</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.from} class={selection.value?.from === row.from ? "chosen" : undefined}>
              <th scope="row">
                <button type="button" class="link-button" onClick={() => (selection.value = { layer, unit, from: row.from })}>
                  {row.name}
                </button>
              </th>
              <td>{formatNumber(row.input)}</td>
              <td>
                <input
                  type="number"
                  step="any"
                  aria-label={`Weight from ${row.name}`}
                  value={Number(row.weight.toPrecision(7))}
                  onChange={(event) => void setWeight(layer, row.from, unit, event.currentTarget.value.trim() === "" ? NaN : Number(event.currentTarget.value))}
                />
              </td>
              <td>{row.gradient === undefined ? "–" : formatNumber(row.gradient)}</td>
              <td>{row.after === undefined ? "–" : formatNumber(row.after, 6)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {of.weights.length > MOST_ROWS && <p class="hint">The first {MOST_ROWS} of {of.weights.length} weights.</p>}
    </div>
  );
}

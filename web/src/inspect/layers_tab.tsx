/** Gradient flow and update ratios by layer, and what the engine's diagnosis found. */

import { formatNumber, formatPart } from "../appearance/numbers";
import { findings, statistics } from "../state/session";
import { FindingList } from "./findings";

export function LayersTab() {
  const layers = statistics.value;
  const found = findings.value;
  return (
    <div class="layers-tab">
      <section aria-labelledby="layers-title">
        <h3 id="layers-title">Layers</h3>
        {layers ? (
          <div class="table-scroll" tabIndex={0} role="region" aria-label="Statistics of the layers">
            <table class="numbers">
              <thead>
                <tr>
                  <th scope="col">Layer</th>
                  <th scope="col">Gradient</th>
                  <th scope="col">Update / weight</th>
                  <th scope="col">Saturated</th>
                  <th scope="col">Dead</th>
                </tr>
              </thead>
              <tbody>
                {layers.map((layer) => (
                  <tr key={layer.layer}>
                    <th scope="row">{layer.layer}</th>
                    <td>
                      <Bar value={layer.gradient_norm} from={-8} to={2} />
                      {formatNumber(layer.gradient_norm, 3)}
                    </td>
                    <td>
                      <Bar value={layer.update_ratio} from={-7} to={0} />
                      {formatNumber(layer.update_ratio, 3)}
                    </td>
                    <td>{formatPart(layer.saturated)}</td>
                    <td>{formatPart(layer.dead)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : (
          <p class="hint">Train for a step: the statistics are those of training.</p>
        )}
        <p class="hint">Gradient: the length of ∂L/∂W. Update / weight: how far a step moves the weights, relative to their size; about 0.001 is common. Bars are logarithmic.</p>
      </section>
      <section aria-labelledby="findings-title">
        <h3 id="findings-title">Diagnosis</h3>
        <FindingList findings={found} />
      </section>
    </div>
  );
}

function Bar({ value, from, to }: { value: number; from: number; to: number }) {
  const part = value > 0 ? Math.max(0, Math.min(1, (Math.log10(value) - from) / (to - from))) : 0;
  return <span class="bar" aria-hidden="true" style={{ "--part": part }} />;
}

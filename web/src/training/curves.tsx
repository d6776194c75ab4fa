/** Curves of the loss and of the first metric, on training and test rows. */

import { useSignal } from "@preact/signals";
import { asNumber, formatNumber, words } from "../appearance/numbers";
import { css, seriesColor, seriesDash } from "../appearance/palette";
import { theme } from "../appearance/theme";
import { CheckField } from "../layout/fields";
import { ended, history, position, scores } from "../state/session";
import { CurveChart } from "./curve_chart";

export function CurvesPanel() {
  const logarithmic = useSignal(true);
  const points = history.value;
  const epochs = points.map((point) => point.epoch);
  const of = (key: "loss" | "test_loss" | "metric" | "test_metric") =>
    points.map((point) => {
      const value = asNumber(point[key]);
      return Number.isFinite(value) && !(logarithmic.value && value <= 0 && key.endsWith("loss")) ? value : null;
    });
  const hasTest = points.some((point) => typeof point.test_loss === "number");
  const at = position.value;
  // Where the training went back, the curves go on, and a line marks the present epoch.
  const mark = at && at.step < at.furthest_step ? at.step / at.steps_an_epoch : null;
  const hasMetric = points.some((point) => typeof point.metric === "number");
  const metric = Object.keys(scores.value?.training.metrics ?? {})[0] ?? "metric";
  const curves = hasTest ? ["Training", "Test"] : ["Training"];
  const ys = (key: "loss" | "metric") => (hasTest ? [of(key), of(`test_${key}`)] : [of(key)]);
  return (
    <section class="panel curves-panel" aria-labelledby="curves-title">
      <div class="panel-head">
        <h2 id="curves-title">Curves</h2>
        <Legend labels={curves} />
        <CheckField label="Logarithmic loss" value={logarithmic.value} onValue={(on) => (logarithmic.value = on)} />
      </div>
      {ended.value && <p class="hint">The training has ended: {ended.value.text}</p>}
      <div class="curves">
        <figure>
          <figcaption>Loss by epoch</figcaption>
          <CurveChart labels={curves} x={epochs} ys={ys("loss")} mark={mark} logarithmic={logarithmic.value} height={170} name={described("loss", ys("loss")[0])} />
        </figure>
        {hasMetric && (
          <figure>
            <figcaption>{sentence(metric)} by epoch</figcaption>
            <CurveChart labels={curves} x={epochs} ys={ys("metric")} mark={mark} logarithmic={false} height={170} name={described(metric, ys("metric")[0])} />
          </figure>
        )}
      </div>
    </section>
  );
}

function sentence(name: string): string {
  const text = words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function described(what: string, values: (number | null)[] | undefined): string {
  const finite = (values ?? []).filter((value): value is number => value !== null);
  if (finite.length === 0) return `Curve of the ${words(what)}: nothing is trained yet`;
  return `Curve of the ${words(what)} over ${finite.length} points, from ${formatNumber(finite[0]!)} to ${formatNumber(finite.at(-1)!)}`;
}

export function Legend({ labels }: { labels: string[] }) {
  return (
    <ul class="legend">
      {labels.map((label, index) => (
        <li key={label}>
          <svg class="legend-line" viewBox="0 0 28 6" aria-hidden="true">
            <line x1="1" x2="27" y1="3" y2="3" stroke={css(seriesColor(index, theme.value))} stroke-width="2.5" stroke-dasharray={seriesDash(index).join(" ")} />
          </svg>
          {label}
        </li>
      ))}
    </ul>
  );
}

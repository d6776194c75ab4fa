/** What the network answers: the picture over the plane, or the reader's own image; below it the curves. */

import { formatPart, asNumber, formatNumber, words } from "../appearance/numbers";
import { drawing } from "../data/drawing";
import { SelectField } from "../layout/fields";
import { axisX, axisY, data, scores } from "../state/session";
import { ClassLegend } from "./class_legend";
import { FitPlot } from "./fit_plot";
import { ImagePad } from "./image_pad";
import { PlaneCanvas } from "./plane_canvas";

export function ResultPanel() {
  const rows = data.value;
  return (
    <section class="panel result-panel" aria-labelledby="result-title">
      <div class="panel-head">
        <h2 id="result-title">{drawing.value ? "Draw the data" : "Answers"}</h2>
        <p class="panel-note">
          {!drawing.value && <Score />}
        </p>
      </div>
      {rows?.image ? <ImagePad image={rows.image} /> : <PlaneCanvas />}
      {rows && !drawing.value && <ClassLegend data={rows} />}
      {rows && !drawing.value && rows.task === "numbers" && rows.feature_names.length > 1 && <FitPlot data={rows} />}
      {rows && !rows.image && rows.feature_names.length > 2 && <Axes names={rows.feature_names} />}
    </section>
  );
}

/** The first metric on rows that are not trained on, where there are any. */
function Score() {
  const part = scores.value?.test ?? scores.value?.training;
  const [name, value] = Object.entries(part?.metrics ?? {})[0] ?? [];
  if (!name || value === undefined) return null;
  const isPart = /accuracy|auc|f1|top/.test(name);
  const number = asNumber(value);
  return (
    <>
      {scores.value?.test ? "Test " : "Training "}
      {words(name)} {isPart ? formatPart(number) : formatNumber(number)}
    </>
  );
}

function Axes({ names }: { names: string[] }) {
  const choices = names.map((text, index) => ({ value: String(index), text }));
  return (
    <div class="axes">
      <SelectField label="Across" value={String(axisX.value)} choices={choices} onValue={(value) => (axisX.value = Number(value))} />
      <SelectField label="Upwards" value={String(axisY.value)} choices={choices} onValue={(value) => (axisY.value = Number(value))} />
      <p class="hint">The other features have the values of the chosen sample.</p>
    </div>
  );
}

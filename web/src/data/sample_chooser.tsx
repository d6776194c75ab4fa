/** Chooses the training row that is followed through the network. */

import { formatNumber } from "../appearance/numbers";
import { IconButton, NumberField } from "../layout/fields";
import { data, sample } from "../state/session";
import type { DataSet } from "../worker/contract";

export function SampleChooser() {
  const rows = data.value;
  const count = rows?.training.inputs.length ?? 0;
  if (!rows || count === 0) return null;
  const move = (step: number) => (sample.value = (sample.value + step + count) % count);
  return (
    <div class="sample-chooser">
      <div class="row">
        <NumberField
          label="Followed sample"
          value={sample.value + 1}
          minimum={1}
          maximum={count}
          step={1}
          onValue={(value) => value !== undefined && (sample.value = Math.max(0, Math.min(count - 1, Math.round(value) - 1)))}
        />
        <IconButton icon="minus" label="Sample before" onPress={() => move(-1)} />
        <IconButton icon="plus" label="Next sample" onPress={() => move(1)} />
      </div>
      <p class="hint">{describe(rows, sample.value)}</p>
    </div>
  );
}

/** A row in words: its features, and what it is to be. */
export function describe(rows: DataSet, index: number): string {
  const inputs = rows.training.inputs[index];
  if (!inputs) return "";
  const target = rows.training.targets[index];
  const answer = Array.isArray(target)
    ? target.map((value, output) => `${rows.target_names[output] ?? "target"} ${formatNumber(value)}`).join(", ")
    : (rows.target_names[target ?? 0] ?? String(target));
  if (rows.image) return `An image of ${answer}`;
  const shown = inputs.slice(0, 4).map((value, feature) => `${rows.feature_names[feature] ?? `input ${feature + 1}`} ${formatNumber(value, 3)}`);
  return `${shown.join(", ")}${inputs.length > 4 ? ", …" : ""} → ${answer}`;
}

/** The network: its drawing, and the settings that are changed most. */

import { formatCount, words } from "../appearance/numbers";
import { IconButton, NumberField, SelectField } from "../layout/fields";
import { get, layersOf, partOf, set, withHiddenSizes, withOptimizer, writtenPart } from "../recipe/changes";
import { changeRecipe } from "../state/actions";
import { catalog } from "../state/engine";
import { revealDetails } from "../layout/reveal";
import { info, recipe, tab } from "../state/session";
import { FindingLine } from "../inspect/findings";
import { Diagram } from "./diagram";

export function NetworkPanel() {
  const layers = info.value?.layers ?? [];
  const hidden = layers.slice(1, -1);
  return (
    <section class="panel network-panel" aria-labelledby="network-title">
      <div class="panel-head">
        <h2 id="network-title">Network</h2>
        <p class="panel-note">{info.value ? `${layers.join("-")}, ${formatCount(info.value.parameters)} parameters, ${memory(info.value.memory_bytes)}` : ""}</p>
        <IconButton icon="minus" label="One layer fewer" disabled={hidden.length === 0} onPress={() => void changeLayers(hidden.slice(0, -1))} />
        <IconButton icon="plus" label="One layer more" disabled={layers.length === 0} onPress={() => void changeLayers([...hidden, Math.min(hidden.at(-1) ?? 4, 64)])} />
      </div>
      <Diagram />
      <QuickSettings />
      <div class="network-foot">
        <FindingLine />
        <button
          type="button"
          class="link-button"
          onClick={() => {
            tab.value = "settings";
            revealDetails();
          }}
        >
          All settings
        </button>
      </div>
    </section>
  );
}

/** The memory that the training takes. */
function memory(bytes: number): string {
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

function changeLayers(sizes: number[]): Promise<boolean> {
  return changeRecipe((current) => withHiddenSizes(current, layersOf(current).length > 0 ? sizes : []));
}

function QuickSettings() {
  const current = recipe.value;
  const found = catalog.value?.descriptors;
  if (!current || !found) return null;
  const rate = get(current, ["train", "learning_rate"]);
  const batch = get(current, ["train", "batch_size"]) ?? "full";
  const loss = partOf(get(current, ["train", "loss"]), "");
  const optimizer = partOf(get(current, ["train", "optimizer"]), "sgd");
  const names = (kind: "loss" | "optimizer") => found[kind].map(({ name }) => ({ value: name, text: words(name) }));
  return (
    <div class="quick-settings">
      <SelectField label="Loss" value={loss.name} choices={names("loss")} onValue={(name) => void changeRecipe((old) => set(old, ["train", "loss"], writtenPart({ name, settings: {} })))} />
      <SelectField label="Optimizer" value={optimizer.name} choices={names("optimizer")} onValue={(name) => void changeRecipe((old) => withOptimizer(old, { name, settings: {} }))} />
      {optimizer.name !== "lbfgs" && (
        <NumberField label="Learning rate" value={typeof rate === "number" ? rate : undefined} onValue={(value) => changeRecipe((old) => set(old, ["train", "learning_rate"], value))} />
      )}
      <NumberField
        label="Batch size"
        value={typeof batch === "number" ? batch : undefined}
        placeholder="all rows"
        minimum={1}
        step={1}
        onValue={(value) => changeRecipe((old) => set(old, ["train", "batch_size"], value ?? "full"))}
      />
    </div>
  );
}

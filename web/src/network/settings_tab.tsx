/** All settings of the recipe, generated from the engine's descriptors. */

import { words } from "../appearance/numbers";
import { CheckField, NumberField, SelectField } from "../layout/fields";
import { get, initialiserOf, partOf, set, withInitialiser, withOptimizer, writtenPart, type Part } from "../recipe/changes";
import { changeRecipe } from "../state/actions";
import { catalog } from "../state/engine";
import { recipe } from "../state/session";
import type { Descriptor, DescriptorKind, Recipe } from "../worker/contract";
import { SettingFields } from "./setting_fields";
import { needed, TRAINING_SETTINGS } from "./training_settings";

/** Initialisers whose settings are lists of numbers, which belong into the recipe's text. */
const WRITTEN_DOWN = ["given", "draws"];

export function SettingsTab() {
  const current = recipe.value;
  if (!current || !catalog.value) return null;
  const train = (key: string) => get(current, ["train", key]);
  const change = (key: string, value: unknown) => changeRecipe((old) => set(old, ["train", key], value));
  const batch = train("batch_size");
  const rate = train("learning_rate");
  return (
    <div class="settings-tab">
      <PartForm title="Loss" kind="loss" part={partOf(train("loss"), "")} onPart={(part) => changeRecipe((old) => set(old, ["train", "loss"], writtenPart(part)))} />
      <PartForm title="Optimizer" kind="optimizer" part={partOf(train("optimizer"), "sgd")} onPart={(part) => changeRecipe((old) => withOptimizer(old, part))}>
        {partOf(train("optimizer"), "sgd").name !== "lbfgs" && (
          <NumberField label="Learning rate" value={typeof rate === "number" ? rate : undefined} onValue={(value) => change("learning_rate", value)} />
        )}
      </PartForm>
      <PartForm title="Schedule of the rate" kind="schedule" part={partOf(train("schedule"), "constant")} onPart={(part) => changeRecipe((old) => set(old, ["train", "schedule"], writtenPart(part)))} />
      <PartForm title="Initial weights" kind="initialiser" part={initialiserOf(current)} onPart={(part) => changeRecipe((old) => withInitialiser(old, part))} />
      <fieldset>
        <legend>Steps</legend>
        <NumberField label="Epochs" value={train("epochs") as number | undefined} minimum={1} step={1} onValue={(value) => change("epochs", value)} />
        <NumberField label="Batch size" hint="Empty: all rows a step." value={typeof batch === "number" ? batch : undefined} placeholder="all rows" minimum={1} step={1} onValue={(value) => change("batch_size", value ?? "full")} />
        <CheckField label="New order each epoch" value={train("shuffle") === true} onValue={(on) => change("shuffle", on ? true : undefined)} />
        <NumberField label="Seed" value={train("seed") as number | undefined} minimum={0} step={1} onValue={(value) => change("seed", value)} />
        <SelectField label="Precision" value={String(train("precision") ?? "f64")} choices={[{ value: "f64", text: "double (f64)" }, { value: "f32", text: "single (f32)" }]} onValue={(value) => change("precision", value)} />
      </fieldset>
      <fieldset>
        <legend>Against overfitting</legend>
        <SettingFields
          settings={catalog.value.descriptors.training?.[0]?.settings ?? TRAINING_SETTINGS}
          values={(get(current, ["train"]) as Recipe | undefined) ?? {}}
          onValue={(name, value) => change(name, value)}
        />
      </fieldset>
      <StopRules current={current} />
    </div>
  );
}

function PartForm(props: { title: string; kind: DescriptorKind; part: Part; onPart(part: Part): Promise<boolean>; children?: preact.ComponentChildren }) {
  const all = catalog.value?.descriptors[props.kind] ?? [];
  const found = all.find((one) => one.name === props.part.name || one.aliases.includes(props.part.name));
  const offered = all.filter((one) => one === found || !WRITTEN_DOWN.includes(one.name));
  return (
    <fieldset>
      <legend>{props.title}</legend>
      <SelectField
        label={props.title}
        quiet
        value={found?.name ?? props.part.name}
        choices={offered.map(({ name }) => ({ value: name, text: words(name) }))}
        onValue={(name) => void props.onPart({ name, settings: needed(all.find((one) => one.name === name)) })}
      />
      {found && <About descriptor={found} />}
      {props.children}
      {found && (
        <SettingFields
          settings={WRITTEN_DOWN.includes(found.name) ? [] : found.settings}
          values={props.part.settings}
          onValue={(name, value) => {
            const settings = { ...props.part.settings };
            if (value === undefined) delete settings[name];
            else settings[name] = value;
            return props.onPart({ name: props.part.name, settings });
          }}
        />
      )}
    </fieldset>
  );
}

function About({ descriptor }: { descriptor: Descriptor }) {
  return (
    <div class="about">
      {descriptor.formula && <p class="about-formula">{descriptor.formula}</p>}
      {descriptor.summary && <p class="hint">{descriptor.summary}</p>}
      {descriptor.paper && (
        <details>
          <summary>Paper</summary>
          <p class="hint">{descriptor.paper}</p>
        </details>
      )}
    </div>
  );
}

function StopRules({ current }: { current: Recipe }) {
  const stop = get(current, ["train", "stop_at"]) as { metric?: string; value?: number } | undefined;
  const metrics = ["loss", ...(catalog.value?.descriptors.metric ?? []).map(({ name }) => name)];
  const change = (key: string, value: unknown) => changeRecipe((old) => set(old, ["train", key], value));
  const patience = get(current, ["train", "patience"]);
  return (
    <fieldset>
      <legend>Stop rules</legend>
      <SelectField
        label="Stop when"
        value={stop?.metric ?? ""}
        choices={[{ value: "", text: "all epochs are done" }, ...metrics.map((name) => ({ value: name, text: `${words(name)} is reached` }))]}
        onValue={(metric) => change("stop_at", metric === "" ? undefined : { metric, value: stop?.value ?? (metric === "loss" || /error/.test(metric) ? 0.01 : 0.95) })}
      />
      {stop && <NumberField label="Value to reach" value={stop.value} onValue={(value) => value !== undefined && change("stop_at", { ...stop, value })} />}
      <NumberField label="Patience" hint="Epochs without a better test figure that end the run; empty: never." value={typeof patience === "number" ? patience : undefined} minimum={1} step={1} onValue={(value) => change("patience", value)} />
    </fieldset>
  );
}

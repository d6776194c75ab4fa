/** One sample through one unit: every number forward and backward. */

import { useSignal } from "@preact/signals";
import { formatNumber, words } from "../appearance/numbers";
import { Formula } from "../layout/formula";
import { SelectField } from "../layout/fields";
import { unitName } from "../network/diagram";
import { SampleChooser } from "../data/sample_chooser";
import { descriptor, engine } from "../state/engine";
import { guard } from "../state/notices";
import { explanation, info, run, selection } from "../state/session";
import type { GradientCheck } from "../worker/contract";
import { openWorkedStep } from "./worked_step";
import { formulasOf, linkFormula } from "./formulas";
import { IncomingWeights } from "./incoming_weights";

/** Terms of a sum in a line, which fits on a phone. */
const TERMS_A_LINE = 2;

export function SeeThrough() {
  return (
    <div class="see-through">
      <div class="see-side">
        <UnitChooser />
        <SampleChooser />
        <div class="row">
          <button type="button" class="button" aria-keyshortcuts="e" onClick={() => void openWorkedStep()}>
            The whole step <kbd>e</kbd>
          </button>
          <GradientCheckButton />
        </div>
      </div>
      <UnitNumbers />
    </div>
  );
}

function UnitChooser() {
  const layers = info.value?.layers ?? [];
  const chosen = selection.value;
  const choices = layers.slice(1).flatMap((size, layer) =>
    Array.from({ length: Math.min(size, 200) }, (_, unit) => ({
      value: `${layer} ${unit}`,
      text: unitName(layer + 1, unit, layers.length),
      group: layer + 2 === layers.length ? "Output layer" : `Layer ${layer + 1}`,
    })),
  );
  return (
    <SelectField
      label="Unit"
      value={chosen ? `${chosen.layer} ${chosen.unit}` : ""}
      choices={[{ value: "", text: "Choose a unit…" }, ...choices]}
      onValue={(value) => {
        const [layer, unit] = value.split(" ").map(Number);
        selection.value = value === "" ? null : { layer: layer!, unit: unit!, from: null };
      }}
    />
  );
}

function UnitNumbers() {
  const chosen = selection.value;
  const step = explanation.value;
  const layers = info.value?.layers ?? [];
  if (!chosen || !step) {
    return (
      <div class="see-empty">
        <p>Click a unit or a link in the network, or choose a unit here: its formula appears with the numbers of the followed sample, forward and backward.</p>
        {!step && layers.length > 0 && <p>Networks of this size are explained in the worked step, which <kbd>e</kbd> opens.</p>}
      </div>
    );
  }
  const of = step.layers[chosen.layer];
  if (!of) return null;
  const kind = descriptor("activation", of.function);
  const formulas = formulasOf(step, chosen.layer, chosen.unit, kind?.latex ?? `\\text{${words(of.function)}}(z)`, TERMS_A_LINE);
  if (!formulas) return null;
  const name = unitName(chosen.layer + 1, chosen.unit, layers.length);
  return (
    <div class="see-numbers">
      <section aria-label="Forward">
        <h3>Forward: {name}</h3>
        {formulas.forward.map((tex) => (
          <Formula tex={tex} display />
        ))}
        {kind?.formula && !kind.latex && <p class="hint">{words(of.function)}: f(z) = {kind.formula}</p>}
      </section>
      <section aria-label="Backward">
        <h3>Backward</h3>
        {formulas.backward.map((tex) => (
          <Formula tex={tex} display />
        ))}
        <p class="hint">Loss of this sample: {formatNumber(step.loss)}</p>
      </section>
      {chosen.from !== null && (
        <section aria-label="Weight">
          <h3>The weight from {chosen.from < 0 ? "the bias" : unitName(chosen.layer, chosen.from, layers.length)}</h3>
          {linkFormula(step, chosen.layer, chosen.from, chosen.unit).map((tex) => (
            <Formula tex={tex} display />
          ))}
        </section>
      )}
      <section class="wide" aria-label="Weights into this unit">
        <h3>Weights into {name}</h3>
        <IncomingWeights explanation={step} layer={chosen.layer} unit={chosen.unit} />
      </section>
    </div>
  );
}

function GradientCheckButton() {
  const result = useSignal<GradientCheck | null>(null);
  const check = async () => {
    const id = run.value;
    if (id === null) return;
    result.value = null;
    const found = await guard(() => engine().call("check_gradients", id));
    if (found) result.value = found;
  };
  return (
    <>
      <button type="button" class="button" onClick={() => void check()}>
        Check the gradient
      </button>
      <div class="check-result" role="status">
        {result.value && (
          <p class={result.value.right ? "good" : "bad"}>
            {result.value.text}
          </p>
        )}
      </div>
    </>
  );
}

/** Edits the weight of the link that was clicked, beside the link. */

import { pixels, typeScale } from "../layout/pixels";
import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../layout/fields";
import { setWeight } from "../state/actions";
import { parameters, selection } from "../state/session";
import { unitName } from "./diagram";
import type { Layout } from "./geometry";

const WIDTH = 196;

export function WeightEditor({ layout }: { layout: Layout }) {
  const chosen = selection.value;
  const input = useRef<HTMLInputElement>(null);
  const of = chosen && parameters.value?.[chosen.layer];
  const weight = chosen && of && chosen.from !== null && chosen.from >= 0 ? of.weights[chosen.from * of.fan_out + chosen.unit] : undefined;
  const [text, setText] = useState("");
  const key = chosen ? `${chosen.layer} ${chosen.from} ${chosen.unit}` : "";
  useEffect(() => {
    if (document.activeElement !== input.current) setText(weight === undefined ? "" : String(weight));
  }, [weight, key]);
  if (!chosen || chosen.from === null || chosen.from < 0 || weight === undefined) return null;
  const from = layout.layers[chosen.layer]?.[chosen.from];
  const to = layout.layers[chosen.layer + 1]?.[chosen.unit];
  if (!from || !to) return null;
  const width = WIDTH * typeScale();
  const left = Math.max(4, Math.min(layout.width - width - 4, (from.x + to.x) / 2 - width / 2));
  const top = Math.max(4, Math.min(layout.height - 84 * typeScale(), (from.y + to.y) / 2 + 8));
  const source = unitName(chosen.layer, chosen.from, layout.layers.length);
  const target = unitName(chosen.layer + 1, chosen.unit, layout.layers.length);
  const { layer, unit, from: sourceUnit } = chosen;
  return (
    <form
      class="weight-editor"
      style={pixels({ left, top, width })}
      onSubmit={(event) => {
        event.preventDefault();
        void setWeight(layer, sourceUnit, unit, Number(text.trim() === "" ? NaN : text));
      }}
      onKeyDown={(event) => event.key === "Escape" && (selection.value = null)}
    >
      <label for="weight">
        {source} → {target}
      </label>
      <div class="weight-row">
        <input id="weight" ref={input} type="number" step="any" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <button type="submit" class="button primary">
          Set
        </button>
        <IconButton icon="close" label="Close" onPress={() => (selection.value = null)} />
      </div>
    </form>
  );
}

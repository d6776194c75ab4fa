/** Above each layer: its number of units, with buttons that change it, and its activation. */

import { pixels } from "../layout/pixels";
import { words } from "../appearance/numbers";
import { IconButton } from "../layout/fields";
import { activationsOf, layersOf, partOf, withActivation, withHiddenSizes } from "../recipe/changes";
import { changeRecipe } from "../state/actions";
import { catalog } from "../state/engine";
import { info, recipe } from "../state/session";

export function LayerHead({ layer, x, width }: { layer: number; x: number; width: number }) {
  const layers = info.value?.layers ?? [];
  const size = layers[layer] ?? 0;
  const last = layers.length - 1;
  const place = pixels({ left: x - width / 2, width });
  if (layer === 0) {
    return (
      <div class="layer-head" style={place}>
        <p class="layer-title">Inputs</p>
        <p class="layer-size">{size}</p>
      </div>
    );
  }
  return (
    <div class="layer-head" style={place} role="group" aria-label={layer === last ? "Output layer" : `Layer ${layer}`}>
      <p class="layer-title">{layer === last ? "Output" : `Layer ${layer}`}</p>
      <div class="layer-size">
        {layer < last && (
          <IconButton icon="minus" label={size > 1 ? `One unit fewer in layer ${layer}` : `Remove layer ${layer}`} class="small" onPress={() => void resize(layer, -1)} />
        )}
        {layer < last ? <SizeField layer={layer} size={size} /> : <span>{size}</span>}
        {layer < last && <IconButton icon="plus" label={`One unit more in layer ${layer}`} class="small" onPress={() => void resize(layer, 1)} />}
      </div>
      <ActivationChoice layer={layer - 1} name={layer === last ? "the output layer" : `layer ${layer}`} />
    </div>
  );
}

function SizeField({ layer, size }: { layer: number; size: number }) {
  return (
    <input
      type="number"
      class="size-field"
      min={1}
      step={1}
      aria-label={`Units of layer ${layer}`}
      value={size}
      onChange={(event) => {
        const wanted = Math.round(Number(event.currentTarget.value));
        if (wanted >= 1) void resize(layer, wanted - size);
        else event.currentTarget.value = String(size);
      }}
    />
  );
}

function resize(layer: number, change: number): Promise<boolean> {
  return changeRecipe((current) => {
    const sizes = layersOf(current).slice(1, -1);
    const size = (sizes[layer - 1] ?? 0) + change;
    if (size > 0) sizes[layer - 1] = size;
    else sizes.splice(layer - 1, 1);
    return withHiddenSizes(current, sizes);
  });
}

function ActivationChoice({ layer, name }: { layer: number; name: string }) {
  const current = recipe.value ? partOf(activationsOf(recipe.value)[layer], "identity").name : "";
  const choices = catalog.value?.descriptors.activation ?? [];
  return (
    <select
      class="activation"
      aria-label={`Activation of ${name}`}
      title={choices.find((one) => one.name === current)?.formula}
      value={current}
      onChange={(event) => {
        const wanted = event.currentTarget.value;
        event.currentTarget.value = current;
        void changeRecipe((old) => withActivation(old, layer, wanted));
      }}
    >
      {choices.map((one) => (
        <option key={one.name} value={one.name} selected={one.name === current}>
          {words(one.name)}
        </option>
      ))}
    </select>
  );
}

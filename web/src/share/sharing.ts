/** Makes links of what the page shows, and opens them. */

import { openBytes } from "../data/files";
import { makeData, setWeight, takeData, takeSteps } from "../state/actions";
import { tell } from "../state/notices";
import { data, edits, origin, position, sample, selection, toml } from "../state/session";
import { openModel, openRecipe } from "../take_along/opening";
import { decode, encode, fromBase64, type Shared } from "./link";
import { openServed, SERVED } from "./served";

/** The state of the page as a link carries it. */
export function shared(): Shared | null {
  const rows = data.value;
  if (!rows) return null;
  const from = origin.value;
  const at = position.value;
  const state = { recipe: toml.value, step: at?.step ?? 0, sample: sample.value, ...(edits.value.length > 0 && { edits: edits.value }) };
  if (from.kind === "made") return { ...state, data: { kind: "made", request: from.request } };
  return { ...state, data: { kind: "rows", data: { ...rows, suggested_recipe: null, preparation: null } } };
}

export async function linkOfThePage(): Promise<string> {
  const state = shared();
  if (!state) throw new Error("there is nothing to share yet");
  return location.href.split("#")[0] + (await encode(state));
}

/** Opens what the address carries; says whether there was something. Throws where it cannot be read. */
export async function openAddress(): Promise<boolean> {
  if (location.hash === SERVED) return openServed();
  const state = await decode(location.hash);
  return state ? open(state) : false;
}

/** Trains up to a step. */
async function advanceTo(step: number): Promise<void> {
  const missing = step - (position.value?.step ?? 0);
  if (missing > 0) await takeSteps(missing);
}

async function openData({ recipe, data: shared }: Shared): Promise<boolean> {
  switch (shared.kind) {
    case "made":
      return (await makeData(shared.request, recipe === "" ? "suggested" : { toml: recipe })) === true;
    case "rows":
      return (await takeData(shared.data, { kind: "rows" }, recipe)) === true;
    case "recipe":
      return openRecipe(recipe);
    case "table":
      return openBytes(new TextEncoder().encode(shared.text), shared.file, shared.settings);
    case "model":
      return openModel(fromBase64(shared.base64), shared.file, shared.table ? { file: shared.table.file, bytes: new TextEncoder().encode(shared.table.text) } : null);
  }
}

async function open(state: Shared): Promise<boolean> {
  if (!(await openData(state))) return false;
  sample.value = Math.min(state.sample, (data.value?.training.inputs.length ?? 1) - 1);
  selection.value = null;
  for (const [step, layer, from, to, value] of state.edits ?? []) {
    await advanceTo(step);
    await setWeight(layer, from, to, value);
  }
  if (state.step > 0) {
    await advanceTo(state.step);
    tell(`The training of this link was computed again, up to step ${state.step}.`);
  }
  return true;
}

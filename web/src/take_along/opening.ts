/** Opens recipes and models that the command or Python made. */

import { changeRecipe, readRecipeData, startFrom, takeData, takeToml } from "../state/actions";
import { engine } from "../state/engine";
import { fail, tell } from "../state/notices";
import type { DataSet } from "../worker/contract";

/** A recipe opens with the data that it describes; one whose data the page cannot have trains on those of the page. */
export async function openRecipe(toml: string): Promise<void> {
  await engine().call("parse_recipe", toml);
  let rows: DataSet | null = null;
  let why: unknown = null;
  try {
    rows = await readRecipeData(toml);
  } catch (error) {
    why = error;
  }
  if (rows) {
    await takeData(rows, { kind: "rows" }, toml);
    return;
  }
  try {
    await takeToml(toml);
    if (why) tell("The data of this recipe are not in the page: it trains on those that are open.");
  } catch (error) {
    throw why ?? error;
  }
}

/** A model opens with its recipe on the data of the page, and begins from its weights. */
export async function openModel(bytes: Uint8Array, name: string): Promise<void> {
  const model = await engine().call("read_model", bytes, name);
  if (!(await changeRecipe(() => model.recipe))) return;
  try {
    await startFrom(bytes, name);
  } catch (error) {
    return fail(error);
  }
  tell([`${name} is open.`, ...model.notes].join(" "));
}

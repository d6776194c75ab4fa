/** Opens recipes and models that the command or Python made. */

import { changeRecipe, readRecipeData, takeData, takeToml } from "../state/actions";
import { engine } from "../state/engine";
import { tell } from "../state/notices";

/** A recipe opens with the data that it describes; one that names no data trains on those of the page. */
export async function openRecipe(toml: string): Promise<void> {
  await engine().call("parse_recipe", toml);
  const rows = await readRecipeData(toml);
  if (rows) await takeData(rows, { kind: "rows" }, toml);
  else await takeToml(toml);
}

export async function openModel(bytes: Uint8Array, name: string): Promise<void> {
  const model = await engine().call("read_model", bytes, name);
  if (await changeRecipe(() => model.recipe)) tell([`${name} is open.`, ...model.notes].join(" "));
}

/** Opens recipes and models that the command or Python made. */

import { changeRecipe, readRecipeData, startFrom, takeData, takeToml } from "../state/actions";
import { engine } from "../state/engine";
import { fail, tell } from "../state/notices";
import { origin } from "../state/session";
import type { DataSet } from "../worker/contract";

/** A recipe opens with the data that it describes; one whose data the page cannot have trains on those of the page. */
export async function openRecipe(toml: string): Promise<boolean> {
  await engine().call("parse_recipe", toml);
  let rows: DataSet | null = null;
  let why: unknown = null;
  try {
    rows = await readRecipeData(toml);
  } catch (error) {
    why = error;
  }
  if (rows) return (await takeData(rows, { kind: "rows" }, toml)) === true;
  try {
    await takeToml(toml);
    if (why) tell("The data of this recipe are not in the page: it trains on those that are open.");
    return true;
  } catch (error) {
    throw why ?? error;
  }
}

/** The bytes of a table, with its name. */
export interface TableFile {
  file: string;
  bytes: Uint8Array;
}

/**
 * A model opens with its recipe and begins from its weights. One of a table opens on this, or on the table of the page, which is
 * prepared as the model prepares it; another on the data that its recipe describes, or on those of the page.
 */
export async function openModel(bytes: Uint8Array, name: string, table: TableFile | null = null): Promise<boolean> {
  const model = await engine().call("read_model", bytes, name);
  const toml = await engine().call("print_recipe", model.recipe);
  let opened: boolean | undefined;
  if (model.target) {
    const from = table ?? (origin.value.kind === "table" ? origin.value : null);
    if (!from) {
      throw new Error(`${name} predicts ${model.target.join(", ")} from the columns of a table: open the table first, then the model.`);
    }
    const rows = await engine().call("read_table", from.bytes, from.file, {}, { name, bytes });
    const settings = model.target.length === 1 ? { target: model.target[0]! } : {};
    opened = await takeData(rows, { kind: "table", file: from.file, bytes: from.bytes, settings }, rows.suggested_recipe ?? toml);
  } else {
    const rows = await readRecipeData(toml).catch(() => null);
    opened = rows ? await takeData(rows, { kind: "rows" }, toml) : await changeRecipe(() => model.recipe);
  }
  if (!opened) return false;
  try {
    await startFrom(bytes, name);
  } catch (error) {
    fail(error);
    return false;
  }
  tell([`${name} is open.`, ...model.notes].join(" "));
  return true;
}

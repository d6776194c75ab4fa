/** What lessons do to the page. */

import { batch } from "@preact/signals";
import { startRace } from "../compare/race";
import { set } from "../recipe/changes";
import { changeRecipe, pause } from "../state/actions";
import { catalog, engine } from "../state/engine";
import { sample, selection, tab, type Selection, type Tab } from "../state/session";
import { openRecipe } from "../take_along/opening";
import type { Recipe } from "../worker/contract";

export type Change = [path: string, value: unknown];

/** A built-in recipe as it stands. */
function builtIn(name: string): string {
  const found = catalog.value?.recipes.find((recipe) => recipe.name === name);
  if (!found) throw new Error(`there is no built-in recipe ${name}`);
  return found.toml;
}

const changed = (recipe: Recipe, changes: Change[]): Recipe => changes.reduce((current, [path, value]) => set(current, path.split("."), value), recipe);

/** Opens a built-in recipe with its data and some changes. */
export async function openBuiltIn(name: string, changes: Change[] = []): Promise<void> {
  await pause();
  const toml = builtIn(name);
  const recipe = changed(await engine().call("parse_recipe", toml), changes);
  await openRecipe(changes.length === 0 ? toml : await engine().call("print_recipe", recipe));
}

/** Changes the recipe of the page. */
export function change(...changes: Change[]): Promise<boolean> {
  return changeRecipe((recipe) => changed(recipe, changes));
}

/** Races built-in recipes on the data of the page. */
export async function raceBuiltIn(names: string[]): Promise<void> {
  tab.value = "race";
  await startRace(names.map((name) => ({ name, toml: builtIn(name) })));
}

/** Races variants of a recipe of the page. */
export async function raceVariants(variants: { name: string; changes: Change[] }[], recipe: Recipe): Promise<void> {
  tab.value = "race";
  const recipes = variants.map(async ({ name, changes }) => ({ name, toml: await engine().call("print_recipe", changed(recipe, changes)) }));
  await startRace(await Promise.all(recipes));
}

/** Turns to a part of the page. */
export function look(at: { tab?: Tab; selection?: Selection | null; sample?: number }): void {
  batch(() => {
    if (at.tab) tab.value = at.tab;
    if (at.selection !== undefined) selection.value = at.selection;
    if (at.sample !== undefined) sample.value = at.sample;
  });
}

/** What the reader can do to the training. Each leaves everything as it was where the engine refuses. */

import { asNumber, formatNumber } from "../appearance/numbers";
import { batch, effect } from "@preact/signals";
import { layersOf, withEnds } from "../recipe/changes";
import type { DataRequest, DataSet, Ending, Recipe, TableSettings } from "../worker/contract";
import type { Pace, RunId, View } from "../worker/messages";
import { engine, startEngine } from "./engine";
import { announce, fail, guard, tell } from "./notices";
import * as session from "./session";
import { watch, watchFor } from "./watching";

/** Views of runs that are not the page's own, such as those of a race. */
type Listener = { views(id: RunId, view: View): void; stopped(ended: [RunId, Ending | null][], message: string | null): void };
let listener: Listener | null = null;
export function listenToOtherRuns(other: Listener): void {
  listener = other;
}

export const comparing = { report: (_done: number, _of: number): void => undefined };

/** Loads the engine and keeps watching what the page needs. */
export async function start(): Promise<void> {
  await startEngine({ views: takeViews, stopped: stop, comparing: ({ done, of }) => comparing.report(done, of) });
  effect(() => {
    const wanted = watch.value;
    const id = session.run.peek();
    if (wanted && id !== null) void refresh(id, wanted);
  });
}

function takeViews(views: [RunId, View][]): void {
  requestAnimationFrame(() => {
    for (const [id, view] of views) {
      if (id === session.run.value) session.show(view);
      else listener?.views(id, view);
    }
    engine().drawn();
  });
}

function stop(endings: [RunId, Ending | null][], message: string | null): void {
  if (!endings.some(([id]) => id === session.run.value)) return listener?.stopped(endings, message);
  session.playing.value = false;
  const ending = endings[0]?.[1];
  if (message) fail(message);
  else if (ending) announce(`The training has ended. ${ending.text}`);
}

let refreshing: Promise<unknown> | null = null;
let refreshAgain: [RunId, NonNullable<typeof watch.value>] | null = null;

async function refresh(id: RunId, wanted: NonNullable<typeof watch.value>): Promise<void> {
  if (refreshing) {
    refreshAgain = [id, wanted];
    return;
  }
  refreshing = engine().call("watch", id, wanted).then((view) => id === session.run.value && session.show(view), () => undefined);
  await refreshing;
  refreshing = null;
  const next = refreshAgain;
  refreshAgain = null;
  if (next && next[0] === session.run.value) await refresh(...next);
}

interface Opening {
  data: DataSet;
  origin: session.Origin;
  recipe: Recipe;
  toml: string;
}

/** Opens a training in place of the one before, which goes only once the new one is there. */
async function open(opening: Opening): Promise<void> {
  const wasPlaying = session.playing.value;
  const before = session.run.value;
  const opened = await engine().call("open_run", opening.toml, opening.data, watchFor(opening.data, opening.recipe), null);
  batch(() => {
    const rows = opening.data.training.inputs.length;
    if (session.sample.value >= rows) session.sample.value = 0;
    if (opening.data !== session.data.value) session.ownInput.value = null;
    session.forgetViews();
    session.data.value = opening.data;
    session.origin.value = opening.origin;
    session.recipe.value = opening.recipe;
    session.toml.value = opening.toml;
    session.run.value = opened.run;
    session.info.value = opened.info;
    const chosen = session.selection.value;
    const size = chosen ? opened.info.layers[chosen.layer + 1] : undefined;
    if (chosen && (size === undefined || chosen.unit >= size || (chosen.from ?? -1) >= opened.info.layers[chosen.layer]!)) session.selection.value = null;
    session.show(opened.view);
  });
  if (before !== null) await engine().call("close_run", before);
  if (wasPlaying) await engine().call("play", [opened.run], session.pace.value);
}

let last: Promise<unknown> = Promise.resolve();

/** One change after the other, in the order in which the reader made them. */
function inTurn<T>(work: () => Promise<T>): Promise<T | undefined> {
  const next = last.then(() => guard(work));
  last = next;
  return next;
}

/** Changes the recipe and trains anew. Says whether the engine took it. */
export async function changeRecipe(change: (recipe: Recipe) => Recipe): Promise<boolean> {
  const done = await inTurn(async () => {
    const { data, recipe } = session;
    if (!data.value || !recipe.value) return false;
    const toml = await engine().call("print_recipe", change(recipe.value));
    const normal = await engine().call("parse_recipe", toml);
    await open({ data: data.value, origin: session.origin.value, recipe: normal, toml });
    return true;
  });
  return done === true;
}

/** Takes over a recipe as the reader wrote it, with its data where these have changed; throws in the engine's words. */
export async function takeToml(toml: string): Promise<void> {
  const parsed = await engine().call("parse_recipe", toml);
  const rows = session.data.value;
  if (!rows) return;
  const hasNewData = JSON.stringify(parsed["data"]) !== JSON.stringify(session.recipe.value?.["data"]);
  const described = hasNewData ? await readRecipeData(toml).catch(() => null) : null;
  const origin: session.Origin = described ? { kind: "rows" } : session.origin.value;
  await open({ data: described ?? rows, origin, recipe: parsed, toml });
}

/** Trains on other data. The recipe stays where it fits them; else the engine suggests one. */
export function takeData(data: DataSet, origin: session.Origin, toml?: string): Promise<boolean | undefined> {
  return inTurn(async () => {
    await openOn(data, origin, toml);
    return true;
  });
}

async function openOn(data: DataSet, origin: session.Origin, toml?: string): Promise<void> {
  const text = toml ?? (await fittingRecipe(data));
  const recipe = await engine().call("parse_recipe", text);
  await open({ data, origin, recipe, toml: text });
}

async function fittingRecipe(data: DataSet): Promise<string> {
  const before = session.data.value;
  const current = session.recipe.value;
  const sameShape =
    before !== null && before.task === data.task && before.target_names.length === data.target_names.length && !before.image === !data.image;
  if (current && sameShape) {
    const layers = layersOf(current);
    if (before.feature_names.length === data.feature_names.length) return session.toml.value;
    if (!data.image) return engine().call("print_recipe", withEnds(current, data.feature_names.length, layers.at(-1) ?? 1));
  }
  if (data.suggested_recipe) return data.suggested_recipe;
  if (session.toml.value) return session.toml.value;
  throw new Error(`no recipe for ${data.name} is known: write one under Recipe`);
}

let lastRequest = 0;

/** Makes one of the engine's sets, to be trained on by its own recipe ("suggested"), by that of the page, or by a given one. */
export function makeData(request: DataRequest, recipe: "suggested" | "kept" | { toml: string }): Promise<boolean | undefined> {
  const mine = ++lastRequest;
  return inTurn(async () => {
    // Of many requests, as from a slider, the last one counts.
    if (mine !== lastRequest) return true;
    const data = await engine().call("make_data", request);
    const toml = recipe === "kept" ? undefined : recipe === "suggested" ? (data.suggested_recipe ?? undefined) : recipe.toml;
    await openOn(data, { kind: "made", request }, toml);
    return true;
  });
}

/** Reads a table as the command does. */
export function readTable(bytes: Uint8Array, file: string, settings: TableSettings): Promise<boolean | undefined> {
  return inTurn(async () => {
    const data = await engine().call("read_table", bytes, file, settings, null);
    await openOn(data, { kind: "table", file, bytes, settings }, data.suggested_recipe ?? undefined);
    const rows = data.training.inputs.length + data.test.inputs.length;
    tell(`${file}: ${rows} rows, ${data.feature_names.length} features. ${data.notes.join(" ")}`.trim());
    return true;
  });
}

export async function play(): Promise<void> {
  const id = session.run.value;
  if (id === null || session.ended.value) return;
  session.playing.value = true;
  await guard(() => engine().call("play", [id], session.pace.value));
}

export async function pause(): Promise<void> {
  session.playing.value = false;
  await guard(async () => {
    await engine().call("pause");
    const id = session.run.value;
    if (id !== null && watch.value) session.show(await engine().call("watch", id, watch.value));
    announcePosition();
  });
}

export async function setPace(pace: Pace): Promise<void> {
  session.pace.value = pace;
  if (session.playing.value) await play();
}

async function moved(call: (id: RunId) => Promise<View>): Promise<void> {
  const id = session.run.value;
  if (id === null) return;
  if (session.playing.value) await pause();
  await guard(async () => {
    const view = await call(id);
    if (id === session.run.value) session.show(view);
    announcePosition();
  });
}

/** Says where the training is to those who do not see the figures. */
function announcePosition(): void {
  const [at, now] = [session.position.value, session.scores.value];
  if (at && now) announce(`Step ${at.step}, epoch ${at.epoch}, loss ${formatNumber(asNumber(now.training.loss))}`);
}

export const takeSteps = (count: number) => moved((id) => engine().call("step", id, count));

/** Finishes the epoch, or takes a whole one from its end. */
export function takeEpoch(): Promise<void> {
  const at = session.position.value;
  if (!at) return Promise.resolve();
  return takeSteps(at.steps_an_epoch - (at.step % at.steps_an_epoch));
}

let sought: number | null = null;
let seeking = false;

/** Goes to a step; of several wishes in a row only the last one counts. */
export async function seek(step: number): Promise<void> {
  sought = step;
  if (seeking) return;
  seeking = true;
  while (sought !== null) {
    const target: number = sought;
    sought = null;
    await moved((id) => engine().call("seek", id, target));
  }
  seeking = false;
}

export function stepBack(): Promise<void> {
  const at = session.position.value;
  return at && at.step > 0 ? seek(at.step - 1) : Promise.resolve();
}

export function setWeight(layer: number, from: number, to: number, value: number): Promise<void> {
  if (!Number.isFinite(value)) {
    fail("A weight is a finite number, such as -0.25.");
    return Promise.resolve();
  }
  return moved(async (id) => {
    const view = await engine().call("set_weight", id, layer, from, to, value);
    const { step } = view.position;
    // The engine forgets what was trained after this step.
    session.edits.value = [...session.edits.value.filter(([before]) => before <= step), [step, layer, from, to, value]];
    return view;
  });
}

/** Begins from the network of a model file, whose layers have the sizes of the run's. */
export const startFrom = (bytes: Uint8Array, name: string) => moved((id) => engine().call("start_from", id, bytes, name));

/** The data that a recipe itself describes; null where it describes none that the page has. */
export async function readRecipeData(toml: string): Promise<DataSet | null> {
  return engine().call("recipe_data", toml);
}

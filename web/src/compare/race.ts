/** A race: two to four runs on the same data, which play side by side. */

import { batch, signal } from "@preact/signals";
import { listenToOtherRuns, pause } from "../state/actions";
import { engine } from "../state/engine";
import { announce, fail, guard } from "../state/notices";
import { data, recipe, type Grid } from "../state/session";
import { plane } from "../state/watching";
import type { Ending, HistoryPoint, Position, Scores } from "../worker/contract";
import type { NamedRecipe, Pace, RunId, View, Watch } from "../worker/messages";
import { laneName, VARIATIONS } from "./variants";

export interface Lane {
  name: string;
  toml: string;
  run: RunId;
  position: Position;
  scores: Scores | null;
  history: HistoryPoint[];
  grid: Grid | null;
  ended: Ending | null;
}

export const variation = signal(VARIATIONS[0]!);
export const values = signal<string[]>(VARIATIONS[0]!.values);
export const lanes = signal<Lane[]>([]);
export const racing = signal(false);

/** The seeds of the verdict: the fewest that can show a difference between up to three runs. */
export const seeds = signal(7);
export const verdict = signal<string | null>(null);
export const judging = signal<{ done: number; of: number } | null>(null);

/** A race takes about so many seconds, where the runs can. */
const SECONDS = 10;

function paceOf(shown: Lane[]): Pace {
  const epochs = Math.max(1, ...shown.map(({ position }) => position.steps_total / Math.max(1, position.steps_an_epoch)));
  return { unit: "epochs", per_second: Math.max(30, Math.round(epochs / SECONDS)) };
}

export function chooseVariation(key: string): void {
  const chosen = VARIATIONS.find((one) => one.key === key);
  if (!chosen) return;
  batch(() => {
    variation.value = chosen;
    values.value = chosen.values;
  });
}

/** The recipes of the race. */
export async function contestants(): Promise<NamedRecipe[]> {
  const base = recipe.value;
  if (!base) return [];
  return Promise.all(
    values.value.map(async (value) => ({
      name: laneName(variation.value, value),
      toml: await engine().call("print_recipe", variation.value.apply(base, value)),
    })),
  );
}

const watchOf = (): Watch => ({
  plane: plane.value, resolution: plane.value?.y === -1 ? 80 : 40, layers: [], unit_resolution: 0, parameters: false, layer_statistics: false,
  findings: false, explained_row: null, own_input: null, predictions: false,
});

/** Races the recipes of the form, or given ones. */
export async function startRace(given?: NamedRecipe[]): Promise<void> {
  const rows = data.value;
  if (!rows) return;
  await pause();
  await closeRace();
  await guard(async () => {
    const opened: Lane[] = [];
    try {
      for (const { name, toml } of given ?? (await contestants())) {
        const { run, view } = await engine().call("open_run", toml, rows, watchOf(), null);
        opened.push(updated({ name, toml, run, position: view.position, scores: null, history: [], grid: null, ended: null }, view));
      }
    } catch (error) {
      await Promise.all(opened.map(({ run }) => engine().call("close_run", run)));
      throw error;
    }
    lanes.value = opened;
    await resumeRace();
  });
}

export async function resumeRace(): Promise<void> {
  racing.value = true;
  await engine().call("play", lanes.value.map(({ run }) => run), paceOf(lanes.value));
}

export async function pauseRace(): Promise<void> {
  racing.value = false;
  await engine().call("pause");
}

export async function closeRace(): Promise<void> {
  const open = lanes.value;
  lanes.value = [];
  racing.value = false;
  for (const { run } of open) await engine().call("close_run", run);
}

function updated(lane: Lane, view: View): Lane {
  const grid = view.plane && view.output_grid ? { plane: view.plane, resolution: view.resolution, values: view.output_grid } : lane.grid;
  return { ...lane, position: view.position, scores: view.scores ?? lane.scores, history: view.history ?? lane.history, grid, ended: view.ended };
}

/** What the engine's comparison over several seeds says. */
export async function judge(): Promise<void> {
  const rows = data.value;
  if (!rows) return;
  await pause();
  if (racing.value) await pauseRace();
  verdict.value = null;
  judging.value = { done: 0, of: 1 };
  const found = await guard(async () => engine().call("compare", await contestants(), rows, seeds.value));
  judging.value = null;
  if (found) {
    verdict.value = found.text;
    announce("The comparison is done.");
  }
}

listenToOtherRuns({
  views: (id, view) => (lanes.value = lanes.value.map((lane) => (lane.run === id ? updated(lane, view) : lane))),
  stopped: (_, message) => {
    racing.value = false;
    if (message) fail(message);
    else announce("The race has ended.");
  },
});

/** Plays trainings in short slices, so that the worker stays open to messages, and posts views no faster than they are drawn. */

import type { Advance, Ending } from "./contract";
import type { FromWorker, Pace, RunId, View } from "./messages";
import { buffersOf, viewOf, type WatchedRun } from "./view";

/** How long a slice takes, in milliseconds. */
const SLICE = 12;
/** The shortest time between views, in milliseconds: a frame of 60 a second. */
const FRAME = 16;

type Post = (message: FromWorker, transfer: Transferable[]) => void;

interface Playing {
  ids: RunId[];
  pace: Pace;
  started: number;
  /** What has been taken of each run since the start, in the pace's unit. */
  taken: Map<RunId, number>;
}

export class Player {
  private playing: Playing | null = null;
  private pageIsDrawing = false;
  private lastView = 0;
  private lastCost = 0;

  constructor(
    private readonly runs: Map<RunId, WatchedRun>,
    private readonly post: Post,
  ) {}

  play(ids: RunId[], pace: Pace): void {
    const taken = new Map(ids.map((id) => [id, 0]));
    const idle = this.playing === null;
    this.playing = { ids, pace, started: performance.now(), taken };
    if (idle) this.later();
  }

  pause(): void {
    this.playing = null;
  }

  /** Whether a training plays that includes this run. */
  plays(id: RunId): boolean {
    return this.playing?.ids.includes(id) ?? false;
  }

  drawn(): void {
    this.pageIsDrawing = false;
  }

  private later(wait = 0): void {
    setTimeout(() => this.turn(), wait);
  }

  private turn(): void {
    const playing = this.playing;
    if (!playing) return;
    let moved = false;
    try {
      moved = this.slice(playing);
    } catch (error) {
      return this.stop(playing, error instanceof Error ? error.message : String(error));
    }
    const live = playing.ids.filter((id) => this.runs.get(id)?.ended === null);
    const now = performance.now();
    if (live.length === 0) return this.stop(playing, null);
    if (!this.pageIsDrawing && now - this.lastView >= Math.max(FRAME, 2 * this.lastCost) && moved) this.show(playing.ids, false);
    this.later(moved ? 0 : 4);
  }

  /** Advances every run that has not ended; says whether any step was taken. */
  private slice(playing: Playing): boolean {
    const live = playing.ids.filter((id) => this.runs.get(id)?.ended === null);
    const budget = SLICE / Math.max(1, live.length);
    let moved = false;
    for (const id of live) {
      const run = this.runs.get(id);
      if (!run) continue;
      const { steps_an_epoch } = JSON.parse(run.handle.position()) as { steps_an_epoch: number };
      const steps = this.due(playing, id, playing.pace.unit === "epochs" ? steps_an_epoch : 1, live);
      if (steps < 1) continue;
      const advance = JSON.parse(run.handle.advance(steps, budget)) as Advance;
      moved ||= advance.steps > 0;
      playing.taken.set(id, (playing.taken.get(id) ?? 0) + advance.steps);
      if (advance.ended) run.ended = advance.ended;
    }
    return moved;
  }

  /** How many steps of a run are due. Runs that play together keep to the same epoch, whatever an epoch costs. */
  private due(playing: Playing, id: RunId, stepsAUnit: number, live: RunId[]): number {
    const taken = playing.taken.get(id) ?? 0;
    const { per_second } = playing.pace;
    const bySpeed = per_second === null ? Infinity : Math.floor(((performance.now() - playing.started) / 1000) * per_second) * stepsAUnit + 1;
    if (live.length < 2) return Math.min(bySpeed - taken, 2 ** 30);
    const epochs = live.map((other) => this.epochsOf(other));
    const ahead = Math.min(...epochs) + Math.max(1, Math.ceil(Math.min(...epochs) / 50));
    const position = JSON.parse(this.runs.get(id)!.handle.position()) as { step: number; steps_an_epoch: number };
    return Math.min(bySpeed - taken, Math.round(ahead * position.steps_an_epoch) - position.step);
  }

  private epochsOf(id: RunId): number {
    const run = this.runs.get(id);
    if (!run) return 0;
    const { step, steps_an_epoch } = JSON.parse(run.handle.position()) as { step: number; steps_an_epoch: number };
    return Math.floor(step / Math.max(1, steps_an_epoch));
  }

  private show(ids: RunId[], whole: boolean): void {
    const began = performance.now();
    const views: [RunId, View][] = [];
    for (const id of ids) {
      const run = this.runs.get(id);
      if (run) views.push([id, viewOf(run, began, whole)]);
    }
    this.pageIsDrawing = true;
    this.lastView = performance.now();
    this.lastCost = this.lastView - began;
    this.post({ kind: "views", views }, buffersOf(views.map(([, view]) => view)));
  }

  private stop(playing: Playing, message: string | null): void {
    this.playing = null;
    this.show(playing.ids, true);
    const ended: [RunId, Ending | null][] = playing.ids.map((id) => [id, this.runs.get(id)?.ended ?? null]);
    this.post({ kind: "stopped", ended, message }, []);
  }
}

/** Answers the page's calls with the engine's functions. */

import type { Advance, EngineExports, RunInfo } from "./contract";
import { Comparer } from "./comparer";
import type { Answer, Arguments, FromWorker, Method, RunId, View } from "./messages";
import { Player } from "./player";
import { viewOf, type WatchedRun } from "./view";

type Post = (message: FromWorker, transfer: Transferable[]) => void;
type Handlers = { [M in Method]: (...args: Arguments<M>) => Answer<M> | Promise<Answer<M>> };

/** A step of the reader's own takes as long as it needs. */
const NO_BUDGET = 1e9;

export class Service {
  private readonly runs = new Map<RunId, WatchedRun>();
  private readonly player: Player;
  private readonly comparer = new Comparer();
  private nextRun = 1;

  constructor(
    private readonly engine: EngineExports,
    private readonly post: Post,
  ) {
    this.player = new Player(this.runs, post);
  }

  drawn(): void {
    this.player.drawn();
  }

  async answer(id: number, method: Method, args: unknown[]): Promise<void> {
    try {
      const handler = this.handlers[method] as (...args: unknown[]) => unknown;
      this.post({ kind: "answer", id, value: await handler(...args) }, []);
    } catch (error) {
      this.post({ kind: "error", id, message: error instanceof Error ? error.message : String(error) }, []);
    }
  }

  private readonly handlers: Handlers = {
    about: () => JSON.parse(this.engine.about()),
    descriptors: () => JSON.parse(this.engine.descriptors()),
    data_sets: () => JSON.parse(this.engine.data_sets()),
    make_data: (request) => JSON.parse(this.engine.make_data(JSON.stringify(request))),
    read_table: (bytes, name, settings, model) => JSON.parse(this.engine.read_table(bytes, name, JSON.stringify(settings), model?.bytes, model?.name)),
    parse_recipe: (toml) => JSON.parse(this.engine.parse_recipe(toml)),
    print_recipe: (recipe) => this.engine.print_recipe(JSON.stringify(recipe)),
    built_in_recipes: () => JSON.parse(this.engine.built_in_recipes()),
    read_model: (bytes, name) => JSON.parse(this.engine.read_model(bytes, name)),
    recipe_data: (toml) => (this.engine.recipe_data ? JSON.parse(this.engine.recipe_data(toml)) : null),
    open_run: (toml, data, watch, seed) => {
      const handle = this.engine.new_run(toml, JSON.stringify(data), seed ?? undefined);
      const run: WatchedRun = { handle, watch, ended: null, slow_parts_at: 0 };
      const id = this.nextRun++;
      const info = JSON.parse(handle.info()) as RunInfo;
      const view = this.view(run);
      this.runs.set(id, run);
      return { run: id, info, view };
    },
    close_run: (id) => {
      const run = this.runs.get(id);
      if (this.player.plays(id)) this.player.pause();
      this.runs.delete(id);
      run?.handle.free();
      return null;
    },
    watch: (id, watch) => {
      const run = this.find(id);
      run.watch = watch;
      return this.view(run);
    },
    step: (id, count) => {
      const run = this.find(id);
      const advance = JSON.parse(run.handle.advance(count, NO_BUDGET)) as Advance;
      run.ended = advance.ended;
      return this.view(run);
    },
    seek: (id, step) => {
      const run = this.find(id);
      run.handle.seek(step);
      run.ended = null;
      return this.view(run);
    },
    start_from: (id, bytes, name) => {
      const run = this.find(id);
      run.handle.start_from(bytes, name);
      run.ended = null;
      return this.view(run);
    },
    set_weight: (id, layer, from, to, value) => {
      const run = this.find(id);
      run.handle.set_weight(layer, from, to, value);
      return this.view(run);
    },
    play: (ids, pace) => {
      this.player.play(ids, pace);
      return null;
    },
    pause: () => {
      this.player.pause();
      return null;
    },
    explain_page: (id, row) => this.find(id).handle.explain_page(row),
    explain_markdown: (id, row) => this.find(id).handle.explain_markdown(row),
    check_gradients: (id) => JSON.parse(this.find(id).handle.check_gradients()),
    model_file: (id) => this.find(id).handle.model_file(),
    picture: (id, kind) => this.find(id).handle.picture(kind),
    compare: (recipes, data, seeds) => {
      if (!this.engine.new_comparison) throw new Error("this build of the engine compares no seeds: use `pellucid compare --seeds`");
      const comparison = this.engine.new_comparison(JSON.stringify({ recipes, seeds }), JSON.stringify(data));
      return this.comparer.run(comparison, (progress) => this.post({ kind: "comparing", progress }, []));
    },
    stop_comparison: () => {
      this.comparer.stop();
      return null;
    },
  };

  private find(id: RunId): WatchedRun {
    const run = this.runs.get(id);
    if (!run) throw new Error(`there is no training ${id} any more`);
    return run;
  }

  private view(run: WatchedRun): View {
    return viewOf(run, performance.now(), true);
  }
}


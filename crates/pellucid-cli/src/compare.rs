//! Runs `pellucid compare`: trains variants of recipes from the same initial weights, with one seed or several.

mod held_out;
mod picture;
mod progress;
mod record;
mod run_recorder;
mod side_by_side;
mod specs;
mod state;
mod variants;

use crate::arguments::Compare;
use crate::failure::{failed, misuse};
use crate::outputs::{self, JsonOutput, PlotOutput};
use crate::run::threads;
use crate::{checkpoint, interrupt, recipes, terminal, text_style};
use anyhow::Result;
use pellucid_report::{Comparison, PictureFormat, VariantRuns};
use progress::CompareProgress;
use side_by_side::{Cores, FinishedRun, run_all};
use specs::VariantSpec;
use state::CompareState;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use variants::{Variant, draws};

pub(crate) fn compare(arguments: &Compare) -> Result<ExitCode> {
    let settings = &arguments.settings;
    check_files(arguments)?;
    let specs = specs::specs(arguments)?;
    refuse_different_losses(&specs)?;
    let seeds = seeds(arguments, &specs)?;
    let variants = variants::variants(specs, settings, arguments.own_weights, seeds[0])?;
    let cores = cores(arguments, variants.len() * seeds.len());
    interrupt::listen();
    let json = JsonOutput::prepare(settings.json.as_deref())?;
    let prepare = |path| PlotOutput::prepare(path, arguments.theme);
    let plot = arguments.plot.as_deref().map(prepare).transpose()?;

    let mut state = CompareState::open(&arguments.checkpoints, &variants, arguments.own_weights)?;
    if let Some((state, finished)) = &state
        && !settings.quiet
        && finished.len() > 0
    {
        terminal::note(&format!(
            "{}: {} runs are done already",
            state.path().display(),
            finished.len()
        ));
    }

    let mut progress = CompareProgress::new(&variants, &seeds, settings.quiet);
    let done = run_all(&variants, &seeds, cores, &mut state, &mut progress);
    progress.finish();
    let stopped = interrupt::was_asked();
    let goes_on = checkpoint::how_to_go_on(state.as_ref().map(|(state, _)| state.path()));
    let Some(runs) = Runs::complete(variants, &seeds, done?) else {
        return Ok(failed(&interrupt::stopped(&format!(
            "; there is nothing to compare{goes_on}"
        ))));
    };

    let found = runs.comparison(arguments.reach.as_deref())?;
    let notes = runs.notes(cores);
    let charts = picture::charts(&runs, arguments, cores);
    if !json.takes_standard_output() {
        let mut parts = vec![found.to_string().trim_end().to_owned()];
        parts.extend(held_out::table(&runs));
        parts.extend_from_slice(&notes);
        if arguments.chart {
            let style = text_style::of_standard_output();
            let in_text = |chart| picture::in_text(chart, &runs, &style).trim_end().to_owned();
            parts.extend(charts.iter().map(in_text));
        }
        terminal::print(&parts.join("\n\n"))?;
    }
    let paint = |plot| picture::paint(plot, charts, &runs, arguments);
    let painted = plot.map(paint).transpose()?;
    json.write_with(painted.into_iter().collect(), || {
        record::record(&runs, &found, &notes, arguments, cores, stopped)
    })?;
    if stopped {
        let (variants, seeds) = (runs.variants.len(), runs.seeds.len());
        let plural = if seeds == 1 { "" } else { "s" };
        let meaning = format!(
            "; the comparison has only the finished runs: {variants} with {seeds} seed{plural}{goes_on}"
        );
        return Ok(failed(&interrupt::stopped(&meaning)));
    }
    Ok(ExitCode::SUCCESS)
}

fn check_files(arguments: &Compare) -> Result<()> {
    let recipes = arguments.recipes.iter();
    let files: Vec<_> = recipes.map(|name| ("the recipe", recipes::file(name))).collect();
    let (json, plot) = (arguments.settings.json.as_deref(), arguments.plot.as_deref());
    let checkpoint = arguments.checkpoints.checkpoint.as_deref();
    outputs::check_distinct(
        &files,
        &[("--json", json), ("--plot", plot), ("--checkpoint", checkpoint)],
    )?;
    if let Some(path) = plot {
        PictureFormat::from_path(path)?;
    }
    Ok(())
}

fn refuse_different_losses(specs: &[VariantSpec]) -> Result<()> {
    let loss = |spec: &VariantSpec| spec.recipe.logged_loss();
    if specs.iter().any(|spec| loss(spec) != loss(&specs[0])) {
        return misuse(
            "the recipes log different losses, which cannot be compared; give one to all with --set log.loss=NAME",
        );
    }
    Ok(())
}

/// Consecutive seeds; with a single one `None`: the seed of each recipe.
fn seeds(arguments: &Compare, specs: &[VariantSpec]) -> Result<Vec<Option<u32>>> {
    let count = arguments.seeds.get() as u32;
    if count == 1 {
        return Ok(vec![None]);
    }
    let first = specs[0].recipe.train.seed;
    let Some(last) = first.checked_add(count - 1) else {
        return misuse(format!(
            "--seeds {count} from seed {first} on: seeds end at {}; begin with a smaller one by --seed",
            u32::MAX
        ));
    };
    Ok((first..=last).map(Some).collect())
}

/// As many runs side by side as there are threads, each on one thread; with --one-by-one, each on all of them.
fn cores(arguments: &Compare, jobs: usize) -> Cores {
    const ONE: NonZeroUsize = NonZeroUsize::MIN;
    let threads = threads(arguments.settings.threads, arguments.settings.quiet);
    let (lanes, threads) = match arguments.one_by_one {
        true => (ONE, threads),
        false => (threads.min(NonZeroUsize::new(jobs).unwrap_or(ONE)), ONE),
    };
    Cores { lanes, threads }
}

/// The runs that are compared: one of each variant with each seed.
struct Runs {
    variants: Vec<Variant>,
    /// `None` for the seed of the recipe.
    seeds: Vec<Option<u32>>,
    /// (seed, variant).
    done: Vec<Vec<FinishedRun>>,
}

impl Runs {
    /// The seeds whose runs are all finished; where Ctrl-C left none, the finished runs of the first seed. `None` without
    /// any.
    fn complete(
        variants: Vec<Variant>,
        seeds: &[Option<u32>],
        done: Vec<Option<FinishedRun>>,
    ) -> Option<Self> {
        let all_of_seed = |(seed, runs): (&Option<u32>, &[Option<FinishedRun>])| {
            Some((*seed, runs.iter().cloned().collect::<Option<Vec<_>>>()?))
        };
        let rows = seeds.iter().zip(done.chunks(variants.len()));
        let (complete, all): (Vec<_>, Vec<_>) = rows.filter_map(all_of_seed).unzip();
        if !all.is_empty() {
            return Some(Self {
                variants,
                seeds: complete,
                done: all,
            });
        }
        let first = variants.into_iter().zip(done);
        let (variants, runs): (Vec<_>, Vec<_>) =
            first.filter_map(|(variant, run)| Some((variant, run?))).unzip();
        (!runs.is_empty()).then(|| Self {
            variants,
            seeds: seeds[..1].to_vec(),
            done: vec![runs],
        })
    }

    /// The runs of a variant, one for each seed.
    fn runs_of(&self, variant: usize) -> impl Iterator<Item = &FinishedRun> + Clone {
        self.done.iter().map(move |runs| &runs[variant])
    }

    /// The seed of a variant's run.
    fn seed_of(&self, variant: usize, seed: usize) -> u32 {
        self.seeds[seed].unwrap_or(self.variants[variant].spec.recipe.train.seed)
    }

    /// What the loss curves say about each other.
    fn comparison(&self, targets: Option<&[f64]>) -> Result<Comparison> {
        let variants = self.variants.iter().enumerate();
        let variants = variants.map(|(index, variant)| VariantRuns {
            name: variant.spec.name.clone(),
            updates_per_epoch: variant.updates_per_epoch,
            losses: self.runs_of(index).map(|done| done.losses.clone()).collect(),
            seconds: self.runs_of(index).map(FinishedRun::total_seconds).collect(),
        });
        let seeds = (0..self.seeds.len()).map(|seed| u64::from(self.seed_of(0, seed)));
        let (seeds, variants): (Vec<u64>, Vec<VariantRuns>) = (seeds.collect(), variants.collect());
        Ok(Comparison::new(&seeds, &variants, targets)?)
    }

    /// What the reader must know about the figures.
    fn notes(&self, cores: Cores) -> Vec<String> {
        let mut notes = Vec::new();
        let count = self.variants.len();
        let draws = self.variants.iter().any(|variant| draws(&variant.spec.recipe));
        if self.seeds.len() == 1 && draws && count > 1 {
            let first = self.seed_of(0, 0);
            let seed = match (0..count).all(|variant| self.seed_of(variant, 0) == first) {
                true => format!(", seed {first}"),
                false => String::new(),
            };
            notes.push(format!(
                "This is one draw{seed}: another seed may turn it around (--seeds 10 says how often)."
            ));
        }
        if cores.lanes.get() > 1 {
            notes.push(format!(
                "Seconds were taken with {} runs side by side; --one-by-one takes them fairly.",
                cores.lanes
            ));
        }
        notes
    }
}

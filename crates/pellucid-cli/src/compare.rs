//! `pellucid compare`: recipes, and variants of them, from the same initial weights, with one seed or several.

mod entrants;
mod held_out;
mod lap;
mod picture;
mod progress;
mod record;
mod side_by_side;
mod variants;

use crate::arguments::Compare;
use crate::failure::{self, Misuse};
use crate::outputs::{self, JsonOutput, PlotOutput};
use crate::run::threads;
use crate::{interrupt, recipes, terminal, text_style};
use anyhow::Result;
use entrants::{Entrant, draws};
use pellucid_report::{Comparison, PictureFormat, VariantRuns};
use progress::CompareProgress;
use side_by_side::{Cores, Done, run_all};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use variants::Variant;

pub(crate) fn compare(arguments: &Compare) -> Result<ExitCode> {
    let settings = &arguments.settings;
    check_files(arguments)?;
    let variants = variants::variants(arguments)?;
    refuse_different_losses(&variants)?;
    let seeds = seeds(arguments, &variants)?;
    let entrants = entrants::entrants(variants, settings, arguments.own_weights, seeds[0])?;
    let cores = cores(arguments, entrants.len() * seeds.len());
    interrupt::listen();
    let json = settings.json.as_deref().map(JsonOutput::prepare).transpose()?;
    let plot = arguments.plot.as_deref().map(PlotOutput::prepare).transpose()?;

    let mut progress = CompareProgress::new(&entrants, &seeds, settings.quiet);
    let done = run_all(&entrants, &seeds, cores, &mut progress);
    progress.finish();
    let stopped = interrupt::was_asked();
    let Some(runs) = Runs::complete(entrants, &seeds, done?) else {
        terminal::tell("stopped by Ctrl-C; there is nothing to compare");
        return Ok(ExitCode::from(failure::FAILED));
    };

    let found = runs.comparison(arguments.reach.as_deref())?;
    let notes = runs.notes(cores);
    let charts = picture::charts(&runs, arguments, cores);
    if !matches!(json, Some(JsonOutput::Stdout)) {
        terminal::print(found.to_string().trim_end())?;
        let held_out = held_out::table(&runs);
        if !held_out.is_empty() {
            terminal::print(&format!("\n{}", held_out.join("\n")))?;
        }
        for note in &notes {
            terminal::print(&format!("\n{note}"))?;
        }
        if arguments.chart {
            let style = text_style::of_standard_output();
            for chart in &charts {
                terminal::print(&format!(
                    "\n{}",
                    picture::in_text(chart, &runs, &style).trim_end()
                ))?;
            }
        }
    }
    if let Some(plot) = plot {
        picture::write(plot, charts, &runs, arguments)?;
    }
    if let Some(json) = json {
        json.write(&record::record(&runs, &found, &notes, arguments, cores, stopped))?;
    }
    if stopped {
        let seeds = runs.seeds.len();
        terminal::tell(&format!(
            "stopped by Ctrl-C; what is told is of the runs that were done: {} with {seeds} {}",
            runs.entrants.len(),
            if seeds == 1 { "seed" } else { "seeds" }
        ));
        return Ok(ExitCode::from(failure::FAILED));
    }
    Ok(ExitCode::SUCCESS)
}

fn check_files(arguments: &Compare) -> Result<()> {
    let files: Vec<(&str, &Path)> = arguments
        .recipes
        .iter()
        .filter_map(|name| Some(("the recipe", recipes::file(name)?)))
        .collect();
    let (json, plot) = (arguments.settings.json.as_deref(), arguments.plot.as_deref());
    outputs::check_distinct(&files, &[("--json", json), ("--plot", plot)])?;
    if let Some(path) = plot {
        PictureFormat::from_path(path)?;
    }
    Ok(())
}

fn refuse_different_losses(variants: &[Variant]) -> Result<()> {
    let loss = |variant: &Variant| variant.recipe.logged_loss();
    if variants.iter().any(|variant| loss(variant) != loss(&variants[0])) {
        let message = "the recipes log different losses, which cannot be compared; give one to all with \
                       --set log.loss=NAME";
        return Err(Misuse(message.into()).into());
    }
    Ok(())
}

/// The seeds, counted up; `None` for what the recipes say, where one run of each was asked for.
fn seeds(arguments: &Compare, variants: &[Variant]) -> Result<Vec<Option<u32>>> {
    let count = arguments.seeds.get() as u32;
    if count == 1 {
        return Ok(vec![None]);
    }
    let first = variants[0].recipe.train.seed;
    let Some(last) = first.checked_add(count - 1) else {
        return Err(Misuse(format!(
            "--seeds {count} from seed {first} on: seeds end at {}; begin with a smaller one by --seed",
            u32::MAX
        ))
        .into());
    };
    Ok((first..=last).map(Some).collect())
}

/// As many runs side by side as there are threads, each on one; one by one, each on all of them.
fn cores(arguments: &Compare, jobs: usize) -> Cores {
    let threads = threads(arguments.settings.threads, arguments.settings.quiet);
    match arguments.one_by_one {
        true => Cores {
            lanes: NonZeroUsize::MIN,
            threads,
        },
        false => Cores {
            lanes: threads.min(NonZeroUsize::new(jobs).unwrap_or(NonZeroUsize::MIN)),
            threads: NonZeroUsize::MIN,
        },
    }
}

/// The runs that are compared: of each entrant one with each seed.
struct Runs {
    entrants: Vec<Entrant>,
    /// `None` for what the recipe says.
    seeds: Vec<Option<u32>>,
    /// `[seed][entrant]`
    done: Vec<Vec<Done>>,
}

impl Runs {
    /// The seeds of which all runs are done; where Ctrl-C left none, what is done with the first. Nothing where that is
    /// nothing.
    fn complete(entrants: Vec<Entrant>, seeds: &[Option<u32>], done: Vec<Vec<Option<Done>>>) -> Option<Self> {
        let whole = |runs: &Vec<Option<Done>>| runs.iter().cloned().collect::<Option<Vec<Done>>>();
        let rows = seeds.iter().zip(&done);
        let (seeds_done, all): (Vec<_>, Vec<_>) = rows
            .filter_map(|(seed, runs)| Some((*seed, whole(runs)?)))
            .unzip();
        if !all.is_empty() {
            return Some(Self {
                entrants,
                seeds: seeds_done,
                done: all,
            });
        }
        let first = done.into_iter().next()?;
        let (entrants, runs): (Vec<_>, Vec<_>) = entrants
            .into_iter()
            .zip(first)
            .filter_map(|(entrant, run)| Some((entrant, run?)))
            .unzip();
        (!runs.is_empty()).then(|| Self {
            entrants,
            seeds: seeds[..1].to_vec(),
            done: vec![runs],
        })
    }

    /// The runs of an entrant, one a seed.
    fn of(&self, entrant: usize) -> impl Iterator<Item = &Done> + Clone {
        self.done.iter().map(move |runs| &runs[entrant])
    }

    /// The seed of each run of the entrant.
    fn seed_of(&self, entrant: usize, seed: usize) -> u32 {
        self.seeds[seed].unwrap_or(self.entrants[entrant].variant.recipe.train.seed)
    }

    /// What the loss curves say about each other.
    fn comparison(&self, targets: Option<&[f64]>) -> Result<Comparison> {
        let variants = self.entrants.iter().enumerate();
        let variants = variants.map(|(index, entrant)| VariantRuns {
            name: entrant.variant.name.clone(),
            updates_per_epoch: entrant.updates_per_epoch,
            losses: self.of(index).map(|done| done.losses.clone()).collect(),
            seconds: self.of(index).map(Done::total_seconds).collect(),
        });
        let variants: Vec<VariantRuns> = variants.collect();
        let seeds = 0..self.seeds.len();
        let seeds: Vec<u64> = seeds.map(|seed| u64::from(self.seed_of(0, seed))).collect();
        Ok(Comparison::new(&seeds, &variants, targets)?)
    }

    /// What the reader must know about the figures.
    fn notes(&self, cores: Cores) -> Vec<String> {
        let mut notes = Vec::new();
        let count = self.entrants.len();
        let draws = self.entrants.iter().any(|entrant| draws(&entrant.variant.recipe));
        if self.seeds.len() == 1 && draws && count > 1 {
            let mut seeds = (0..count).map(|entrant| self.seed_of(entrant, 0));
            let first = self.seed_of(0, 0);
            let seed = match seeds.all(|seed| seed == first) {
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

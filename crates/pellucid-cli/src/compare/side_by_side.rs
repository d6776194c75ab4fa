//! Trains all variants with all seeds, as many runs side by side as there are threads; the losses do not depend on their
//! number.

use super::progress::{CompareProgress, Lane};
use super::run_recorder::RunRecorder;
use super::state::{CompareState, FinishedRuns, RunKey};
use super::variants::{Variant, session, with_samples};
use crate::interrupt;
use crate::run::diverged;
use anyhow::{Context, Result};
use pellucid::{EndedBy, Error, Scalar, Split};
use pellucid_data::side_by_side;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// The curves of a finished run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct FinishedRun {
    /// The loss of each epoch; the last is not finite where the run diverged.
    pub(super) losses: Vec<f64>,
    /// The loss of each epoch on held-out rows, where there are any.
    pub(super) validation: Vec<f64>,
    /// From the start to the end of each epoch.
    pub(super) seconds: Vec<f64>,
    /// The reason why it diverged.
    pub(super) trouble: Option<String>,
}

impl FinishedRun {
    pub(super) fn total_seconds(&self) -> f64 {
        self.seconds.last().copied().unwrap_or(0.0)
    }
}

/// How the runs share the cores.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cores {
    /// Runs under way at a time.
    pub(super) lanes: NonZeroUsize,
    /// Threads of each.
    pub(super) threads: NonZeroUsize,
}

/// Every run, all variants of the first seed first; `None` where Ctrl-C came before its end. With a checkpoint, finished runs
/// are not repeated, and others go on where they were.
pub(super) fn run_all(
    variants: &[Variant],
    seeds: &[Option<u32>],
    cores: Cores,
    checkpoint: &mut Option<(CompareState, FinishedRuns)>,
    progress: &mut CompareProgress,
) -> Result<Vec<Option<FinishedRun>>> {
    let jobs = variants.len() * seeds.len();
    let key = |job: usize| {
        let (variant, seed) = (job % variants.len(), seeds[job / variants.len()]);
        (variant, seed.unwrap_or(variants[variant].spec.recipe.train.seed))
    };
    let (state, mut finished) = match checkpoint {
        Some((state, finished)) => (Some(&*state), Some(finished)),
        None => (None, None),
    };
    let known = |job: usize| {
        finished
            .as_ref()
            .and_then(|finished| finished.get(key(job)).cloned())
    };
    let mut all: Vec<Option<FinishedRun>> = (0..jobs).map(known).collect();
    let missing: Vec<usize> = (0..jobs).filter(|&job| all[job].is_none()).collect();
    progress.begin_with(jobs - missing.len());
    let lanes: Vec<Lane> = (0..cores.lanes.get()).map(|_| Lane::default()).collect();
    let run = |lane: usize, job: usize, _: &(dyn Fn() -> bool + Sync)| {
        if interrupt::was_asked() {
            return Ok(None);
        }
        let job = missing[job];
        let (variant, seed) = (&variants[job % variants.len()], seeds[job / variants.len()]);
        let lane = &lanes[lane];
        lane.begin(job);
        let of_file = state.map(|state| (state, key(job)));
        let done = with_samples!(
            &variant.samples,
            split => train(variant, split, seed, cores.threads, of_file, lane)
        );
        lane.end();
        done.with_context(|| format!("recipe {}", variant.spec.name))
    };
    let ended = side_by_side(missing.len(), lanes.len(), run, |done| {
        match done {
            Some((job, done)) => {
                let job = missing[job];
                progress.report(job, done.as_ref());
                if let (Some(state), Some(finished), Some(done)) = (state, &mut finished, &done) {
                    finished.add(state, key(job), done.clone());
                }
                all[job] = done;
            }
            None => progress.show(&lanes),
        }
        Ok(())
    });
    if let (Some(state), Some(finished)) = (state, &mut finished) {
        finished.write(state);
    }
    ended?;
    Ok(all)
}

fn train<T: Scalar>(
    variant: &Variant,
    split: &Arc<Split<T>>,
    seed: Option<u32>,
    threads: NonZeroUsize,
    of_file: Option<(&CompareState, RunKey)>,
    lane: &Lane,
) -> Result<Option<FinishedRun>> {
    let session = session(&variant.spec, variant.leader.as_ref(), split, seed, threads)?;
    let mut recorder = RunRecorder::new(split.validation.is_some(), lane.done());
    let keeper = of_file.map(|(state, run)| state.keeper(run, variant, split));
    let ended = session.run(&mut (&mut recorder, keeper.transpose()?));
    let mut run = recorder.finish();
    match ended {
        Ok(finished) if finished.summary.ended_by == EndedBy::Interrupt => return Ok(None),
        Ok(_) => {}
        // A run that diverges is an answer too: its curve ends there.
        Err(unfinished) => {
            let unfinished = diverged(unfinished)?;
            match unfinished.error {
                Error::NonFiniteLoss { loss, .. } => {
                    run.losses.push(loss);
                    run.seconds.push(run.total_seconds());
                }
                _ => {
                    run.losses.pop();
                    run.losses.push(f64::NAN);
                }
            }
            run.trouble = Some(unfinished.to_string());
        }
    }
    Ok(Some(run))
}

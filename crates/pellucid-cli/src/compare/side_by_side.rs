//! Trains all variants with all seeds, as many runs side by side as there are threads; the losses do not depend on their
//! number.

use super::progress::{CompareProgress, Lane};
use super::run_recorder::RunRecorder;
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

/// Every run, all variants of the first seed first; `None` where Ctrl-C came before its end.
pub(super) fn run_all(
    variants: &[Variant],
    seeds: &[Option<u32>],
    cores: Cores,
    progress: &mut CompareProgress,
) -> Result<Vec<Option<FinishedRun>>> {
    let jobs = variants.len() * seeds.len();
    let lanes: Vec<Lane> = (0..cores.lanes.get()).map(|_| Lane::default()).collect();
    let run = |lane: usize, job: usize, _: &dyn Fn() -> bool| {
        if interrupt::was_asked() {
            return Ok(None);
        }
        let (variant, seed) = (&variants[job % variants.len()], seeds[job / variants.len()]);
        let lane = &lanes[lane];
        lane.begin(job);
        let done = with_samples!(&variant.samples, split => train(variant, split, seed, cores.threads, lane));
        lane.end();
        done.with_context(|| format!("recipe {}", variant.spec.name))
    };
    let mut all = vec![None; jobs];
    side_by_side(jobs, lanes.len(), run, |done| {
        match done {
            Some((job, done)) => {
                progress.report(job, done.as_ref());
                all[job] = done;
            }
            None => progress.show(&lanes),
        }
        Ok(())
    })?;
    Ok(all)
}

fn train<T: Scalar>(
    variant: &Variant,
    split: &Arc<Split<T>>,
    seed: Option<u32>,
    threads: NonZeroUsize,
    lane: &Lane,
) -> Result<Option<FinishedRun>> {
    let session = session(&variant.spec, variant.leader.as_ref(), split, seed, threads)?;
    let mut recorder = RunRecorder::new(split.validation.is_some(), lane.done());
    let ended = session.run(&mut recorder);
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

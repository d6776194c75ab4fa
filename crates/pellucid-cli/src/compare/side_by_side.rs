//! Trains all variants with all seeds, as many runs side by side as there are threads; the losses do not depend on their
//! number.

use super::progress::{CompareProgress, Lane};
use super::run_recorder::RunRecorder;
use super::variants::{AnySamples, Variant, session};
use crate::interrupt;
use crate::run::diverged;
use anyhow::{Context, Result};
use pellucid::{EndedBy, Error, Scalar, Split};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// The curves of a finished run.
#[derive(Debug, Clone, PartialEq)]
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

/// A run of a variant with a seed, by their indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) variant: usize,
    pub(super) seed: usize,
}

/// Every run, (seed, variant), all variants of the first seed first; `None` where Ctrl-C came before its end.
pub(super) fn run_all(
    variants: &[Variant],
    seeds: &[Option<u32>],
    cores: Cores,
    progress: &mut CompareProgress,
) -> Result<Vec<Vec<Option<FinishedRun>>>> {
    let jobs_of_seed = |seed| (0..variants.len()).map(move |variant| Job { variant, seed });
    let jobs: Vec<Job> = (0..seeds.len()).flat_map(jobs_of_seed).collect();
    let (next, abandoned) = (AtomicUsize::new(0), AtomicBool::new(false));
    let lanes: Vec<Lane> = (0..cores.lanes.get().min(jobs.len()))
        .map(|_| Lane::default())
        .collect();
    let (sender, results) = mpsc::channel::<(Job, Result<Option<FinishedRun>>)>();
    let work = |lane: &Lane, sender: mpsc::Sender<(Job, Result<Option<FinishedRun>>)>| {
        while let Some(&job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if abandoned.load(Ordering::Relaxed) || interrupt::was_asked() {
                return;
            }
            lane.begin(job);
            let done = run(variants, job.variant, seeds[job.seed], cores.threads, lane);
            lane.end();
            if sender.send((job, done)).is_err() {
                return;
            }
        }
    };
    let mut all = vec![vec![None; variants.len()]; seeds.len()];
    std::thread::scope(|scope| {
        for lane in &lanes {
            let (work, sender) = (&work, sender.clone());
            scope.spawn(move || work(lane, sender));
        }
        drop(sender);
        let mut failure = None;
        loop {
            match results.recv_timeout(Duration::from_millis(100)) {
                Ok((job, Ok(done))) => {
                    if let Some(done) = &done {
                        progress.report(job, done);
                    }
                    all[job.seed][job.variant] = done;
                }
                Ok((_, Err(error))) => {
                    abandoned.store(true, Ordering::Relaxed);
                    failure.get_or_insert(error);
                }
                Err(RecvTimeoutError::Timeout) => progress.show(&lanes),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        failure.map_or(Ok(()), Err)
    })?;
    Ok(all)
}

fn run(
    variants: &[Variant],
    index: usize,
    seed: Option<u32>,
    threads: NonZeroUsize,
    lane: &Lane,
) -> Result<Option<FinishedRun>> {
    let done = match &variants[index].samples {
        AnySamples::F32(samples) => train::<f32>(variants, index, samples, seed, threads, lane),
        AnySamples::F64(samples) => train::<f64>(variants, index, samples, seed, threads, lane),
    };
    done.with_context(|| format!("recipe {}", variants[index].spec.name))
}

fn train<T: Scalar>(
    variants: &[Variant],
    index: usize,
    split: &Arc<Split<T>>,
    seed: Option<u32>,
    threads: NonZeroUsize,
    lane: &Lane,
) -> Result<Option<FinishedRun>> {
    let variant = &variants[index];
    let leader = variant.starts_as.map(|leader| &variants[leader].spec);
    let session = session(&variant.spec, leader, split, seed, threads)?;
    let mut recorder = RunRecorder::new(split.validation.is_some(), lane.done());
    let ended = session.run(&mut recorder);
    let (mut losses, validation, mut seconds) = recorder.finish();
    let trouble = match ended {
        Ok(finished) if finished.summary.ended_by == EndedBy::Interrupt => return Ok(None),
        Ok(_) => None,
        // A run that diverges is an answer too: its curve ends there.
        Err(unfinished) => {
            let unfinished = diverged(unfinished)?;
            match unfinished.error {
                Error::NonFiniteLoss { loss, .. } => {
                    losses.push(loss);
                    seconds.push(seconds.last().copied().unwrap_or(0.0));
                }
                _ => {
                    losses.pop();
                    losses.push(f64::NAN);
                }
            }
            Some(unfinished.to_string())
        }
    };
    Ok(Some(FinishedRun {
        losses,
        validation,
        seconds,
        trouble,
    }))
}

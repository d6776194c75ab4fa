//! Runs jobs side by side, each on a thread.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::Builder;
use std::time::Duration;

/// Runs the jobs 0 to `jobs` on as many threads as there are lanes. `run` gets the lane, the job, and a function that tells
/// whether to give up. `report` gets each job with its result as soon as it is done, and now and then `None` in between.
///
/// # Errors
/// The first of `run` or `report`. No other job begins then, and no other result is reported.
pub fn side_by_side<R: Send, E: Send>(
    jobs: usize,
    lanes: usize,
    run: impl Fn(usize, usize, &(dyn Fn() -> bool + Sync)) -> Result<R, E> + Sync,
    mut report: impl FnMut(Option<(usize, R)>) -> Result<(), E>,
) -> Result<(), E> {
    let (next, abandoned) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, results) = mpsc::channel();
    let is_abandoned = || abandoned.load(Ordering::Relaxed);
    let work = |lane: usize, sender: mpsc::Sender<(usize, Result<R, E>)>| {
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs || is_abandoned() || sender.send((job, run(lane, job, &is_abandoned))).is_err() {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        let starts = |lane: usize| {
            let (work, sender) = (&work, sender.clone());
            let thread = Builder::new().spawn_scoped(scope, move || work(lane, sender));
            thread.is_ok()
        };
        // As many as the system has threads for; all on this one if it has none.
        match (0..lanes.min(jobs)).take_while(|lane| starts(*lane)).count() {
            0 => work(0, sender),
            _ => drop(sender),
        }
        let mut failure = None;
        loop {
            let done = match results.recv_timeout(Duration::from_millis(100)) {
                Ok((job, result)) => result.map(|result| Some((job, result))),
                Err(RecvTimeoutError::Timeout) => Ok(None),
                Err(RecvTimeoutError::Disconnected) => return failure.map_or(Ok(()), Err),
            };
            if failure.is_none()
                && let Err(error) = done.and_then(&mut report)
            {
                abandoned.store(true, Ordering::Relaxed);
                failure = Some(error);
            }
        }
    })
}

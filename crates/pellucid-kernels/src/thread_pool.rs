//! A thread pool whose workers stay awake between the parts of a training step.
//!
//! A step of a medium-sized network takes 100 µs and has several parts that two threads can share. Waking a sleeping
//! thread costs as much as such a part, so workers poll for the next part for a while before they sleep. The division
//! into parts never depends on the number of threads; so neither do the bits.
//!
//! On a machine that is busy with other work, a worker may lose its processor. A thread that waits lets others run, the caller takes
//! every part that no worker has begun, and after waiting for one that was interrupted in a part it works alone for a while, in
//! which the workers sleep and take no processor from it.

use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, TryLockError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Maximum number of parts of one call; each part is one bit.
pub const MAX_PARTS: usize = 32;
/// Maximum number of workers besides the caller.
const MAX_WORKERS: usize = 63;
/// Polls before a thread that waits lets others run: 2 to 10 µs, depending on the duration of the processor's pause
/// instruction. The gaps between the parts of a step are shorter.
const SPINS_BEFORE_YIELD: u32 = 200;
/// How long a worker polls further, giving way to others between two polls, before it goes to sleep. It is a time, since on a
/// busy machine a poll may take as long as others have the processor.
const AWAKE: Duration = Duration::from_millis(1);

/// The posted work: it is called with the index of every part.
type Work<'a> = &'a dyn Fn(usize);

/// The place where the caller posts its work and the workers find it.
struct Board {
    /// The parts not yet taken, one bit each; the bits above them hold the number of workers that may help.
    open: AtomicU64,
    /// The work of these parts. Valid while at least one part is not done.
    work: AtomicPtr<Work<'static>>,
    /// The number of parts not yet done.
    pending: AtomicU32,
    /// The payload of a panic in a part that a worker ran.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

struct Worker {
    thread: Thread,
    is_asleep: &'static AtomicBool,
}

static BOARD: Board = Board {
    open: AtomicU64::new(0),
    work: AtomicPtr::new(std::ptr::null_mut()),
    pending: AtomicU32::new(0),
    panic: Mutex::new(None),
};

/// Holding the lock is the right to post work: one caller at a time.
static POOL: Mutex<Pool> = Mutex::new(Pool {
    workers: Vec::new(),
    punctuality: Punctuality::NEW,
});

struct Pool {
    workers: Vec<Worker>,
    punctuality: Punctuality,
}

const HELPERS_SHIFT: u32 = MAX_PARTS as u32;
const PARTS: u64 = (1 << HELPERS_SHIFT) - 1;

/// The number of available processors: more threads than that would only wait for each other.
fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
}

/// Calls `f` once for each of `parts`, on up to `threads` threads, and returns when all are done.
///
/// # Panics
/// If there are more than [`MAX_PARTS`] parts, or if `f` panics.
#[inline]
pub fn for_each<P: Send>(threads: NonZeroUsize, parts: &mut [P], f: impl Fn(&mut P) + Sync) {
    let helpers = threads
        .get()
        .min(processors())
        .min(parts.len())
        .min(MAX_WORKERS + 1)
        - usize::from(!parts.is_empty());
    if helpers == 0 {
        return parts.iter_mut().for_each(f);
    }
    // A caller that finds the pool busy (possibly because it runs inside a part of that work) runs its parts alone.
    match POOL.try_lock() {
        Ok(mut pool) => run_in_pool(&mut pool, helpers, parts, &f),
        // A part panicked earlier; the workers are still alive, and the board is empty.
        Err(TryLockError::Poisoned(pool)) => run_in_pool(&mut pool.into_inner(), helpers, parts, &f),
        Err(TryLockError::WouldBlock) => parts.iter_mut().for_each(f),
    }
}

/// [`for_each`] of up to `MOST` parts that `f` receives by value.
///
/// # Panics
/// If there are more parts, or if `f` panics.
#[inline(always)]
pub fn for_each_of<const MOST: usize, P: Send>(
    threads: NonZeroUsize,
    parts: impl Iterator<Item = P>,
    f: impl Fn(P) + Sync,
) {
    let mut values = [const { None }; MOST];
    let mut count = 0;
    for part in parts {
        values[count] = Some(part);
        count += 1;
    }
    for_each(threads, &mut values[..count], |value| {
        if let Some(part) = value.take() {
            f(part);
        }
    });
}

fn run_in_pool<P: Send, F: Fn(&mut P) + Sync>(pool: &mut Pool, helpers: usize, parts: &mut [P], f: &F) {
    if pool.punctuality.works_alone() {
        return parts.iter_mut().for_each(f);
    }
    let waited = run_shared(&mut pool.workers, helpers, parts, f);
    pool.punctuality.record(waited);
}

/// Runs the parts on the caller and this number of workers. Returns how the caller waited for the last of them.
fn run_shared<P: Send, F: Fn(&mut P) + Sync>(
    workers: &mut Vec<Worker>,
    helpers: usize,
    parts: &mut [P],
    f: &F,
) -> Wait {
    let count = parts.len();
    assert!(count <= MAX_PARTS, "at most {MAX_PARTS} parts");
    while workers.len() < helpers {
        match Worker::new(workers.len()) {
            Some(worker) => workers.push(worker),
            None => break, // the system creates no more threads: the existing ones do all the work
        }
    }
    let first = parts.as_mut_ptr();
    // SAFETY: each thread takes parts below `count` that no other thread takes, and `parts` is borrowed mutably.
    let run = |part: usize| f(unsafe { &mut *first.add(part) });
    let work: Work<'_> = &run;
    BOARD
        .work
        .store((&raw const work).cast_mut().cast(), Ordering::Relaxed);
    BOARD.pending.store(count as u32, Ordering::Relaxed);
    let open = (1u64 << count) - 1;
    // `SeqCst`, like the stores of a worker that goes to sleep: at least one of the two threads sees what the other has
    // written.
    BOARD
        .open
        .store((helpers as u64) << HELPERS_SHIFT | open, Ordering::SeqCst);
    for worker in workers.iter().take(helpers) {
        if worker.is_asleep.load(Ordering::SeqCst) {
            worker.is_asleep.store(false, Ordering::Relaxed);
            worker.thread.unpark();
        }
    }
    let began = Instant::now();
    let mut own_parts = 0;
    // A panic of the caller must wait until no worker can access `parts` any more.
    let own = catch_unwind(AssertUnwindSafe(|| {
        while let Some(part) = take(|open| open.trailing_zeros()) {
            work(part);
            own_parts += 1;
            BOARD.pending.fetch_sub(1, Ordering::Release);
        }
    }));
    if own.is_err() {
        // Neither the part that panicked nor the parts not yet taken will run.
        let untaken = (BOARD.open.fetch_and(!PARTS, Ordering::Relaxed) & PARTS).count_ones();
        BOARD.pending.fetch_sub(1 + untaken, Ordering::Release);
    }
    let worked = began.elapsed();
    let mut spins = 0u32;
    while BOARD.pending.load(Ordering::Acquire) != 0 {
        spins += 1;
        if spins > SPINS_BEFORE_YIELD {
            thread::yield_now(); // the worker may be waiting for this processor
        } else {
            std::hint::spin_loop();
        }
    }
    let wait = Wait {
        time: began.elapsed() - worked,
        part: worked.checked_div(own_parts).unwrap_or(Duration::MAX),
    };
    let worker_panic = BOARD.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(panic) = own.err().or(worker_panic) {
        resume_unwind(panic);
    }
    wait
}

/// How a caller waited for its workers.
struct Wait {
    time: Duration,
    /// The time that a part took the caller.
    part: Duration,
}

/// How often workers were interrupted, and what follows from it.
struct Punctuality {
    /// The calls that the caller still does alone.
    alone: u32,
    /// The calls that it does alone after the next interruption.
    penalty: u32,
    /// Calls in a row without one.
    punctual: u32,
}

impl Punctuality {
    const LEAST: u32 = 16;
    const MOST: u32 = 4096;
    const NEW: Self = Self {
        alone: 0,
        penalty: Self::LEAST,
        punctual: 0,
    };
    /// Parts take different times, by their size and by what is in a cache.
    const USUAL: Duration = Duration::from_micros(50);
    /// After so many calls without an interruption the next one has a shorter penalty.
    const FORGIVEN_AFTER: u32 = 256;

    /// Whether the next call is done without workers.
    fn works_alone(&mut self) -> bool {
        let is_alone = self.alone > 0;
        self.alone -= u32::from(is_alone);
        is_alone
    }

    fn record(&mut self, wait: Wait) {
        if wait.time > wait.part.saturating_mul(2).saturating_add(Self::USUAL) {
            self.alone = self.penalty;
            self.penalty = (self.penalty * 2).min(Self::MOST);
            self.punctual = 0;
            return;
        }
        self.punctual += 1;
        if self.punctual >= Self::FORGIVEN_AFTER {
            self.penalty = (self.penalty / 2).max(Self::LEAST);
            self.punctual = 0;
        }
    }
}

/// Takes one of the parts not yet taken; `choose` selects it from their bits.
#[inline(always)]
fn take(choose: impl Fn(u32) -> u32) -> Option<usize> {
    let mut open = BOARD.open.load(Ordering::Relaxed);
    while open & PARTS != 0 {
        let part = choose((open & PARTS) as u32);
        match BOARD.open.compare_exchange_weak(
            open,
            open & !(1 << part),
            Ordering::Acquire,
            Ordering::Relaxed,
        ) {
            Ok(_) => return Some(part as usize),
            Err(now) => open = now,
        }
    }
    None
}

impl Worker {
    fn new(index: usize) -> Option<Self> {
        let is_asleep: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let thread = thread::Builder::new()
            .name(format!("pellucid-{}", index + 1))
            .spawn(move || work_loop(index as u64, is_asleep));
        thread.ok().map(|handle| Self {
            thread: handle.thread().clone(),
            is_asleep,
        })
    }
}

/// The loop of a worker. It takes parts from the last one down, and the caller takes them from the first one up, so
/// that in successive steps each thread finds its earlier data in its cache.
fn work_loop(index: u64, is_asleep: &AtomicBool) {
    let is_needed = |open: u64| open & PARTS != 0 && index < open >> HELPERS_SHIFT;
    let mut spins = 0;
    let mut idle_since = None;
    loop {
        if is_needed(BOARD.open.load(Ordering::Relaxed)) {
            spins = 0;
            idle_since = None;
            if let Some(part) = take(|open| open.ilog2()) {
                // SAFETY: this thread took the part, and the caller waits until the part is done. Until then the work,
                // which the caller posted before it opened the part, stays alive, and so do its parts and its function.
                let work = unsafe { *BOARD.work.load(Ordering::Relaxed) };
                let result = catch_unwind(AssertUnwindSafe(|| work(part)));
                if let Err(panic) = result {
                    *BOARD.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
                }
                BOARD.pending.fetch_sub(1, Ordering::Release);
            }
            continue;
        }
        if spins < SPINS_BEFORE_YIELD {
            spins += 1;
            std::hint::spin_loop();
            continue;
        }
        if idle_since.get_or_insert_with(Instant::now).elapsed() < AWAKE {
            thread::yield_now(); // the caller may be waiting for this processor
            continue;
        }
        spins = 0;
        idle_since = None;
        is_asleep.store(true, Ordering::SeqCst);
        if is_needed(BOARD.open.load(Ordering::SeqCst)) {
            is_asleep.store(false, Ordering::Relaxed);
        } else {
            thread::park();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::time::Duration;

    fn threads(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).unwrap()
    }

    #[test]
    fn every_part_runs_once_for_any_number_of_threads() {
        for count in [1, 2, 3, 8] {
            for length in [0, 1, 2, 5, MAX_PARTS] {
                for round in 0..200u64 {
                    let mut parts: Vec<u64> = (0..length as u64).collect();
                    for_each(threads(count), &mut parts, |part| *part = *part * 3 + round);
                    assert!(
                        parts
                            .iter()
                            .enumerate()
                            .all(|(at, &part)| part == at as u64 * 3 + round)
                    );
                }
            }
        }
    }

    #[test]
    fn several_threads_run_parts_and_sleeping_workers_wake() {
        if processors() < 2 {
            return; // a single processor has no second thread to share with
        }
        let mut seen = HashSet::new();
        for _ in 0..50 {
            let mut parts = [None; 4];
            for_each(threads(2), &mut parts, |part| {
                thread::sleep(Duration::from_millis(2));
                *part = Some(thread::current().id());
            });
            seen.extend(parts);
            thread::sleep(Duration::from_millis(2));
        }
        assert!(seen.len() > 1 && !seen.contains(&None));
    }

    #[test]
    fn nested_and_concurrent_calls_complete() {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let mut sums = [0u32; 4];
                        for_each(threads(2), &mut sums, |sum| {
                            let mut inner = [1, 2, 3];
                            for_each(threads(2), &mut inner, |number| *number *= 2);
                            *sum = inner.iter().sum();
                        });
                        assert_eq!(sums, [12; 4]);
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_of_any_part_reaches_the_caller_and_the_pool_survives() {
        for bad in 0..4 {
            let caught = catch_unwind(|| {
                let mut parts = [0, 1, 2, 3];
                for_each(threads(2), &mut parts, |part| {
                    thread::sleep(Duration::from_millis(1));
                    assert_ne!(*part, bad, "intended panic");
                });
            });
            assert!(caught.is_err());
            let mut parts = [1, 2, 3];
            for_each(threads(2), &mut parts, |part| *part += 1);
            assert_eq!(parts, [2, 3, 4]);
        }
    }
}

//! Threads that stay awake between the parts of a training step.
//!
//! A step of a middling network takes 100 µs and has several parts that two threads can share. Waking a sleeping thread
//! costs as much as such a part, so the members of the team look out for the next one for a while before they sleep.
//! Which parts there are never depends on the number of threads; so neither do the bits.

use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, TryLockError};
use std::thread::{self, Thread};

/// The most parts that one call has, a bit each.
pub const MOST_PARTS: usize = 32;
/// The most members besides the caller.
const MOST_MEMBERS: usize = 63;
/// Looks at the board before a member goes to sleep: from 0.2 ms to 1 ms, as long as a processor pauses.
const LOOKS_BEFORE_SLEEP: u32 = 20_000;

/// What is to be done: `run(data, part)` for every part.
struct Work {
    run: unsafe fn(*const (), usize),
    data: *const (),
}

/// Where the caller posts its work and the members find it.
struct Board {
    /// The parts that nobody has taken, a bit each, and above them how many members may help.
    open: AtomicU64,
    /// The work that the bits are of. Valid while one of its parts is not done.
    work: AtomicPtr<Work>,
    /// How many parts are not done.
    pending: AtomicU32,
    /// What a member's part panicked with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

struct Member {
    thread: Thread,
    is_asleep: &'static AtomicBool,
}

static BOARD: Board = Board {
    open: AtomicU64::new(0),
    work: AtomicPtr::new(std::ptr::null_mut()),
    pending: AtomicU32::new(0),
    panic: Mutex::new(None),
};

/// The members, and the right to post work: one caller at a time.
static TEAM: Mutex<Vec<Member>> = Mutex::new(Vec::new());

const HELPERS_SHIFT: u32 = MOST_PARTS as u32;
const PARTS: u64 = (1 << HELPERS_SHIFT) - 1;

/// The processors that there are: more threads than that would only wait for each other.
fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
}

/// Calls `f` once for every one of `parts`, on up to `threads` threads, and returns when all are done.
///
/// # Panics
/// When there are more than [`MOST_PARTS`], or when `f` does.
#[inline]
pub fn for_each<P: Send>(threads: NonZeroUsize, parts: &mut [P], f: impl Fn(&mut P) + Sync) {
    let helpers = threads
        .get()
        .min(processors())
        .min(parts.len())
        .min(MOST_MEMBERS + 1)
        - usize::from(!parts.is_empty());
    if helpers == 0 {
        return parts.iter_mut().for_each(f);
    }
    // Whoever finds the team at work, a part of that work itself perhaps, does its own alone.
    match TEAM.try_lock() {
        Ok(mut members) => share(&mut members, helpers, parts, &f),
        // A part panicked once; the members live on, and the board is empty.
        Err(TryLockError::Poisoned(members)) => share(&mut members.into_inner(), helpers, parts, &f),
        Err(TryLockError::WouldBlock) => parts.iter_mut().for_each(f),
    }
}

/// [`for_each`]'s parts and function, as a member finds them.
struct Parts<P, F> {
    first: *mut P,
    f: *const F,
}

/// # Safety
/// `data` must point to a `Parts<P, F>` whose function and part number `part` are there, and no other thread may have
/// that part.
unsafe fn run_part<P, F: Fn(&mut P)>(data: *const (), part: usize) {
    // SAFETY: as the caller vouches.
    unsafe {
        let parts = &*data.cast::<Parts<P, F>>();
        (*parts.f)(&mut *parts.first.add(part));
    }
}

fn share<P: Send, F: Fn(&mut P) + Sync>(members: &mut Vec<Member>, helpers: usize, parts: &mut [P], f: &F) {
    let count = parts.len();
    assert!(count <= MOST_PARTS, "at most {MOST_PARTS} parts");
    while members.len() < helpers {
        match Member::new(members.len()) {
            Some(member) => members.push(member),
            None => break, // the system gives no more threads: those there are do it all
        }
    }
    let all = Parts {
        first: parts.as_mut_ptr(),
        f: &raw const *f,
    };
    let work = Work {
        run: run_part::<P, F>,
        data: (&raw const all).cast(),
    };
    BOARD.work.store((&raw const work).cast_mut(), Ordering::Relaxed);
    BOARD.pending.store(count as u32, Ordering::Relaxed);
    let open = (1u64 << count) - 1;
    // `SeqCst`, as is a member's going to sleep: one of the two sees what the other has written.
    BOARD
        .open
        .store((helpers as u64) << HELPERS_SHIFT | open, Ordering::SeqCst);
    for member in members.iter().take(helpers) {
        if member.is_asleep.load(Ordering::SeqCst) {
            member.is_asleep.store(false, Ordering::Relaxed);
            member.thread.unpark();
        }
    }
    // The caller's own panic must wait until no member can see `parts` any more.
    let own = catch_unwind(AssertUnwindSafe(|| {
        while let Some(part) = take(|open| open.trailing_zeros()) {
            // SAFETY: `work` is here, and this part has been taken by this thread alone.
            unsafe { (work.run)(work.data, part) };
            BOARD.pending.fetch_sub(1, Ordering::Release);
        }
    }));
    if own.is_err() {
        // The part that panicked, and those that nobody has begun, are done with.
        let unbegun = (BOARD.open.fetch_and(!PARTS, Ordering::Relaxed) & PARTS).count_ones();
        BOARD.pending.fetch_sub(1 + unbegun, Ordering::Release);
    }
    let mut looks = 0u32;
    while BOARD.pending.load(Ordering::Acquire) != 0 {
        looks += 1;
        if looks > LOOKS_BEFORE_SLEEP {
            thread::yield_now(); // the member may be waiting for this processor
        } else {
            std::hint::spin_loop();
        }
    }
    let of_a_member = BOARD.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(panic) = own.err().or(of_a_member) {
        resume_unwind(panic);
    }
}

/// Takes one of the parts that nobody has taken; which one, `choose` says.
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

impl Member {
    fn new(index: usize) -> Option<Self> {
        let is_asleep: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let thread = thread::Builder::new()
            .name(format!("pellucid-{}", index + 1))
            .spawn(move || help(index as u64, is_asleep));
        thread.ok().map(|handle| Self {
            thread: handle.thread().clone(),
            is_asleep,
        })
    }
}

/// A member's life: it takes parts while there are any, from the last one down as the caller takes them from the first
/// one up, so that in step after step each finds in its cache what it had before.
fn help(index: u64, is_asleep: &AtomicBool) {
    let is_wanted = |open: u64| open & PARTS != 0 && index < open >> HELPERS_SHIFT;
    let mut looks = 0;
    loop {
        if is_wanted(BOARD.open.load(Ordering::Relaxed)) {
            looks = 0;
            if let Some(part) = take(|open| open.ilog2()) {
                // SAFETY: this thread took the part, and its caller waits until it is done: until then the work that
                // it posted before the part was open stays there, and so do its parts and function.
                let result = catch_unwind(AssertUnwindSafe(|| unsafe {
                    let work = &*BOARD.work.load(Ordering::Relaxed);
                    (work.run)(work.data, part);
                }));
                if let Err(panic) = result {
                    *BOARD.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
                }
                BOARD.pending.fetch_sub(1, Ordering::Release);
            }
            continue;
        }
        looks += 1;
        if looks < LOOKS_BEFORE_SLEEP {
            std::hint::spin_loop();
            continue;
        }
        looks = 0;
        is_asleep.store(true, Ordering::SeqCst);
        if is_wanted(BOARD.open.load(Ordering::SeqCst)) {
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
    fn every_part_is_done_once_whatever_the_threads() {
        for count in [1, 2, 3, 8] {
            for length in [0, 1, 2, 5, MOST_PARTS] {
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
    fn more_than_one_thread_takes_part_and_members_that_slept_wake() {
        if processors() < 2 {
            return; // one processor: there is nobody to share with
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
    fn work_within_work_and_from_several_threads_at_once_is_done() {
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
    fn a_panic_of_any_part_reaches_the_caller_and_the_team_goes_on() {
        for bad in 0..4 {
            let caught = catch_unwind(|| {
                let mut parts = [0, 1, 2, 3];
                for_each(threads(2), &mut parts, |part| {
                    thread::sleep(Duration::from_millis(1));
                    assert_ne!(*part, bad, "as was to be shown");
                });
            });
            assert!(caught.is_err());
            let mut parts = [1, 2, 3];
            for_each(threads(2), &mut parts, |part| *part += 1);
            assert_eq!(parts, [2, 3, 4]);
        }
    }
}

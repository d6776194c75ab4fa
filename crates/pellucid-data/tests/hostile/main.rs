//! Files that were made to harm: whatever a file holds, reading it neither panics nor takes more time and memory than its
//! size warrants. Small valid files of each format are changed at random, from a fixed seed; `PELLUCID_HOSTILE_SECONDS`
//! makes the test run longer (as `scripts/fuzz` does), and `PELLUCID_HOSTILE_SEED` makes other changes.

mod counting;
mod crafted;
mod crafted_parquet;
mod mutations;
mod readers;
mod seeds;

use mutations::{Draws, mutated};
use readers::Reader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Waits until no other test uses memory, which is counted for the whole process. Every test begins with it.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const MIB: usize = 1 << 20;
/// The memory that reading may take besides the size of the file.
const MOST_BYTES: usize = 64 * MIB;

/// Reads bytes, and says what was wrong with that.
fn misbehaves(reader: Reader, bytes: &[u8]) -> Option<String> {
    let mut panicked = false;
    let started = Instant::now();
    let most = counting::most_bytes(|| {
        panicked = catch_unwind(AssertUnwindSafe(|| reader(bytes))).is_err();
    });
    let (seconds, allowed) = (
        started.elapsed().as_secs_f64(),
        1.0 + bytes.len() as f64 / MIB as f64,
    );
    if panicked {
        return Some("panics".into());
    }
    if most > bytes.len() + MOST_BYTES {
        return Some(format!("takes {} MiB", most / MIB));
    }
    // Other processes may take the processor meanwhile.
    (seconds > 4.0 * allowed).then(|| format!("takes {seconds:.1} s"))
}

/// Requires that a reader behaves; a file that it does not is kept for a look at it.
fn require(reader: Reader, name: &str, bytes: &[u8]) {
    if let Some(fault) = misbehaves(reader, bytes) {
        let path = std::env::temp_dir().join(format!("pellucid-hostile-{}", name.replace(' ', "-")));
        std::fs::write(&path, bytes).unwrap();
        panic!("{name}: reading {} {fault}", path.display());
    }
}

fn number_of(variable: &str, usual: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

/// Changes each seed at random, in turn, for its share of the seconds or as many times, whichever ends first.
fn try_mutants(reader: Reader, seeds: &[(&str, Vec<u8>)], usual_seconds: u64, most_rounds: usize) {
    let seconds = number_of("PELLUCID_HOSTILE_SECONDS", usual_seconds);
    let most_rounds = if seconds > usual_seconds {
        usize::MAX
    } else {
        most_rounds
    };
    let mut draws = Draws(number_of("PELLUCID_HOSTILE_SEED", 0));
    let end = Instant::now() + Duration::from_secs(seconds);
    for (name, seed) in seeds {
        require(reader, name, seed);
    }
    for _ in 0..most_rounds {
        for (name, seed) in seeds {
            if Instant::now() > end {
                return;
            }
            require(reader, name, &mutated(seed, &mut draws));
        }
    }
}

#[test]
fn tables() {
    let _alone = alone();
    try_mutants(readers::table, &seeds::tables(), 8, 400);
}

#[test]
fn models() {
    let _alone = alone();
    try_mutants(readers::model, &seeds::models(), 5, 400);
}

#[test]
fn recipes_settings_and_spaces() {
    let _alone = alone();
    for (name, text, reader) in [
        ("recipe", seeds::RECIPE, readers::recipe as Reader),
        ("settings", seeds::SETTINGS, readers::settings),
        ("space", seeds::SPACE, readers::space),
    ] {
        try_mutants(reader, &[(name, text.as_bytes().to_vec())], 2, 2000);
    }
}

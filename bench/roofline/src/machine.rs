//! The limits of a machine: multiply-adds per second, bytes per second, and the latency of dependent operations.

use crate::simd::{InstructionSet, Loops, chain_of_integer_products};
use std::fs;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// The cache level of a working set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    L1,
    L2,
    Beyond,
}

impl Level {
    pub(crate) const ALL: [Level; 3] = [Level::L1, Level::L2, Level::Beyond];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::L1 => "L1",
            Level::L2 => "L2",
            Level::Beyond => "beyond L2",
        }
    }
}

/// The sizes of a core's caches in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caches {
    pub(crate) l1: usize,
    pub(crate) l2: usize,
}

impl Caches {
    /// The sizes from the system, or the minimum of common machines.
    pub(crate) fn found() -> Self {
        let of_level = |wanted: &str| {
            (0..8).find_map(|index| {
                let read = |name: &str| {
                    let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{name}");
                    fs::read_to_string(path).map(|text| text.trim().to_owned()).ok()
                };
                let holds_data = read("type")? != "Instruction";
                let kibibytes = read("size")?.strip_suffix('K')?.parse::<usize>().ok()?;
                (holds_data && read("level")? == wanted).then_some(kibibytes * 1024)
            })
        };
        Self {
            l1: of_level("1").unwrap_or(32 * 1024),
            l2: of_level("2").unwrap_or(512 * 1024),
        }
    }

    /// The smallest cache that holds this many bytes.
    pub(crate) fn level_of(self, bytes: f64) -> Level {
        if bytes <= self.l1 as f64 {
            Level::L1
        } else if bytes <= self.l2 as f64 {
            Level::L2
        } else {
            Level::Beyond
        }
    }

    /// A working set that certainly lies at a level.
    fn sample(self, level: Level) -> usize {
        match level {
            Level::L1 => self.l1 / 2,
            Level::L2 => self.l2 / 2,
            Level::Beyond => (16 * self.l2).max(32 << 20),
        }
    }
}

/// Peaks of a precision for a number of threads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Peaks {
    /// Floating-point operations per second by instruction set; a multiply-add counts as two.
    pub(crate) flops: Vec<(InstructionSet, f64)>,
    /// Bytes per second at each level: read only, and read and written.
    pub(crate) bandwidth: Vec<(Level, Bandwidth)>,
}

/// Bytes per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bandwidth {
    pub(crate) read: f64,
    /// Bytes that are read and written back; both count.
    pub(crate) update: f64,
}

impl Peaks {
    /// The highest number of floating-point operations per second.
    pub(crate) fn best_flops(&self) -> f64 {
        self.flops.iter().fold(0.0, |most, &(_, flops)| most.max(flops))
    }

    /// The highest number of bytes per second at a level, for either kind of access.
    pub(crate) fn best_bandwidth(&self, level: Level) -> f64 {
        let at_level = self.bandwidth.iter().filter(|&&(at, _)| at == level);
        at_level.fold(0.0, |most, (_, bandwidth)| {
            most.max(bandwidth.read).max(bandwidth.update)
        })
    }
}

/// The latency of dependent operations in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Latencies {
    pub(crate) multiply_add: f64,
    pub(crate) addition: f64,
    pub(crate) division: f64,
}

/// The duration of a measurement, and the number of repetitions, of which the best counts. Many short measurements are best:
/// some of them then run without interruption, even beside another program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) seconds: f64,
    pub(crate) repeats: usize,
}

/// Calls `work`, which returns the amount of its work, on `threads` threads for the time in `patience`. Returns the total work
/// per second, the best of many repetitions. Each thread works on its own value of `prepare`.
fn best_rate<S>(
    patience: Patience,
    threads: usize,
    prepare: impl Fn() -> S + Sync,
    work: impl Fn(&mut S) -> f64 + Sync,
) -> f64 {
    let long_enough = Duration::from_secs_f64(patience.seconds);
    let start_together = Barrier::new(threads);
    let run = || {
        let mut state = prepare();
        work(&mut state);
        let try_once = |_| {
            start_together.wait();
            let start = Instant::now();
            let mut done = 0.0;
            while start.elapsed() < long_enough {
                done += work(&mut state);
            }
            done / start.elapsed().as_secs_f64()
        };
        (0..patience.repeats).map(try_once).collect::<Vec<f64>>()
    };
    let rates: Vec<Vec<f64>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let rates = workers.into_iter().map(|worker| worker.join());
        rates
            .map(|rates| rates.expect("a measuring thread ends well"))
            .collect()
    });
    let of_all = |attempt: usize| rates.iter().map(|rates| rates[attempt]).sum();
    (0..patience.repeats).map(of_all).fold(0.0, f64::max)
}

/// Measures the peaks of a precision.
pub(crate) fn peaks<T: Loops>(patience: Patience, caches: Caches, threads: usize) -> Peaks {
    const ROUNDS: u64 = 2_000;
    let sets = InstructionSet::all();
    let flops = sets.iter().map(|&set| {
        let rate = best_rate(
            patience,
            threads,
            || (),
            |()| 2.0 * T::multiply_add(set, ROUNDS) as f64,
        );
        (set, rate)
    });
    let widest = *sets.last().expect("every machine has an instruction set");
    let bandwidth = Level::ALL.map(|level| {
        let bytes = caches.sample(level);
        // Each call of `work` must take much longer than reading the clock after it.
        let times = (1usize << 18).div_ceil(bytes);
        let prepare = || T::buffer(widest, bytes);
        let read = best_rate(patience, threads, prepare, |buffer| {
            (0..times).map(|_| T::read(buffer)).sum::<usize>() as f64
        });
        let update = best_rate(patience, threads, prepare, |buffer| {
            (0..times).map(|_| T::update(buffer)).sum::<usize>() as f64
        });
        (level, Bandwidth { read, update })
    });
    Peaks {
        flops: flops.collect(),
        bandwidth: bandwidth.to_vec(),
    }
}

/// Measures the latencies of a precision.
pub(crate) fn latencies<T: Loops>(patience: Patience) -> Latencies {
    const COUNT: u64 = 10_000;
    let widest = *InstructionSet::all()
        .last()
        .expect("every machine has an instruction set");
    let of = |chain: &(dyn Fn() + Sync)| {
        let rate = best_rate(
            patience,
            1,
            || (),
            |()| {
                chain();
                COUNT as f64
            },
        );
        1.0 / rate
    };
    Latencies {
        multiply_add: of(&|| T::chain_of_multiply_adds(widest, COUNT)),
        addition: of(&|| T::chain_of_additions(COUNT)),
        division: of(&|| T::chain_of_divisions(COUNT)),
    }
}

/// Cycles per second while one core is busy, if they can be measured.
pub(crate) fn clock(patience: Patience) -> Option<f64> {
    chain_of_integer_products(1)?;
    let rate = best_rate(
        patience,
        1,
        || (),
        |()| chain_of_integer_products(10_000).unwrap_or(0) as f64,
    );
    Some(rate)
}

//! Measures the limits of this machine, computes the minimum time of the workloads of `bench/` on it, and prints Pellucid's
//! distance from that minimum.
//!
//!     cargo run --release -p roofline -- --data FOLDER_WITH_MNIST

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

mod floor;
mod machine;
mod report;
mod simd;
mod workloads;

use anyhow::{Result, bail};
use clap::Parser;
use machine::{Caches, Latencies, Patience, Peaks};
use pellucid::Precision;
use simd::Loops;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// The limits of this machine, and Pellucid's distance from them on the workloads of bench/
#[derive(Debug, Parser)]
struct Arguments {
    /// The workloads of bench/README.md to measure; by default all
    workloads: Vec<String>,
    /// The folder with MNIST's four files; without it, noise with MNIST's share of zeros is used
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// A number of threads to measure in addition to one
    #[arg(long, default_value_t = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))]
    threads: NonZeroUsize,
    /// Runs of each workload, of which the fastest counts; fewer for long runs
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// One short run of each, on less data, as a trial
    #[arg(long)]
    quick: bool,
}

/// The limits of the machine in one precision.
#[derive(Debug, Clone)]
struct Abilities {
    precision: Precision,
    /// For each number of threads.
    peaks: Vec<(usize, Peaks)>,
    latencies: Latencies,
}

impl Abilities {
    fn measure<T: Loops>(
        precision: Precision,
        patience: Patience,
        caches: Caches,
        thread_counts: &[usize],
    ) -> Self {
        let peaks = |&threads: &usize| (threads, machine::peaks::<T>(patience, caches, threads));
        Self {
            precision,
            peaks: thread_counts.iter().map(peaks).collect(),
            latencies: machine::latencies::<T>(patience),
        }
    }

    fn peaks_on(&self, threads: usize) -> &Peaks {
        let found = self.peaks.iter().find(|&&(count, _)| count == threads);
        &found.unwrap_or(&self.peaks[0]).1
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    for name in &arguments.workloads {
        if !workloads::ALL.iter().any(|workload| workload.name == name) {
            let names = workloads::ALL.map(|workload| workload.name);
            bail!(
                "unknown workload \"{name}\"; the workloads are {}",
                names.join(", ")
            );
        }
    }
    if arguments.rounds == 0 {
        bail!("--rounds is 0: at least 1 is needed");
    }
    let settings = workloads::Settings {
        mnist: arguments.data.as_deref().map(workloads::mnist_from).transpose()?,
        rounds: if arguments.quick { 1 } else { arguments.rounds },
        enough: Duration::from_secs(15),
        is_quick: arguments.quick,
    };
    let patience = if arguments.quick {
        Patience {
            seconds: 0.001,
            repeats: 20,
        }
    } else {
        Patience {
            seconds: 0.002,
            repeats: 200,
        }
    };
    let mut thread_counts = vec![1, arguments.threads.get()];
    thread_counts.dedup();

    let caches = Caches::found();
    let clock = machine::clock(patience);
    let abilities = [
        Abilities::measure::<f32>(Precision::F32, patience, caches, &thread_counts),
        Abilities::measure::<f64>(Precision::F64, patience, caches, &thread_counts),
    ];
    report::machine(&abilities, caches, clock);

    report::workloads_header(settings.mnist.is_some(), arguments.quick);
    for workload in workloads::ALL {
        if !arguments.workloads.is_empty() && !arguments.workloads.iter().any(|name| name == workload.name) {
            continue;
        }
        for &threads in &thread_counts {
            if threads > 1 && !workload.takes_threads {
                continue;
            }
            let count = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
            let measured = workload.measure(&settings, count)?;
            let of_precision = abilities.iter().find(|of| of.precision == measured.precision);
            let of_precision = of_precision.unwrap_or(&abilities[0]);
            let peaks = of_precision.peaks_on(threads);
            let floor = floor::Floor::new(&measured.needs, peaks, &of_precision.latencies, caches);
            report::workload(workload.name, threads, &measured, &floor);
        }
    }
    report::explanation();
    Ok(())
}

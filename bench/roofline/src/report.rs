//! The output: tables in Markdown.

use crate::Abilities;
use crate::floor::Floor;
use crate::machine::Caches;
use crate::simd::Loops;
use crate::workloads::Measured;
use pellucid::Precision;

fn name(precision: Precision) -> &'static str {
    match precision {
        Precision::F32 => <f32 as Loops>::NAME,
        Precision::F64 => <f64 as Loops>::NAME,
    }
}

/// Prints the limits of the machine.
pub(crate) fn machine(abilities: &[Abilities], caches: Caches, clock: Option<f64>) {
    println!("| peak | precision | threads | rate |");
    println!("| --- | --- | --- | --- |");
    for of in abilities {
        for (threads, peaks) in &of.peaks {
            for &(set, flops) in &peaks.flops {
                let (precision, set) = (name(of.precision), set.name());
                println!(
                    "| multiply-adds, {set} | {precision} | {threads} | {:.1} GFLOP/s |",
                    flops / 1e9
                );
            }
        }
    }
    for of in abilities.iter().filter(|of| of.precision == Precision::F32) {
        for (threads, peaks) in &of.peaks {
            for (level, bandwidth) in &peaks.bandwidth {
                println!(
                    "| bytes, {} | | {threads} | read {:.1} GB/s; read and written {:.1} GB/s |",
                    level.name(),
                    bandwidth.read / 1e9,
                    bandwidth.update / 1e9,
                );
            }
        }
    }
    println!();
    println!("| latency of a dependent operation | f32 | f64 |");
    println!("| --- | --- | --- |");
    let cycles = |seconds: f64| match clock {
        Some(clock) => format!("{:.2} ns, {:.1} cycles", seconds * 1e9, seconds * clock),
        None => format!("{:.2} ns", seconds * 1e9),
    };
    let [single, double] = [abilities[0].latencies, abilities[1].latencies];
    for (operation, f32_seconds, f64_seconds) in [
        ("multiply-add", single.multiply_add, double.multiply_add),
        ("addition", single.addition, double.addition),
        ("division", single.division, double.division),
    ] {
        println!(
            "| {operation} | {} | {} |",
            cycles(f32_seconds),
            cycles(f64_seconds)
        );
    }
    println!();
    let kibibytes = |bytes: usize| bytes / 1024;
    print!(
        "Caches of a core: L1 {} KiB, L2 {} KiB.",
        kibibytes(caches.l1),
        kibibytes(caches.l2)
    );
    match clock {
        Some(clock) => println!(" Clock under load: {:.2} GHz.", clock / 1e9),
        None => println!(),
    }
    println!();
}

/// Prints the header of the table of workloads.
pub(crate) fn workloads_header(has_mnist: bool, is_quick: bool) {
    if !has_mnist {
        println!("Without --data, noise with MNIST's share of zeros replaces MNIST.\n");
    }
    if is_quick {
        println!("Quick trial: less work, one run. Do not quote these figures.\n");
    }
    println!(
        "| workload | threads | FLOP per step, zeros multiplied | zeros skipped | bytes per step | floor: arithmetic | memory | \
         chain | measured per step | distance | total |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
}

/// Prints a row of the table of workloads.
pub(crate) fn workload(name: &str, threads: usize, measured: &Measured, floor: &Floor) {
    let needs = &measured.needs;
    let step = measured.seconds / measured.steps as f64;
    let (least, by) = floor.seconds();
    let bold = |limit: f64, limited_by: &str| {
        if by == limited_by {
            format!("**{}**", time(limit))
        } else {
            time(limit)
        }
    };
    println!(
        "| `{name}` | {threads} | {} | {} | {} | {} | {}, {} | {} | {} | {:.1} | {} |",
        count(needs.flops_dense),
        count(needs.flops),
        count(needs.bytes + needs.batch_bytes),
        bold(floor.arithmetic, "arithmetic"),
        bold(floor.memory, "memory"),
        floor.level.name(),
        bold(floor.chain, "chain"),
        time(step),
        step / least,
        time(measured.seconds),
    );
}

/// Prints the meaning of the columns.
pub(crate) fn explanation() {
    println!(
        "
A step is one training batch or one prediction call. The floor is the highest of three limits (bold); the distance is the
measured time divided by the floor.

- Arithmetic: the products of the passes, with two operations for a multiply-add, and 13 operations per parameter for
  Adam, at the peak of the best instruction set. Zeros are skipped if the input is bytes. Activations are not included.
- Memory: parameters, moments, activations and deltas, once for every use, at the best rate of the cache that holds the
  working set; or the batch, at the rate of the cache that holds the data, if this takes longer. Gradients are not
  included, because they can stay in registers.
- Chain: the dependent operations from a weight to the same weight one step later, each with its latency; sums are
  pairwise, and an exponential is a rounding and a pairwise polynomial. Training steps cannot overlap, so this limit
  applies to the smallest networks, whose arithmetic is negligible. It is an estimate without loads, stores and moves
  between the lanes of a register."
    );
}

fn time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s if s >= 1e-6 => (s * 1e6, "µs"),
        s => (s * 1e9, "ns"),
    };
    format!("{} {unit}", three_digits(value))
}

fn count(number: f64) -> String {
    match number {
        n if n >= 1e9 => format!("{} G", three_digits(n / 1e9)),
        n if n >= 1e6 => format!("{} M", three_digits(n / 1e6)),
        n if n >= 1e3 => format!("{} k", three_digits(n / 1e3)),
        n => three_digits(n),
    }
}

fn three_digits(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

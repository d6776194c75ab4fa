//! Times predictions with given weights: Pellucid's side of the inference workloads of `bench/run`.
//!
//! The argument is the path of a job file that `bench/run` writes. The program loads everything, prints
//! `{"ready": true, …}`, and then does the work once for each line that it reads. It answers each with
//! `{"seconds": …, "loss": …}`: the median time of one call, and the mean cross-entropy of the outputs, with which the
//! benchmark checks that all contestants compute the same.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use pellucid::data::dataset::Features;
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::predict;
use pellucid::{Activation, Architecture, Input, Network, Workspace, forward};
use serde::Deserialize;

#[derive(Deserialize)]
struct Job {
    /// `one-row` or `rows`.
    work: String,
    threads: NonZeroUsize,
    layers: Vec<usize>,
    activation: Vec<Activation>,
    rows: usize,
    /// For `rows`: the passes over all rows for each line read.
    epochs: usize,
    /// Little-endian f32, (rows, features).
    inputs: PathBuf,
    /// Little-endian u32, one class per row.
    labels: PathBuf,
    /// Little-endian f32, (fan_in, fan_out), one file per layer.
    weights: Vec<PathBuf>,
    /// Little-endian f32, (fan_out), one file per layer.
    biases: Vec<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: inference JOB.json")?;
    let job: Job = serde_json::from_slice(&fs::read(path)?)?;
    let architecture = Architecture::new(&job.layers, &job.activation, true)?;
    // One buffer: the weights of all layers, then their biases.
    let mut parameters = Vec::with_capacity(architecture.parameter_count());
    for file in job.weights.iter().chain(&job.biases) {
        parameters.extend(words(file)?.map(f32::from_le_bytes));
    }
    let network = Network::new(architecture, parameters)?;
    let inputs: Vec<f32> = words(&job.inputs)?.map(f32::from_le_bytes).collect();
    let labels: Vec<u32> = words(&job.labels)?.map(u32::from_le_bytes).collect();

    match job.work.as_str() {
        "one-row" => {
            let mut workspace = Workspace::new(network.architecture(), 1);
            serve(&labels, || {
                let (mut seconds, mut outputs) = (Vec::with_capacity(job.rows), Vec::new());
                for row in inputs.chunks_exact(network.architecture().input_width()) {
                    let start = Instant::now();
                    let input = Input::Dense(black_box(row));
                    forward(
                        network.architecture(),
                        network.parameters(),
                        input,
                        &mut workspace,
                    );
                    black_box(workspace.outputs());
                    seconds.push(start.elapsed().as_secs_f64());
                    outputs.extend_from_slice(workspace.outputs());
                }
                (seconds, outputs)
            })
        }
        "rows" => {
            let features = Features::Dense(Matrix::new(
                job.rows,
                network.architecture().input_width(),
                inputs,
            )?);
            serve(&labels, || {
                let (mut seconds, mut outputs) = (Vec::with_capacity(job.epochs), Vec::new());
                for _ in 0..job.epochs {
                    let start = Instant::now();
                    outputs = black_box(predict(&network, &features, job.rows, job.threads));
                    seconds.push(start.elapsed().as_secs_f64());
                }
                (seconds, outputs)
            })
        }
        other => Err(format!("unknown work \"{other}\": choose \"one-row\" or \"rows\"").into()),
    }
}

/// Reads a file of four-byte numbers.
fn words(path: &PathBuf) -> io::Result<impl Iterator<Item = [u8; 4]>> {
    let bytes = fs::read(path)?;
    Ok((0..bytes.len() / 4).map(move |at| {
        [
            bytes[4 * at],
            bytes[4 * at + 1],
            bytes[4 * at + 2],
            bytes[4 * at + 3],
        ]
    }))
}

/// Runs `work` once for each line of the input. It returns the seconds of each call and the outputs, (rows, classes).
fn serve(labels: &[u32], mut work: impl FnMut() -> (Vec<f64>, Vec<f32>)) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    writeln!(
        out,
        r#"{{"ready": true, "version": "{}"}}"#,
        env!("CARGO_PKG_VERSION")
    )?;
    out.flush()?;
    for line in io::stdin().lock().lines() {
        line?;
        let (mut seconds, outputs) = work();
        seconds.sort_by(f64::total_cmp);
        let classes = outputs.len() / labels.len();
        let labelled = outputs.chunks_exact(classes).zip(labels);
        let total: f64 = labelled
            .map(|(row, &label)| -f64::from(row[label as usize]).ln())
            .sum();
        let median = seconds[seconds.len() / 2];
        writeln!(
            out,
            r#"{{"seconds": {median:e}, "loss": {:e}}}"#,
            total / labels.len() as f64
        )?;
        out.flush()?;
    }
    Ok(())
}

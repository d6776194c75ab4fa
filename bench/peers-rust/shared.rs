//! The common part of the Rust peers: the job from `bench/run.py`, the protocol with it, and MNIST's files.
//!
//! A peer is started with the path of a job file. It loads everything, prints `{"ready": true}`, and then does the
//! work once for every line that it reads. It times only the work, and answers with `{"seconds": …, "loss": …}`.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
pub struct Job {
    /// `train`, `one-row` or `rows`.
    pub work: String,
    pub layers: Vec<usize>,
    pub rows: usize,
    pub batch_size: usize,
    pub epochs: usize,
    pub learning_rate: f64,
    /// Little-endian f32, (rows, fan_in of the first layer).
    pub inputs: PathBuf,
    /// Little-endian u32, the class of each row.
    pub labels: PathBuf,
    /// Little-endian f32, (fan_in, fan_out) and (fan_out), a pair for each layer.
    pub weights: Vec<PathBuf>,
    pub biases: Vec<PathBuf>,
    /// The files for the trained parameters, in the same form.
    pub final_weights: Vec<PathBuf>,
    pub final_biases: Vec<PathBuf>,
}

/// The time of one repetition, and the loss by which the runner checks that the mathematics is equal.
pub struct Measured {
    pub seconds: f64,
    pub loss: f64,
}

impl Job {
    pub fn read(path: &str) -> Outcome<Self> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }
}

pub fn read_f32(path: &Path) -> Outcome<Vec<f32>> {
    let bytes = fs::read(path)?;
    Ok(bytes
        .chunks_exact(4)
        .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        .collect())
}

pub fn read_u32(path: &Path) -> Outcome<Vec<u32>> {
    let bytes = fs::read(path)?;
    Ok(bytes
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        .collect())
}

pub fn write_f32(path: &Path, values: &[f32]) -> Outcome<()> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Ok(fs::write(path, bytes)?)
}

/// Reports that the peer is ready, then does the work for each line until the runner closes the pipe.
pub fn serve(version: &str, mut work: impl FnMut() -> Outcome<Measured>) -> Outcome<()> {
    let mut out = io::stdout();
    writeln!(out, r#"{{"ready": true, "version": "{version}"}}"#)?;
    out.flush()?;
    for line in io::stdin().lock().lines() {
        line?;
        let measured = work()?;
        writeln!(
            out,
            r#"{{"seconds": {:e}, "loss": {:e}}}"#,
            measured.seconds, measured.loss
        )?;
        out.flush()?;
    }
    Ok(())
}

pub fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// -log p of the right class, averaged over the rows; `probabilities` is (rows, classes).
pub fn mean_cross_entropy(probabilities: &[f32], classes: usize, labels: &[u32]) -> f64 {
    let rows = probabilities.chunks_exact(classes).zip(labels);
    let total: f64 = rows
        .map(|(row, &label)| -f64::from(row[label as usize]).ln())
        .sum();
    total / labels.len() as f64
}

/// One half of MNIST from disk: gzipped IDX, pixels and labels as bytes.
pub struct Digits {
    pub pixels: Vec<u8>,
    pub labels: Vec<u8>,
}

impl Digits {
    /// `half` is `train` or `t10k`.
    pub fn read(folder: &Path, half: &str) -> Outcome<Self> {
        let unpack = |name: String, header: usize| -> Outcome<Vec<u8>> {
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(fs::File::open(folder.join(name))?).read_to_end(&mut bytes)?;
            Ok(bytes.split_off(header))
        };
        Ok(Self {
            pixels: unpack(format!("{half}-images-idx3-ubyte.gz"), 16)?,
            labels: unpack(format!("{half}-labels-idx1-ubyte.gz"), 8)?,
        })
    }

    /// Rows `first..last` as floats from 0 to 1.
    pub fn scaled(&self, first: usize, last: usize) -> Vec<f32> {
        self.pixels[first * 784..last * 784]
            .iter()
            .map(|&pixel| f32::from(pixel) / 255.0)
            .collect()
    }
}

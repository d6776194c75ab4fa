//! candle as a peer: trains, predicts one row, predicts many rows, and runs from the files to the test accuracy.

#[path = "../../shared.rs"]
mod shared;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use candle_core::{D, Device, Module, Tensor, Var};
use candle_nn::{AdamW, Linear, Optimizer, ParamsAdamW, loss, ops};
use shared::{Digits, Job, Measured, Outcome};

const VERSION: &str = "0.11.1";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "start-to-finish", folder] => start_to_finish(Path::new(folder)),
        [_, job] => {
            let job = Job::read(job)?;
            match job.work.as_str() {
                "train" => train(&job),
                "one-row" => one_row(&job),
                "rows" => many_rows(&job),
                other => Err(format!("candle-peer: unknown work \"{other}\"").into()),
            }
        }
        _ => Err("usage: candle-peer JOB.json | candle-peer start-to-finish FOLDER".into()),
    }
}

/// ReLU between the layers, logits at the end. The variables are candle's (fan_out, fan_in) weights and the biases.
struct Net {
    layers: Vec<Linear>,
    variables: Vec<Var>,
}

impl Net {
    /// Layers from (fan_in, fan_out) weights.
    fn new(sizes: &[usize], parameters: &[(Vec<f32>, Vec<f32>)]) -> Outcome<Self> {
        let (mut layers, mut variables) = (Vec::new(), Vec::new());
        for (shape, (weights, bias)) in sizes.windows(2).zip(parameters) {
            let weights = Tensor::from_slice(weights, (shape[0], shape[1]), &Device::Cpu)?
                .t()?
                .contiguous()?;
            let weights = Var::from_tensor(&weights)?;
            let bias = Var::from_tensor(&Tensor::from_slice(bias, shape[1], &Device::Cpu)?)?;
            layers.push(Linear::new(
                weights.as_tensor().clone(),
                Some(bias.as_tensor().clone()),
            ));
            variables.extend([weights, bias]);
        }
        Ok(Self { layers, variables })
    }

    fn of(job: &Job) -> Outcome<Self> {
        let pairs = job.weights.iter().zip(&job.biases);
        let parameters: Outcome<Vec<_>> = pairs
            .map(|(w, b)| Ok((shared::read_f32(w)?, shared::read_f32(b)?)))
            .collect();
        Self::new(&job.layers, &parameters?)
    }

    /// The same layers, without the tape of variables.
    fn frozen(&self) -> Self {
        let freeze = |layer: &Linear| Linear::new(layer.weight().detach(), layer.bias().map(Tensor::detach));
        Self {
            layers: self.layers.iter().map(freeze).collect(),
            variables: Vec::new(),
        }
    }

    fn logits(&self, inputs: &Tensor) -> candle_core::Result<Tensor> {
        let (last, hidden) = self.layers.split_last().expect("a net has at least one layer");
        let mut values = inputs.clone();
        for layer in hidden {
            values = layer.forward(&values)?.relu()?;
        }
        last.forward(&values)
    }

    fn adam(&self, learning_rate: f64) -> candle_core::Result<AdamW> {
        let settings = ParamsAdamW {
            lr: learning_rate,
            weight_decay: 0.0,
            ..ParamsAdamW::default()
        };
        AdamW::new(self.variables.clone(), settings)
    }

    fn save(&self, job: &Job) -> Outcome<()> {
        for (index, layer) in self.layers.iter().enumerate() {
            let weights = layer
                .weight()
                .t()?
                .contiguous()?
                .flatten_all()?
                .to_vec1::<f32>()?;
            shared::write_f32(&job.final_weights[index], &weights)?;
            let bias = layer
                .bias()
                .expect("every layer here has a bias")
                .to_vec1::<f32>()?;
            shared::write_f32(&job.final_biases[index], &bias)?;
        }
        Ok(())
    }
}

/// One step; returns the mean loss of the batch.
fn step(net: &Net, adam: &mut AdamW, inputs: &Tensor, labels: &Tensor) -> candle_core::Result<f64> {
    let loss = loss::cross_entropy(&net.logits(inputs)?, labels)?;
    adam.backward_step(&loss)?;
    Ok(f64::from(loss.to_scalar::<f32>()?))
}

fn train(job: &Job) -> Outcome<()> {
    let (inputs, labels) = (shared::read_f32(&job.inputs)?, shared::read_u32(&job.labels)?);
    let fan_in = job.layers[0];
    let batches: candle_core::Result<Vec<(Tensor, Tensor)>> = (0..job.rows)
        .step_by(job.batch_size)
        .map(|first| {
            let last = (first + job.batch_size).min(job.rows);
            let rows = &inputs[first * fan_in..last * fan_in];
            let rows = Tensor::from_slice(rows, (last - first, fan_in), &Device::Cpu)?;
            Ok((
                rows,
                Tensor::from_slice(&labels[first..last], last - first, &Device::Cpu)?,
            ))
        })
        .collect();
    let batches = batches?;

    let run = |batches: &[(Tensor, Tensor)], epochs: usize| -> Outcome<(Net, Measured)> {
        let net = Net::of(job)?;
        let mut adam = net.adam(job.learning_rate)?;
        let start = Instant::now();
        let mut loss = 0.0;
        for _ in 0..epochs {
            loss = 0.0;
            for (inputs, labels) in batches {
                loss += step(&net, &mut adam, inputs, labels)? * inputs.dim(0)? as f64;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        Ok((
            net,
            Measured {
                seconds,
                loss: loss / job.rows as f64,
            },
        ))
    };
    run(&batches[..batches.len().min(20)], 1)?; // warms up the thread pool and the allocator
    shared::serve(VERSION, || {
        let (net, measured) = run(&batches, job.epochs)?;
        net.save(job)?;
        Ok(measured)
    })
}

fn one_row(job: &Job) -> Outcome<()> {
    let (inputs, labels) = (shared::read_f32(&job.inputs)?, shared::read_u32(&job.labels)?);
    let (net, fan_in) = (Net::of(job)?.frozen(), job.layers[0]);
    let answer = |row: &[f32]| -> candle_core::Result<Vec<f32>> {
        let row = Tensor::from_slice(row, (1, fan_in), &Device::Cpu)?;
        ops::softmax_last_dim(&net.logits(&row)?)?
            .flatten_all()?
            .to_vec1::<f32>()
    };
    shared::serve(VERSION, || {
        let (mut seconds, mut probabilities) = (Vec::with_capacity(job.rows), Vec::new());
        for row in inputs.chunks_exact(fan_in) {
            let start = Instant::now();
            let answer = black_box(answer(black_box(row))?);
            seconds.push(start.elapsed().as_secs_f64());
            probabilities.extend(answer);
        }
        let loss = shared::mean_cross_entropy(&probabilities, *job.layers.last().unwrap_or(&1), &labels);
        Ok(Measured {
            seconds: shared::median(seconds),
            loss,
        })
    })
}

fn many_rows(job: &Job) -> Outcome<()> {
    let (inputs, labels) = (shared::read_f32(&job.inputs)?, shared::read_u32(&job.labels)?);
    let (net, fan_in) = (Net::of(job)?.frozen(), job.layers[0]);
    let inputs = Tensor::from_vec(inputs, (job.rows, fan_in), &Device::Cpu)?;
    shared::serve(VERSION, || {
        let (mut seconds, mut probabilities) = (Vec::new(), Vec::new());
        for _ in 0..job.epochs {
            let start = Instant::now();
            let answer = ops::softmax_last_dim(&net.logits(&inputs)?)?;
            seconds.push(start.elapsed().as_secs_f64());
            probabilities = answer.flatten_all()?.to_vec1::<f32>()?;
        }
        let loss = shared::mean_cross_entropy(&probabilities, *job.layers.last().unwrap_or(&1), &labels);
        Ok(Measured {
            seconds: shared::median(seconds),
            loss,
        })
    })
}

/// Reads gzipped MNIST, trains 784-128-10 for one epoch in batches of 32, prints the test accuracy.
fn start_to_finish(folder: &Path) -> Outcome<()> {
    let sizes = [784, 128, 10];
    let parameters: candle_core::Result<Vec<_>> = sizes
        .windows(2)
        .map(|shape| {
            let deviation = (2.0 / shape[0] as f32).sqrt();
            let weights = Tensor::randn(0.0, deviation, shape[0] * shape[1], &Device::Cpu)?;
            Ok((weights.to_vec1::<f32>()?, vec![0.0; shape[1]]))
        })
        .collect();
    let net = Net::new(&sizes, &parameters?)?;
    let mut adam = net.adam(1e-3)?;

    let digits = Digits::read(folder, "train")?;
    for first in (0..digits.labels.len()).step_by(32) {
        let last = (first + 32).min(digits.labels.len());
        let inputs = Tensor::from_vec(digits.scaled(first, last), (last - first, 784), &Device::Cpu)?;
        let labels: Vec<u32> = digits.labels[first..last]
            .iter()
            .map(|&label| u32::from(label))
            .collect();
        let labels = Tensor::from_vec(labels, last - first, &Device::Cpu)?;
        step(&net, &mut adam, &inputs, &labels)?;
    }

    let (net, digits) = (net.frozen(), Digits::read(folder, "t10k")?);
    let mut right = 0;
    for first in (0..digits.labels.len()).step_by(500) {
        let last = (first + 500).min(digits.labels.len());
        let inputs = Tensor::from_vec(digits.scaled(first, last), (last - first, 784), &Device::Cpu)?;
        let answers = net.logits(&inputs)?.argmax(D::Minus1)?.to_vec1::<u32>()?;
        right += answers
            .iter()
            .zip(&digits.labels[first..last])
            .filter(|(a, b)| **a == u32::from(**b))
            .count();
    }
    println!(r#"{{"accuracy": {}}}"#, right as f64 / digits.labels.len() as f64);
    Ok(())
}

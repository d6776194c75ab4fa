//! burn (its Flex backend) as a peer: trains, predicts one row, predicts many rows, and runs from the files to the test
//! accuracy.

#[path = "../../shared.rs"]
mod shared;

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use burn::module::{Module, Param, ParamId};
use burn::nn::Linear;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use shared::{Digits, Job, Measured, Outcome};

const VERSION: &str = "0.22.1";

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
                other => Err(format!("burn-peer: unknown work \"{other}\"").into()),
            }
        }
        _ => Err("usage: burn-peer JOB.json | burn-peer start-to-finish FOLDER".into()),
    }
}

/// ReLU between the layers, logits at the end.
#[derive(Module, Debug)]
struct Net {
    layers: Vec<Linear>,
}

impl Net {
    fn new(parameters: Vec<(Tensor<2>, Tensor<1>)>) -> Self {
        let layer = |(weight, bias): (Tensor<2>, Tensor<1>)| Linear {
            weight: Param::initialized(ParamId::new(), weight.require_grad()),
            bias: Some(Param::initialized(ParamId::new(), bias.require_grad())),
        };
        Self {
            layers: parameters.into_iter().map(layer).collect(),
        }
    }

    fn of(job: &Job, device: &Device) -> Outcome<Self> {
        let mut parameters = Vec::new();
        for (index, shape) in job.layers.windows(2).enumerate() {
            let weight = TensorData::new(shared::read_f32(&job.weights[index])?, [shape[0], shape[1]]);
            let bias = TensorData::new(shared::read_f32(&job.biases[index])?, [shape[1]]);
            parameters.push((Tensor::from_data(weight, device), Tensor::from_data(bias, device)));
        }
        Ok(Self::new(parameters))
    }

    fn logits(&self, inputs: Tensor<2>) -> Tensor<2> {
        let (last, hidden) = self.layers.split_last().expect("a net has at least one layer");
        let values = hidden
            .iter()
            .fold(inputs, |values, layer| relu(layer.forward(values)));
        last.forward(values)
    }

    fn save(&self, job: &Job) -> Outcome<()> {
        for (index, layer) in self.layers.iter().enumerate() {
            shared::write_f32(
                &job.final_weights[index],
                &numbers(layer.weight.val().into_data())?,
            )?;
            let bias = layer.bias.as_ref().expect("every layer here has a bias");
            shared::write_f32(&job.final_biases[index], &numbers(bias.val().into_data())?)?;
        }
        Ok(())
    }
}

fn numbers(data: TensorData) -> Outcome<Vec<f32>> {
    data.try_into_vec::<f32>()
        .map_err(|error| format!("{error:?}").into())
}

fn rows(values: Vec<f32>, fan_in: usize, device: &Device) -> Tensor<2> {
    let rows = values.len() / fan_in;
    Tensor::from_data(TensorData::new(values, [rows, fan_in]), device)
}

fn classes(labels: impl Iterator<Item = i64>, device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i64> = labels.collect();
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), device)
}

/// The network and its optimizer.
struct Training {
    net: Net,
    adam: ModuleOptimizer,
    cross_entropy: CrossEntropyLoss,
    learning_rate: f64,
}

impl Training {
    fn new(net: Net, learning_rate: f64, device: &Device) -> Self {
        let adam = AdamConfig::new().with_epsilon(1e-8).init();
        Self {
            net,
            adam,
            cross_entropy: CrossEntropyLossConfig::new().init(device),
            learning_rate,
        }
    }

    /// One step; returns the mean loss of the batch.
    fn step(mut self, inputs: Tensor<2>, labels: Tensor<1, Int>) -> (Self, f64) {
        let loss = self.cross_entropy.forward(self.net.logits(inputs), labels);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.net);
        self.net = self.adam.step(self.learning_rate, self.net, gradients);
        (self, f64::from(loss.into_scalar::<f32>()))
    }
}

fn train(job: &Job) -> Outcome<()> {
    let device = Device::flex().autodiff();
    let (inputs, labels) = (shared::read_f32(&job.inputs)?, shared::read_u32(&job.labels)?);
    let fan_in = job.layers[0];
    let batch = |first: usize| {
        let last = (first + job.batch_size).min(job.rows);
        let inputs = rows(inputs[first * fan_in..last * fan_in].to_vec(), fan_in, &device);
        (
            inputs,
            classes(labels[first..last].iter().map(|&label| i64::from(label)), &device),
        )
    };
    let batches: Vec<_> = (0..job.rows).step_by(job.batch_size).map(batch).collect();

    let run = |batches: &[(Tensor<2>, Tensor<1, Int>)], epochs: usize| -> Outcome<(Net, Measured)> {
        let mut training = Training::new(Net::of(job, &device)?, job.learning_rate, &device);
        let start = Instant::now();
        let mut loss = 0.0;
        for _ in 0..epochs {
            loss = 0.0;
            for (inputs, labels) in batches {
                let count = inputs.dims()[0] as f64;
                let batch_loss;
                (training, batch_loss) = training.step(inputs.clone(), labels.clone());
                loss += batch_loss * count;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        Ok((
            training.net,
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
    let device = Device::flex();
    let (inputs, labels) = (shared::read_f32(&job.inputs)?, shared::read_u32(&job.labels)?);
    let (net, fan_in) = (Net::of(job, &device.clone().autodiff())?.valid(), job.layers[0]);
    shared::serve(VERSION, || {
        let (mut seconds, mut probabilities) = (Vec::with_capacity(job.rows), Vec::new());
        for row in inputs.chunks_exact(fan_in) {
            let start = Instant::now();
            let answer = softmax(net.logits(rows(black_box(row).to_vec(), fan_in, &device)), 1);
            let answer = black_box(numbers(answer.into_data())?);
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
    let device = Device::flex();
    let labels = shared::read_u32(&job.labels)?;
    let (net, fan_in) = (Net::of(job, &device.clone().autodiff())?.valid(), job.layers[0]);
    let inputs = rows(shared::read_f32(&job.inputs)?, fan_in, &device);
    shared::serve(VERSION, || {
        let (mut seconds, mut probabilities) = (Vec::new(), Vec::new());
        for _ in 0..job.epochs {
            let start = Instant::now();
            let answer = softmax(net.logits(inputs.clone()), 1);
            seconds.push(start.elapsed().as_secs_f64());
            probabilities = numbers(answer.into_data())?;
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
    let device = Device::flex().autodiff();
    let sizes = [784, 128, 10];
    let layer = |shape: &[usize]| {
        let he = Distribution::Normal(0.0, (2.0 / shape[0] as f64).sqrt());
        (
            Tensor::random([shape[0], shape[1]], he, &device),
            Tensor::zeros([shape[1]], &device),
        )
    };
    let mut training = Training::new(Net::new(sizes.windows(2).map(layer).collect()), 1e-3, &device);

    let digits = Digits::read(folder, "train")?;
    for first in (0..digits.labels.len()).step_by(32) {
        let last = (first + 32).min(digits.labels.len());
        let labels = classes(
            digits.labels[first..last].iter().map(|&label| i64::from(label)),
            &device,
        );
        (training, _) = training.step(rows(digits.scaled(first, last), 784, &device), labels);
    }

    let (net, digits, device) = (
        training.net.valid(),
        Digits::read(folder, "t10k")?,
        Device::flex(),
    );
    let mut right = 0;
    for first in (0..digits.labels.len()).step_by(500) {
        let last = (first + 500).min(digits.labels.len());
        let logits = numbers(
            net.logits(rows(digits.scaled(first, last), 784, &device))
                .into_data(),
        )?;
        let answers = logits.chunks_exact(10).map(|row| {
            let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            best.map_or(0, |(class, _)| class)
        });
        right += answers
            .zip(&digits.labels[first..last])
            .filter(|(a, b)| *a == usize::from(**b))
            .count();
    }
    println!(r#"{{"accuracy": {}}}"#, right as f64 / digits.labels.len() as f64);
    Ok(())
}

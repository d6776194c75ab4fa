//! The default settings of a training on a table.

use crate::preparation::TargetPreparation;
use pellucid::evaluation::metrics::Figure;
use pellucid::loss::{Loss, Reduction};
use pellucid::model::init::Init;
use pellucid::model::pass::Update;
use pellucid::optimization::optimizer::Optimizer;
use pellucid::optimization::schedule::Schedule;
use pellucid::recipe::{
    Activations, BatchSize, ClassWeight, DataRecipe, DropoutRates, LogRecipe, NetworkRecipe, Normalisations,
    Recipe, Source, TableRecipe, TrainRecipe,
};
use pellucid::{Activation, Precision};

/// Sizes of the hidden layers. On the tables of `bench/tables`, one layer did better below about 1,000 rows and two above.
fn hidden(rows: usize) -> &'static [usize] {
    if rows < 1_000 { &[100] } else { &[128, 64] }
}

/// Loss and output activation for a target.
pub(super) fn output_of(target: &TargetPreparation) -> (Loss, Activation) {
    match target {
        TargetPreparation::Regression { .. } => (Loss::HalfSquaredError, Activation::Identity),
        TargetPreparation::Binary { .. } | TargetPreparation::Labels { .. } => {
            (Loss::BinaryCrossEntropy, Activation::Sigmoid)
        }
        TargetPreparation::Classes { .. } => (Loss::CategoricalCrossEntropy, Activation::Softmax),
    }
}

/// The rows of a step: small batches for few rows, large ones for many.
pub(super) fn batch_size(rows: usize) -> usize {
    match rows {
        0..10_000 => 32,
        10_000..50_000 => 64,
        50_000..200_000 => 128,
        _ => 256,
    }
}

/// Epochs without a lower validation loss: accuracy often rises for a while after the loss stops falling.
fn patience(rows: usize) -> u64 {
    if rows < 10_000 { 40 } else { 20 }
}

/// The part of the rows that is held out for early stopping.
pub(super) fn validation() -> f64 {
    0.1
}

/// The default recipe for a table. The first layer is set when the number of features is known.
pub(super) fn recipe(target: &TargetPreparation, rows: usize) -> Recipe {
    let (loss, output_activation) = output_of(target);
    let hidden = hidden(rows);
    let mut activations = vec![Activation::Relu; hidden.len()];
    activations.push(output_activation);
    Recipe {
        title: String::new(),
        data: DataRecipe {
            source: Source::Table,
            inputs: None,
            targets: None,
            features: None,
            rows: None,
            noise: None,
            seed: None,
            weights: None,
            class_weight: ClassWeight::None,
            validation: 0.0,
            standardise: false,
            table: Some(TableRecipe {
                validation: validation(),
                ..TableRecipe::default()
            }),
        },
        network: NetworkRecipe {
            layers: [&[1], hidden, &[target.outputs()]].concat(),
            activation: Activations::Each(activations),
            bias: true,
            normalisation: Normalisations::default(),
        },
        init: Init::HeUniform,
        train: TrainRecipe {
            loss,
            reduction: Reduction::Mean,
            reshuffle: false,
            share_penalty: false,
            report_penalty: false,
            optimizer: Optimizer::ADAM,
            learning_rate: 1e-3,
            schedule: Schedule::default(),
            batch_size: BatchSize::Rows(batch_size(rows)),
            accumulate: 1,
            average: None,
            shuffle: true,
            epochs: 200,
            update: Update::default(),
            label_smoothing: 0.0,
            l1: 0.0,
            l2: 1e-3,
            penalize_biases: false,
            clip_value: None,
            clip_norm: None,
            dropout: DropoutRates::default(),
            input_noise: 0.0,
            max_norm: None,
            monitor: Figure::Loss,
            patience: Some(patience(rows)),
            min_delta: 0.0,
            stop_at: None,
            max_seconds: None,
            precision: Precision::F32,
            seed: 0,
        },
        log: LogRecipe::default(),
    }
}

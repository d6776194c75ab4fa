//! The default settings of a training on a table.

use crate::error::{Result, setting};
use crate::preparation::TargetPreparation;
use pellucid::Activation;
use pellucid::loss::Loss;
use pellucid::recipe::Recipe;
use serde_json::json;

/// Sizes of the hidden layers. On the tables of `bench/tables-folds`, one layer did better below about 1,000 rows and two above.
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
fn batch_size(rows: usize) -> usize {
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

/// The default recipe for a table. The first layer is set when the number of features is known.
///
/// # Errors
/// None: the recipe is valid.
pub(super) fn recipe(target: &TargetPreparation, rows: usize) -> Result<Recipe> {
    let (loss, output_activation) = output_of(target);
    let hidden = hidden(rows);
    let mut activations = vec![Activation::Relu; hidden.len()];
    activations.push(output_activation);
    let layers = [&[1], hidden, &[target.outputs()]].concat();
    let recipe = json!({
        "data": {"source": "table", "table": {"target": [], "validation": 0.1}},
        "network": {"layers": layers, "activation": activations},
        "init": {"method": "he_uniform"},
        "train": {
            "loss": loss.name(),
            "optimizer": "adam",
            "learning_rate": 1e-3,
            "batch_size": batch_size(rows),
            "shuffle": true,
            "epochs": 200,
            "l2": 1e-3,
            "patience": patience(rows),
            "precision": "f32",
        },
    });
    serde_json::from_value(recipe).map_err(|error| setting("recipe", "(default)", error.to_string()))
}

//! The presets: complete recipes for tables, of which each is one way to train that does well on many tables.

use super::defaults;
use crate::error::{Result, setting};
use crate::preparation::TargetPreparation;
use pellucid::descriptor::Choice;
use pellucid::loss::Loss;
use pellucid::model::init::Init;
use pellucid::recipe::{DropoutRates, NumberEmbedding, Recipe};
use pellucid::{Activation, Optimizer, Schedule};
use serde_json::json;

/// A recipe for tables by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// RealMLP-TD-S below 10,000 rows, without limits of predictions, which cost a twentieth of the RMSE on the tables it was
    /// chosen on; plain from there on. It is what does best on these tables for its time.
    Default,
    /// ReLU layers with Adam at a constant learning rate, as most perceptrons are trained.
    Plain,
    /// RealMLP-TD-S: Holzmüller, Grinsztajn & Steinwart, *Better by Default*, 2024, section 3 and appendix A.2.
    RealmlpS,
    /// RealMLP-TD: the same paper, appendix A.1.
    Realmlp,
    /// TabM-mini: Gorishniy, Kotelnikov & Babenko, *TabM*, 2024, section 3 and appendix.
    Tabm,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 5] = [
        Self::Default,
        Self::Plain,
        Self::RealmlpS,
        Self::Realmlp,
        Self::Tabm,
    ];

    /// Its name, as `--preset` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Plain => "plain",
            Self::RealmlpS => "realmlp-s",
            Self::Realmlp => "realmlp",
            Self::Tabm => "tabm",
        }
    }

    /// One line that says what it is.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Default => "realmlp-s below 10,000 rows, predictions not limited; plain from there on",
            Self::Plain => "ReLU layers of 100, or 128 and 64 units, and Adam at a constant learning rate",
            Self::RealmlpS => {
                "RealMLP-TD-S: three layers of 256 units, scaled inputs, a cyclic learning rate, 256 epochs"
            }
            Self::Realmlp => {
                "RealMLP-TD: realmlp-s with embedded numbers, parametric activations, dropout and weight decay"
            }
            Self::Tabm => {
                "TabM-mini: 32 members that share three layers of 512 units, dropout and weight decay"
            }
        }
    }

    /// The recipe for a table with this target and so many rows. The first layer is set when the number of features is
    /// known.
    ///
    /// # Errors
    /// None: the recipe is valid.
    pub(super) fn recipe(self, target: &TargetPreparation, rows: usize) -> Result<Recipe> {
        match self {
            Self::Default if rows < MANY_ROWS => realmlp_s(target, false),
            Self::Default | Self::Plain => defaults::recipe(target, rows),
            Self::RealmlpS => realmlp_s(target, true),
            Self::Realmlp => realmlp(target),
            Self::Tabm => tabm(target),
        }
    }
}

/// From so many rows on the default is plain: there it is as good, in a twentieth of the time.
const MANY_ROWS: usize = 10_000;

/// RealMLP-TD-S.
fn realmlp_s(target: &TargetPreparation, clamps: bool) -> Result<Recipe> {
    let (loss, output_activation) = defaults::output_of(target);
    let (loss, hidden, learning_rate, smoothing, monitor) = match target {
        TargetPreparation::Regression { .. } => (
            Loss::SquaredError,
            Activation::Mish,
            0.07,
            0.0,
            "root_mean_squared_error",
        ),
        // Of several labels there is no one accuracy.
        TargetPreparation::Labels { .. } => (loss, Activation::Selu, 0.04, 0.1, "loss"),
        _ => (loss, Activation::Selu, 0.04, 0.1, "accuracy"),
    };
    let is_regression = matches!(target, TargetPreparation::Regression { .. });
    let recipe = json!({
        "data": {"source": "table", "table": {
            "target": [],
            "validation": 0.2,
            "scale": "robust",
            "clamp_predictions": is_regression && clamps,
            "calibrate": if is_regression { "none" } else { "temperature" },
        }},
        "network": {
            "layers": [1, 256, 256, 256, target.outputs()],
            "activation": [hidden, hidden, hidden, output_activation],
            "input_scales": true,
        },
        "init": {"method": "realmlp"},
        "train": {
            "loss": loss.name(),
            "label_smoothing": smoothing,
            "optimizer": {"name": "adam", "beta_2": 0.95},
            "parametrisation": "ntk",
            "learning_rate": learning_rate,
            "rate_factors": {"biases": 0.1, "input_scales": 6.0},
            "schedule": "cosine_log",
            "batch_size": 256,
            "shuffle": true,
            "epochs": 256,
            "monitor": monitor,
            "keep_last_of_equals": true,
            "precision": "f32",
        },
    });
    serde_json::from_value(recipe).map_err(|error| setting("preset", "realmlp-s", error.to_string()))
}

/// RealMLP-TD.
fn realmlp(target: &TargetPreparation) -> Result<Recipe> {
    let mut recipe = realmlp_s(target, true)?;
    if let Some(table) = &mut recipe.data.table {
        table.embed_numbers = Some(NumberEmbedding::Pbld);
        table.embed_categories_above = Some(9);
    }
    recipe.network.parametric_activations = true;
    recipe.init = Init::DataDriven;
    let train = &mut recipe.train;
    if matches!(target, TargetPreparation::Regression { .. }) {
        train.learning_rate = 0.2;
    }
    train.optimizer = Optimizer::Adamw {
        beta_1: 0.9,
        beta_2: 0.95,
        epsilon: 1e-8,
        epsilon_hat: false,
        weight_decay: 0.02,
    };
    train.dropout = DropoutRates::One(0.15);
    let flat_cosine = Schedule::named("flat_cosine").unwrap_or_default();
    (train.dropout_schedule, train.decay_schedule) = (flat_cosine, flat_cosine);
    train.rate_factors.embeddings = 0.1;
    train.rate_factors.activations = 0.1;
    Ok(recipe)
}

/// TabM-mini with the settings of its authors, on numbers with the quantiles of a normal distribution.
fn tabm(target: &TargetPreparation) -> Result<Recipe> {
    let (loss, output_activation) = defaults::output_of(target);
    let (loss, monitor) = match target {
        TargetPreparation::Regression { .. } => (Loss::SquaredError, "root_mean_squared_error"),
        TargetPreparation::Labels { .. } => (loss, "loss"),
        _ => (loss, "accuracy"),
    };
    let relu = Activation::Relu;
    let recipe = json!({
        "data": {"source": "table", "table": {"target": [], "validation": 0.2, "scale": "normal"}},
        "network": {
            "layers": [1, 512, 512, 512, target.outputs()],
            "activation": [relu, relu, relu, output_activation],
            "members": 32,
        },
        "init": {"method": "pytorch"},
        "train": {
            "loss": loss.name(),
            "optimizer": {"name": "adamw", "weight_decay": 3e-4},
            "learning_rate": 2e-3,
            "clip_norm": 1.0,
            "dropout": 0.1,
            "batch_size": 256,
            "shuffle": true,
            "epochs": 1000,
            "patience": 16,
            "monitor": monitor,
            "precision": "f32",
        },
    });
    serde_json::from_value(recipe).map_err(|error| setting("preset", "tabm", error.to_string()))
}

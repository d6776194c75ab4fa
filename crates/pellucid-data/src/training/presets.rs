//! The presets: complete recipes for tables, of which each is one way to train that does well on many tables.

use super::defaults;
use crate::error::{Result, setting};
use crate::preparation::TargetPreparation;
use pellucid::Activation;
use pellucid::loss::Loss;
use pellucid::recipe::Recipe;
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
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Default, Self::Plain, Self::RealmlpS];

    /// Its name, as `--preset` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Plain => "plain",
            Self::RealmlpS => "realmlp-s",
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

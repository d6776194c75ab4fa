//! The arguments of `pellucid check`.

use super::{Reading, Running, Settings, number, seed};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    after_help = "The gradient that backpropagation gives is compared with what the loss does when a parameter is \
    moved a little, at the recipe's initial parameters or at the model's own, in double precision. Where the loss has a kink, \
    as relu makes, a number between the derivatives on its two sides is right.\n\n\
    Examples:\n  \
    pellucid check xor-by-hand\n  \
    pellucid check mnist-98 --samples 50 --rows 16\n  \
    pellucid check income.safetensors --data people.csv\n\n\
    Exit status: 0 if every checked entry is right, 1 if one is wrong, 2 for wrong usage."
)]
pub(crate) struct Check {
    /// A built-in recipe's name or a recipe file ending in .toml; or a model ending in .safetensors
    #[arg(value_name = "RECIPE-or-MODEL")]
    pub(crate) source: String,

    /// For a recipe: the folder with the data's files, or an IDX images file. For a model: a table of rows [default: rows drawn
    /// at random]
    #[arg(long, value_name = "DIR-or-FILE")]
    pub(crate) data: Option<PathBuf>,

    /// The most rows that make the batch
    #[arg(long, default_value_t = 16, value_parser = at_least_one, allow_negative_numbers = true)]
    pub(crate) rows: usize,

    /// Largest number of checked entries of each layer's weights, and of its biases; drawn if there are more
    #[arg(long, default_value_t = 200, value_parser = at_least_one, allow_negative_numbers = true)]
    pub(crate) samples: usize,

    /// The relative error from which an entry is wrong
    #[arg(long, default_value = "1e-6", value_parser = tolerance, allow_negative_numbers = true)]
    pub(crate) tolerance: f64,

    /// Replace any setting of the recipe, such as network.activation=tanh; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Leave a setting of the recipe out, such as train.patience; may be repeated
    #[arg(long, value_name = "KEY")]
    pub(crate) unset: Vec<String>,

    /// Replace every seed in the recipe, and that of what is drawn
    #[arg(long, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u32>,

    /// Write everything as one JSON record, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) json: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) running: Running,
}

impl Check {
    /// What is put over a recipe, as for a run.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            seed: self.seed,
            set: self.set.clone(),
            unset: self.unset.clone(),
            data: self.data.clone(),
            quiet: self.running.quiet,
            ..Settings::default()
        }
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    number(
        text,
        |number| *number > 0,
        "expected a whole number, 1 or more, such as 100",
    )
}

fn tolerance(text: &str) -> Result<f64, String> {
    let is_valid = |number: &f64| *number > 0.0 && *number < 1.0;
    number(
        text,
        is_valid,
        "expected a number above 0 and below 1, such as 1e-6",
    )
}

//! The arguments of `pellucid diagnose`.

use super::{Columns, Reading, Running, Settings, TrainingFlags};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    after_help = "A recipe or a table is trained, as `pellucid run` and `pellucid train` would, and observed at every \
    step; no model is written. For a model: the history of its training, and with --data its \
    layers on a table's rows.\n\n\
    Examples:\n  \
    pellucid diagnose mine.toml\n  \
    pellucid diagnose people.csv --target income --epochs 20\n  \
    pellucid diagnose income.safetensors --data more-people.csv\n  \
    pellucid diagnose perceptron --set data.standardise=false --strict\n\n\
    Exit status: 0 whatever is found, unless --strict: then 1 if there is a finding. 2 for wrong usage."
)]
pub(crate) struct Diagnose {
    /// A built-in recipe's name or a recipe file ending in .toml; a table: a file, - for standard input, or a built-in set;
    /// or a model ending in .safetensors
    #[arg(value_name = "RECIPE-or-TABLE-or-MODEL")]
    pub(crate) source: String,

    #[command(flatten)]
    pub(crate) columns: Columns,

    #[command(flatten)]
    pub(crate) training: TrainingFlags,

    /// For a recipe: the folder with the data's files, or an IDX images file. For a model: a table of rows to look at it with
    #[arg(long, value_name = "DIR-or-FILE")]
    pub(crate) data: Option<PathBuf>,

    /// Replace any setting of the recipe, such as train.learning_rate=0.3; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Leave a setting of the recipe out, such as train.patience; may be repeated
    #[arg(long, value_name = "KEY")]
    pub(crate) unset: Vec<String>,

    /// Exit with status 1 if there is a finding
    #[arg(long)]
    pub(crate) strict: bool,

    /// Write findings and layer statistics as one JSON record, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) json: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) running: Running,
}

impl Diagnose {
    /// What is put over a recipe, as for a run.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            seed: self.training.seed,
            epochs: self.training.epochs,
            precision: self.training.precision,
            set: self.set.clone(),
            unset: self.unset.clone(),
            data: self.data.clone(),
            quiet: self.running.quiet,
            ..Settings::default()
        }
    }
}

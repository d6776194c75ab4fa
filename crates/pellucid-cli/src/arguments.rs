//! The command line, as it may be written.

use clap::{Args, Parser, Subcommand, ValueEnum};
use pellucid::Precision;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Multilayer perceptrons you can see through, at the speed of the metal.
#[derive(Debug, Parser)]
#[command(
    name = "pellucid",
    version,
    propagate_version = true,
    after_help = "Examples:\n  \
        pellucid recipes\n  \
        pellucid run xor-by-hand\n  \
        pellucid run xor-by-hand --set train.learning_rate=0.3 --epochs 100 --set log.every=10\n  \
        pellucid run mnist-online --plot cost.svg --json mnist.json\n  \
        pellucid compare xor-sgd xor-batch-mean xor-batch-sum --plot curves.png\n\n\
        Exit status: 0 done, 1 failed, 2 wrong usage."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the built-in recipes, or print one
    Recipes(Recipes),
    /// Train by a recipe: a built-in one, or a TOML file
    Run(Run),
    /// Train several recipes from the same initial weights and say which converges faster
    Compare(Compare),
}

#[derive(Debug, Args)]
pub(crate) struct Recipes {
    /// Print this recipe's TOML, to start a file of one's own from
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// A built-in recipe's name, or a recipe file ending in .toml
    pub(crate) recipe: String,

    #[command(flatten)]
    pub(crate) settings: Settings,

    /// Write the training curve as a picture, .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Two or more recipes: built-in names or files ending in .toml
    #[arg(required = true, num_args = 2..)]
    pub(crate) recipes: Vec<String>,

    #[command(flatten)]
    pub(crate) settings: Settings,

    /// Losses to be reached, such as 0.1,0.01; chosen from the curves unless given
    #[arg(long, value_name = "LOSS", value_delimiter = ',')]
    pub(crate) reach: Option<Vec<f64>>,

    /// Write the loss curves in one picture, .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
}

/// What may be put over a recipe, and how it is run.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Replace every seed in the recipe
    #[arg(long)]
    pub(crate) seed: Option<u32>,

    /// Replace the number of epochs
    #[arg(long)]
    pub(crate) epochs: Option<u64>,

    /// Replace the precision of the arithmetic
    #[arg(long, value_enum)]
    pub(crate) precision: Option<PrecisionArgument>,

    /// Replace any setting of the recipe, such as train.learning_rate=0.3; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Threads to use, 1 or more; the numbers do not depend on it [default: the machine's cores]
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Folder with the data's files (for MNIST its four IDX files, plain or .gz), or an IDX images file
    #[arg(long, value_name = "DIR-or-FILE")]
    pub(crate) data: Option<PathBuf>,

    /// Write everything as one JSON record; - for standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// No progress and no log lines, only the results
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PrecisionArgument {
    /// Single precision
    F32,
    /// Double precision
    F64,
}

impl From<PrecisionArgument> for Precision {
    fn from(argument: PrecisionArgument) -> Self {
        match argument {
            PrecisionArgument::F32 => Precision::F32,
            PrecisionArgument::F64 => Precision::F64,
        }
    }
}

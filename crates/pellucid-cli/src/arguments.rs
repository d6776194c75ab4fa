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
    #[arg(long, value_name = "LOSS", value_delimiter = ',', allow_negative_numbers = true, value_parser = loss)]
    pub(crate) reach: Option<Vec<f64>>,

    /// Write the loss curves in one picture, .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
}

/// What may be put over a recipe, and how it is run.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Replace every seed in the recipe
    #[arg(long, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u32>,

    /// Replace the number of epochs
    #[arg(long, allow_negative_numbers = true, value_parser = epochs)]
    pub(crate) epochs: Option<u64>,

    /// Replace the precision of the arithmetic
    #[arg(long, value_enum)]
    pub(crate) precision: Option<PrecisionArgument>,

    /// Replace any setting of the recipe, such as train.learning_rate=0.3; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Threads to use, 1 or more; the numbers do not depend on it [default: the machine's cores]
    #[arg(long, allow_negative_numbers = true, value_parser = threads)]
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

/// More than the cores of any machine this is for; starting them by the hundred thousand would take it down.
const MOST_THREADS: usize = 1024;

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let threads = text
        .parse()
        .ok()
        .filter(|threads: &NonZeroUsize| threads.get() <= MOST_THREADS);
    threads.ok_or_else(|| format!("expected a whole number from 1 to {MOST_THREADS}"))
}

fn seed(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("expected a whole number from 0 to {}", u32::MAX))
}

fn epochs(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "expected a whole number, 1 or more, such as 1000".to_string())
}

fn loss(text: &str) -> Result<f64, String> {
    let loss = text.parse().ok().filter(|loss: &f64| loss.is_finite());
    loss.ok_or_else(|| "expected a finite number, such as 0.1".to_string())
}

impl From<PrecisionArgument> for Precision {
    fn from(argument: PrecisionArgument) -> Self {
        match argument {
            PrecisionArgument::F32 => Precision::F32,
            PrecisionArgument::F64 => Precision::F64,
        }
    }
}

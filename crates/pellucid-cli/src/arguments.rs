//! The arguments of the command line.

mod afterwards;
mod cells;
mod check;
mod checkpoints;
mod compare;
mod diagnose;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod import;
mod importance;
mod packaging;
mod pictures;
mod play;
mod serve;
mod training;

pub(crate) use afterwards::Afterwards;
pub(crate) use cells::Cells;
pub(crate) use check::Check;
pub(crate) use checkpoints::CheckpointFlags;
pub(crate) use compare::{Against, Compare};
pub(crate) use diagnose::Diagnose;
pub(crate) use importance::Importance;
pub(crate) use packaging::{Completions, Manual};
pub(crate) use pictures::{Plot, Plots, What};
pub(crate) use play::Play;
pub(crate) use serve::Serve;
pub(crate) use training::TrainingFlags;

use bytesize::ByteSize;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use pellucid::descriptor::{Choice, OrNone};
use pellucid::evaluation::metrics::{Figure, Metric};
use pellucid::recipe::{BatchSize, ClassWeight, DropoutRates, Recipe, Scale, StopAt, Task, Unseen};
use pellucid::{Activation, InstructionSet, Normalisation, Optimizer, Precision};
use pellucid_data::preparation::ColumnChoice;
use pellucid_data::training::{Effort, Preset, TrainingRequest};
use pellucid_data::tuning::{Method, elementwise_names, hidden_sizes};
use pellucid_data::{Delimiter, MaxExpansion, Ragged, ReadOptions, TextEncoding, comment_character};
use pellucid_report::Theme;
use std::ffi::OsString;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

/// Multilayer perceptrons you can see through, at the speed of the metal.
#[derive(Debug, Parser)]
#[command(
    name = "pellucid",
    version,
    propagate_version = true,
    after_help = "Examples:\n  \
        pellucid train people.csv --target income --out income.safetensors\n  \
        pellucid tune people.csv --target income --trials 50 --model income.safetensors\n  \
        pellucid evaluate income.safetensors more-people.csv\n  \
        pellucid predict income.safetensors new-people.csv --proba -o predictions.csv\n  \
        pellucid serve income.safetensors\n  \
        pellucid importance income.safetensors more-people.csv\n  \
        pellucid export income.safetensors --to onnx --verify more-people.csv\n  \
        pellucid recipes\n  \
        pellucid run xor-by-hand\n  \
        pellucid run xor-by-hand --set train.learning_rate=0.3 --epochs 100 --set log.every=10\n  \
        pellucid run mnist-online --plot cost.svg --json mnist.json\n  \
        pellucid compare xor-sgd xor-batch-mean xor-batch-sum --seeds 10 --plot curves.png\n  \
        pellucid compare mnist-98 --vary batch_size=16,64,256 --against epochs,seconds --plot curves.svg\n  \
        pellucid explain xor-by-hand -o xor.html\n  \
        pellucid find-rate people.csv --target income --plot rates.png\n  \
        pellucid diagnose people.csv --target income\n  \
        pellucid check xor-by-hand\n  \
        pellucid play people.csv --target income\n\n\
        Exit status: 0 done, 1 failed, 2 wrong usage."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// The instruction set to compute with, on which the last bits of results depend [default: the best of the machine]
    #[arg(long, global = true, value_name = "NAME", value_parser = one_of(INSTRUCTION_SETS), help_heading = "Running")]
    pub(crate) isa: Option<InstructionSet>,

    /// The most memory for large arrays, such as 512MB or 4GiB; what a table needs beyond it lies in temporary files, and is read
    /// from there as it is needed [default: half of the free memory]
    #[arg(long, global = true, value_name = "SIZE", value_parser = size, help_heading = "Running")]
    pub(crate) memory: Option<u64>,

    /// The folder of these files, which are gone when the command ends [default: /var/tmp, if that is on a disk]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Running")]
    pub(crate) temp_directory: Option<PathBuf>,

    /// With --version: the commit, features, target, compiler and instruction set too
    #[arg(long, requires = "version")]
    verbose: bool,
}

const INSTRUCTION_SETS: Values<InstructionSet, 4> = [
    (
        "baseline",
        "the same bits on every x86-64 and arm64 machine",
        InstructionSet::Baseline,
    ),
    ("neon", "arm64", InstructionSet::Neon),
    ("avx2", "x86-64 with AVX2", InstructionSet::Avx2),
    ("avx512", "x86-64 with AVX-512", InstructionSet::Avx512),
];

/// A number of bytes, with a unit or without.
fn size(text: &str) -> Result<u64, String> {
    let problem =
        |found: &dyn Display| format!("{found}; a size such as 512MB, 4GiB or 100000000 is expected");
    match text.parse::<ByteSize>() {
        Ok(ByteSize(0)) => Err(problem(&"0 bytes are too few")),
        Ok(ByteSize(bytes)) => Ok(bytes),
        Err(reason) => Err(problem(&reason)),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the built-in recipes, or print one
    Recipes(Recipes),
    /// Train by a recipe: a built-in one, or a TOML file
    Run(Run),
    /// Train a model on a table: CSV, TSV, Parquet, NumPy, IDX, or a built-in set
    Train(Box<Train>),
    /// Look for the settings that train best on a table
    Tune(Box<Tune>),
    /// Predict the rows of a table with a model
    Predict(Predict),
    /// Answer requests for predictions over HTTP
    Serve(Serve),
    /// Score a model on a table whose answers are known
    Evaluate(Evaluate),
    /// Write a model in the form of another program, verified
    Export(Box<export::Export>),
    /// Make a model of an ONNX graph that is a multilayer perceptron
    Import(Box<import::Import>),
    /// Say which columns of a table matter to a model
    Importance(Importance),
    /// Say what is in a model
    Inspect(Inspect),
    /// List the built-in sets, or describe a table
    Data(Data),
    /// Train recipes, or variants of one, from the same initial weights and say which converges faster
    Compare(Box<Compare>),
    /// Show one training step as a worked example: every number forwards, backwards and of the update
    Explain(Box<explain::Explain>),
    /// Find a learning rate: train for some steps at rising rates, until the loss explodes
    FindRate(Box<FindRate>),
    /// Check the gradient of backpropagation, layer by layer, against numeric gradients
    Check(Box<Check>),
    /// Say what is wrong with a training or a model: what was seen, why it matters, what to try
    Diagnose(Box<Diagnose>),
    /// Open the live page, which trains in the browser, with a recipe, a table or a model
    Play(Play),
    /// Print a script with which a shell completes commands and options
    Completions(Completions),
    /// Write the manual pages, one for each command
    Man(Manual),
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

    #[command(flatten)]
    pub(crate) pictures: Plots,

    /// Write a page with figures, pictures and the recipe, .html
    #[arg(long, value_name = "FILE", help_heading = "Pictures")]
    pub(crate) report: Option<PathBuf>,

    /// Draw the training curve in the terminal too
    #[arg(long)]
    pub(crate) chart: bool,

    #[command(flatten)]
    pub(crate) checkpoints: CheckpointFlags,
}

#[derive(Debug, Args)]
pub(crate) struct FindRate {
    /// A built-in recipe's name or a recipe file ending in .toml; or a table: a file, - for standard input, or a built-in set
    #[arg(value_name = "RECIPE-or-TABLE")]
    pub(crate) source: String,

    /// The rate of the first step
    #[arg(
        long,
        value_name = "RATE",
        default_value = "1e-6",
        allow_negative_numbers = true
    )]
    pub(crate) from: f64,

    /// The rate of the last step
    #[arg(
        long,
        value_name = "RATE",
        default_value = "10",
        allow_negative_numbers = true
    )]
    pub(crate) to: f64,

    /// How many steps, each at a rate higher than the one before by the same factor
    #[arg(long, default_value = "200", allow_negative_numbers = true)]
    pub(crate) steps: u64,

    /// Write losses against rates as a picture, .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,

    /// Write everything as one JSON record, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) json: Option<PathBuf>,

    /// Replace any setting of the recipe, such as train.batch_size=32; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Leave a setting of the recipe out, such as train.patience; may be repeated
    #[arg(long, value_name = "KEY")]
    pub(crate) unset: Vec<String>,

    /// Replace every seed in the recipe
    #[arg(long, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u32>,

    /// Replace the precision of the arithmetic
    #[arg(long, value_parser = one_of(PRECISIONS))]
    pub(crate) precision: Option<Precision>,

    /// Replace the optimizer
    #[arg(long, value_parser = optimizer)]
    pub(crate) optimizer: Option<Optimizer>,

    /// Replace the rows that make a step: a number, or `full`
    #[arg(long, value_name = "ROWS", value_parser = batch_size)]
    pub(crate) batch_size: Option<BatchSize>,

    /// For a recipe: the folder with the data's files, or an IDX images file
    #[arg(long, value_name = "DIR-or-FILE")]
    pub(crate) data: Option<PathBuf>,

    /// For a table: take network and training from a recipe, a built-in one or a TOML file
    #[arg(long)]
    pub(crate) recipe: Option<String>,

    #[command(flatten)]
    pub(crate) columns: Columns,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) running: Running,
}

impl FindRate {
    /// What is put over a recipe, as for a run.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            seed: self.seed,
            precision: self.precision,
            set: self.set.clone(),
            unset: self.unset.clone(),
            data: self.data.clone(),
            quiet: self.running.quiet,
            ..Settings::default()
        }
    }
}

/// What may be put over a recipe, and how it is run.
#[derive(Debug, Default, Args)]
pub(crate) struct Settings {
    /// Replace every seed in the recipe
    #[arg(long, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u32>,

    /// Replace the number of epochs
    #[arg(long, allow_negative_numbers = true, value_parser = epochs)]
    pub(crate) epochs: Option<u64>,

    /// Replace the precision of the arithmetic
    #[arg(long, value_parser = one_of(PRECISIONS))]
    pub(crate) precision: Option<Precision>,

    /// Replace any setting of the recipe, such as train.learning_rate=0.3; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Leave a setting of the recipe out, such as train.patience; may be repeated
    #[arg(long, value_name = "KEY")]
    pub(crate) unset: Vec<String>,

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

/// How a table of text is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct Reading {
    /// What stands between cells: one character, `tab`, or `blanks` for runs of them [default: found by looking]
    #[arg(long, value_name = "CHARACTER", value_parser = str::parse::<Delimiter>)]
    pub(crate) delimiter: Option<Delimiter>,

    /// Whether the first row names the columns; without names they are c1, c2, … [default: found by looking]
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    pub(crate) header: Option<bool>,

    /// Encoding of the text, such as utf-16, latin1 or windows-1250 [default: found by looking]
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<TextEncoding>,

    /// Leave out lines that begin with this character, such as '#'
    #[arg(long, value_name = "CHARACTER", value_parser = comment_character)]
    pub(crate) comment: Option<u8>,

    /// Leave out so many lines at the beginning
    #[arg(long, value_name = "NUMBER", value_parser = line_count)]
    pub(crate) skip_rows: Option<u64>,

    /// Rows with fewer cells than the first: an error, or padded with missing values [default: error]
    #[arg(long, value_name = "pad|error", value_parser = ragged)]
    pub(crate) ragged: Option<Ragged>,

    /// How many times its size a file may unpack to; any file may unpack to 64 MiB [default: 100]
    #[arg(long, value_name = "TIMES", value_parser = times)]
    pub(crate) max_expansion: Option<u64>,
}

impl Reading {
    pub(crate) fn options(&self) -> ReadOptions {
        ReadOptions {
            delimiter: self.delimiter,
            header: self.header,
            encoding: self.encoding,
            comment: self.comment,
            skip_rows: self.skip_rows,
            ragged: self.ragged.unwrap_or_default(),
            max_expansion: self.max_expansion.map(MaxExpansion::of_ratio).unwrap_or_default(),
            ..ReadOptions::default()
        }
    }

    /// The flags, and the values of those that are given.
    pub(crate) fn flags(&self) -> Vec<(&'static str, Option<String>)> {
        let character = |byte: u8| char::from(byte).to_string();
        let delimiter = |delimiter| match delimiter {
            Delimiter::Blanks => "blanks".to_owned(),
            Delimiter::Byte(b'\t') => "tab".to_owned(),
            Delimiter::Byte(byte) => character(byte),
        };
        let yes_or_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let ragged = |ragged| match ragged {
            Ragged::Pad => "pad".to_owned(),
            Ragged::Error => "error".to_owned(),
        };
        vec![
            ("--delimiter", self.delimiter.map(delimiter)),
            ("--header", self.header.map(yes_or_no)),
            (
                "--encoding",
                self.encoding.map(|encoding| encoding.name().to_owned()),
            ),
            ("--comment", self.comment.map(character)),
            ("--skip-rows", self.skip_rows.map(|lines| lines.to_string())),
            ("--ragged", self.ragged.map(ragged)),
            (
                "--max-expansion",
                self.max_expansion.map(|times| times.to_string()),
            ),
        ]
    }
}

/// What the columns of a table are, and how they become numbers.
#[derive(Debug, Args)]
pub(crate) struct Columns {
    /// The column to be predicted: a name, a number counted from 1, or `last`; several with commas. A name with a comma may
    /// be quoted as in CSV; this and other lists of columns may be given several times
    #[arg(long, short, value_name = "COLUMN")]
    pub(crate) target: Vec<String>,

    /// The only columns to learn from
    #[arg(long, value_name = "COLUMNS", help_heading = "Columns")]
    pub(crate) only: Vec<String>,

    /// Columns not to learn from
    #[arg(long, value_name = "COLUMNS", help_heading = "Columns")]
    pub(crate) drop: Vec<String>,

    /// The column that names each row; not learnt from, and repeated beside predictions
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub(crate) id: Option<String>,

    /// The column with the weight of each row in training; not a feature
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub(crate) weight: Option<String>,

    /// The column of groups: rows of one are never both trained on and held out; not a feature
    #[arg(long, value_name = "COLUMN", help_heading = "Columns")]
    pub(crate) group: Option<String>,

    /// The column of times: the latest rows are held out, and folds train on earlier rows; not a feature
    #[arg(
        long,
        value_name = "COLUMN",
        conflicts_with = "group",
        help_heading = "Columns"
    )]
    pub(crate) time: Option<String>,

    /// Leave rows without a target out
    #[arg(long, help_heading = "Columns")]
    pub(crate) drop_missing_target: bool,

    /// Whether to learn classes or numbers [default: by the target's values]
    #[arg(long, value_parser = one_of(TASKS), help_heading = "Columns")]
    pub(crate) task: Option<Task>,

    /// How numbers are scaled, fitted to training rows [default: standardize]
    #[arg(long, value_parser = one_of(SCALES), help_heading = "Columns")]
    pub(crate) scale: Option<Scale>,

    /// The most bins of a number, with --scale piecewise-quantile or piecewise-tree [default: 8]
    #[arg(long, value_parser = bins, allow_negative_numbers = true, help_heading = "Columns")]
    pub(crate) bins: Option<usize>,

    /// How words that no training row has are treated [default: zeros]
    #[arg(long, value_parser = one_of(UNSEEN), help_heading = "Columns")]
    pub(crate) unseen: Option<Unseen>,

    #[command(flatten)]
    pub(crate) cells: Cells,
}

impl Columns {
    /// Each flag, and whether it is given.
    pub(crate) fn flags(&self) -> Vec<(&'static str, bool)> {
        let mut flags = vec![
            ("--target", !self.target.is_empty()),
            ("--only", !self.only.is_empty()),
            ("--drop", !self.drop.is_empty()),
            ("--id", self.id.is_some()),
            ("--weight", self.weight.is_some()),
            ("--group", self.group.is_some()),
            ("--time", self.time.is_some()),
            ("--drop-missing-target", self.drop_missing_target),
            ("--task", self.task.is_some()),
            ("--scale", self.scale.is_some()),
            ("--bins", self.bins.is_some()),
            ("--unseen", self.unseen.is_some()),
        ];
        flags.extend(self.cells.given());
        flags
    }

    /// What is asked of a training on a table, as far as its columns go.
    pub(crate) fn request(&self, recipe: Option<Recipe>) -> TrainingRequest {
        let mut request = TrainingRequest {
            recipe,
            columns: ColumnChoice {
                target: self.target.clone(),
                only: self.only.clone(),
                drop: self.drop.clone(),
                id: self.id.clone(),
                weight: self.weight.clone(),
                group: self.group.clone(),
                time: self.time.clone(),
                ..ColumnChoice::default()
            },
            task: self.task,
            drop_missing_target: self.drop_missing_target,
            scale: self.scale,
            bins: self.bins,
            unseen: self.unseen,
            ..TrainingRequest::default()
        };
        self.cells.add_to(&mut request);
        request
    }
}

/// How a command is run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Running")]
pub(crate) struct Running {
    /// Threads to use, 1 or more; the numbers do not depend on it [default: the machine's cores]
    #[arg(long, allow_negative_numbers = true, value_parser = threads)]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Print only results, no progress and no notes
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Train {
    /// A file, a folder or a quoted pattern of files, - for standard input, or a built-in set such as iris (`pellucid data`
    /// lists them)
    pub(crate) data: PathBuf,

    #[command(flatten)]
    pub(crate) columns: Columns,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) training: TrainingFlags,

    /// Replace any setting of the recipe, such as train.l2=0; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", help_heading = "Training")]
    pub(crate) set: Vec<String>,

    /// Leave a setting of the recipe out, such as train.patience; may be repeated
    #[arg(long, value_name = "KEY", help_heading = "Training")]
    pub(crate) unset: Vec<String>,

    #[command(flatten)]
    pub(crate) afterwards: Afterwards,

    /// Train this number of networks, each on all folds of the rows but one, and average their outputs
    #[arg(
        long,
        value_name = "NETWORKS",
        value_parser = folds,
        allow_negative_numbers = true,
        conflicts_with = "cv",
        help_heading = "Training"
    )]
    pub(crate) ensemble: Option<usize>,

    /// Begin with the weights and the preparation of this model, by its recipe, as a new run
    #[arg(long, value_name = "MODEL", help_heading = "Training")]
    pub(crate) from: Option<PathBuf>,

    /// Cross-validate with this number of folds; with --out, train on all rows too
    #[arg(long, value_name = "FOLDS", value_parser = folds, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) cv: Option<usize>,

    /// Where to write the model [default: DATA's name, ending in .safetensors, in the working folder]
    #[arg(long, short, value_name = "FILE", help_heading = "Results")]
    pub(crate) out: Option<PathBuf>,

    /// Write the recipe, which repeats this training
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) save_recipe: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) pictures: Plots,

    /// Also draw the curve, and of classes the confusion matrix, in the terminal
    #[arg(long, help_heading = "Results")]
    pub(crate) chart: bool,

    /// Write a page with scores, pictures and the recipe, .html
    #[arg(long, value_name = "FILE", help_heading = "Pictures")]
    pub(crate) report: Option<PathBuf>,

    /// Write everything as one JSON record, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", help_heading = "Results")]
    pub(crate) json: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) checkpoints: CheckpointFlags,

    #[command(flatten)]
    pub(crate) running: Running,
}

#[derive(Debug, Args)]
pub(crate) struct Tune {
    /// A file, a folder or a quoted pattern of files, - for standard input, or a built-in set such as iris (`pellucid data`
    /// lists them)
    pub(crate) data: PathBuf,

    #[command(flatten)]
    pub(crate) columns: Columns,

    #[command(flatten)]
    pub(crate) reading: Reading,

    /// Settings that vary, such as learning_rate=log:1e-4..1e-1, dropout=0..0.5, batch_size=16,32,64, epochs=int:10..100 or
    /// hidden=64,128,"128,64"; may be repeated [default: learning rate, hidden layers, batch size, dropout, l2,
    /// activation and optimizer]
    #[arg(long, value_name = "KEY=VALUES", help_heading = "Search")]
    pub(crate) vary: Vec<String>,

    /// A TOML file of the settings that vary
    #[arg(long, value_name = "FILE", help_heading = "Search")]
    pub(crate) space: Option<PathBuf>,

    /// Method that chooses trials
    #[arg(long, value_parser = one_of(METHODS), default_value = "random", help_heading = "Search")]
    pub(crate) method: Method,

    /// Number of trials
    #[arg(long, default_value_t = 30, allow_negative_numbers = true, value_parser = trials, help_heading = "Search")]
    pub(crate) trials: usize,

    /// Metric on held-out rows that ranks trials: accuracy, balanced_accuracy, log_loss, roc_auc,
    /// micro_f1, macro_f1, weighted_f1; r2, explained_variance, root_mean_squared_error, mean_absolute_error,
    /// mean_squared_error [default: accuracy, or r2]
    #[arg(long, value_name = "METRIC", value_parser = metric, help_heading = "Search")]
    pub(crate) metric: Option<Metric>,

    /// The part of the rows that is held out [default: 0.2]
    #[arg(
        long,
        value_name = "PART",
        allow_negative_numbers = true,
        help_heading = "Search"
    )]
    pub(crate) validation: Option<f64>,

    /// Score each trial by cross-validation with this number of folds
    #[arg(long, value_parser = folds, allow_negative_numbers = true, help_heading = "Search")]
    pub(crate) folds: Option<usize>,

    /// Seed of trials, held-out rows and trainings [default: 0]
    #[arg(long, allow_negative_numbers = true, value_parser = seed, help_heading = "Search")]
    pub(crate) seed: Option<u32>,

    /// Keep the trials in this file, and continue from it
    #[arg(long, value_name = "FILE", help_heading = "Search")]
    pub(crate) state: Option<PathBuf>,

    /// Take all settings that do not vary from a recipe: a built-in one, or a TOML file
    #[arg(long, help_heading = "Training")]
    pub(crate) recipe: Option<String>,

    /// Largest number of epochs [default: 200]
    #[arg(long, allow_negative_numbers = true, value_parser = epochs, help_heading = "Training")]
    pub(crate) epochs: Option<u64>,

    /// Epochs without improvement that end a training [default: 40, from 10,000 rows 20]
    #[arg(long, value_name = "EPOCHS", allow_negative_numbers = true, value_parser = epochs, help_heading = "Training")]
    pub(crate) patience: Option<u64>,

    /// Weights of the classes [default: none, 1 each]
    #[arg(long, value_parser = one_of(CLASS_WEIGHTS), help_heading = "Training")]
    pub(crate) class_weight: Option<ClassWeight>,

    /// Train the best trial's settings on all rows, and write the model
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) model: Option<PathBuf>,

    /// Write the recipe of that training
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) save_recipe: Option<PathBuf>,

    /// Write a picture of the trials, .svg or .png
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(crate) plot: Option<PathBuf>,

    /// Write everything as one JSON record, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", help_heading = "Results")]
    pub(crate) json: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) running: Running,
}

#[derive(Debug, Args)]
pub(crate) struct Predict {
    /// A model that `pellucid train` wrote
    pub(crate) model: PathBuf,

    /// A table with the columns of the training data, in any order: a file, a folder or a quoted pattern of
    /// files, - for standard input, or a built-in set
    pub(crate) data: PathBuf,

    /// Where to write the predictions: .parquet, .tsv, else CSV [default: CSV to standard output]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Add the probability of each class
    #[arg(long)]
    pub(crate) proba: bool,

    /// Add an interval around each number that holds the true one with this probability, such as 0.9
    #[arg(long, value_name = "LEVEL", value_parser = level, allow_negative_numbers = true)]
    pub(crate) interval: Option<f64>,

    /// Repeat the table's own columns beside the predictions, exactly as they are there
    #[arg(long)]
    pub(crate) keep_columns: bool,

    /// The column to repeat beside the predictions, exactly as it is there [default: that of training]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,

    /// Write an apostrophe before text that a spreadsheet would take for a formula: that begins with =, +, - or @
    #[arg(long)]
    pub(crate) csv_safe: bool,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) running: Running,
}

#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// A model that `pellucid train` wrote
    pub(crate) model: PathBuf,

    /// A table with the columns of the training data and the target: a file, a folder or a quoted
    /// pattern of files, - for standard input, or a built-in set
    pub(crate) data: PathBuf,

    /// Leave rows without a target out
    #[arg(long)]
    pub(crate) drop_missing_target: bool,

    /// The probability of intervals around predicted numbers, of which the coverage is measured [default: 0.9]
    #[arg(long, value_name = "LEVEL", value_parser = level, allow_negative_numbers = true)]
    pub(crate) interval: Option<f64>,

    /// Write the scores as JSON, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) json: Option<PathBuf>,

    /// Shade the cells of the confusion matrix
    #[arg(long)]
    pub(crate) chart: bool,

    #[command(flatten)]
    pub(crate) pictures: Plots,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) running: Running,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// A model that `pellucid train` wrote
    pub(crate) model: PathBuf,

    /// Show every column and class
    #[arg(long)]
    pub(crate) all: bool,

    /// Write everything but the weights as JSON, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Data {
    #[command(subcommand)]
    pub(crate) command: Option<DataCommand>,

    /// Write the list as JSON, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Columns, types, ranges, missing values and class balance of a table
    Show(ShowData),
}

#[derive(Debug, Args)]
pub(crate) struct ShowData {
    /// A file, a folder or a quoted pattern of files, - for standard input, or a built-in set
    pub(crate) data: PathBuf,

    /// For mnist: the folder with its four files
    #[arg(long = "data", value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,

    /// Seed of a generated set [default: 0]
    #[arg(long, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u32>,

    /// Write it as JSON, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) json: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) cells: Cells,

    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// The sizes of hidden layers.
#[derive(Debug, Clone)]
pub(crate) struct Hidden(pub(crate) Vec<usize>);

/// The values of an option: the name of each, what it means, and what it is. One without a meaning is another name of the
/// value before it.
type Values<T, const N: usize> = [(&'static str, &'static str, T); N];

const TASKS: Values<Task, 2> = [
    ("classification", "The class", Task::Classification),
    ("regression", "Its weight", Task::Regression),
];

const NORMALISATIONS: Values<OrNone<Normalisation>, 3> = [
    ("none", "Nothing", OrNone(None)),
    ("batch", "Batch normalisation", OrNone(Some(Normalisation::BATCH))),
    ("layer", "Layer normalisation", OrNone(Some(Normalisation::LAYER))),
];

const fn described_preset(preset: Preset) -> (&'static str, &'static str, Preset) {
    (preset.name(), preset.summary(), preset)
}

const PRESETS: Values<Preset, 5> = [
    described_preset(Preset::Default),
    described_preset(Preset::Plain),
    described_preset(Preset::RealmlpS),
    described_preset(Preset::Realmlp),
    described_preset(Preset::Tabm),
];

const fn described_effort(effort: Effort) -> (&'static str, &'static str, Effort) {
    (effort.name(), effort.summary(), effort)
}

const EFFORTS: Values<Effort, 3> = [
    described_effort(Effort::Quick),
    described_effort(Effort::Default),
    described_effort(Effort::High),
];

const SCALES: Values<Scale, 11> = [
    (
        "standardize",
        "To mean 0 and standard deviation 1",
        Scale::Standardize,
    ),
    ("standardise", "", Scale::Standardize),
    ("min-max", "To 0 to 1", Scale::MinMax),
    ("min_max", "", Scale::MinMax),
    (
        "robust",
        "To median 0 and interquartile range 1, then smoothly clipped to -3 to 3",
        Scale::Robust,
    ),
    (
        "normal",
        "To the quantiles of a normal distribution",
        Scale::Normal,
    ),
    (
        "piecewise-quantile",
        "To a feature for each bin between quantiles, 0 below it, 1 above it, linear within",
        Scale::PiecewiseQuantile,
    ),
    ("piecewise_quantile", "", Scale::PiecewiseQuantile),
    (
        "piecewise-tree",
        "The same by bins of a decision tree of the column on the target",
        Scale::PiecewiseTree,
    ),
    ("piecewise_tree", "", Scale::PiecewiseTree),
    ("none", "Not at all", Scale::None),
];

const UNSEEN: Values<Unseen, 3> = [
    ("zeros", "All of the column's features are 0", Unseen::Zeros),
    ("error", "An error", Unseen::Error),
    ("missing", "As if missing", Unseen::Missing),
];

const CLASS_WEIGHTS: Values<ClassWeight, 2> = [
    ("none", "All rows have the same weight", ClassWeight::None),
    (
        "balanced",
        "All classes have the same total weight",
        ClassWeight::Balanced,
    ),
];

const PRECISIONS: Values<Precision, 2> = [
    ("f32", "Single precision", Precision::F32),
    ("f64", "Double precision", Precision::F64),
];

const METHODS: Values<Method, 2> = [
    ("random", "All are trained to the end", Method::Random),
    (
        "halving",
        "All are trained for a few epochs, the best third for three times as many, and so on",
        Method::Halving,
    ),
];

const THEMES: Values<Theme, 2> = [
    ("light", "Dark on white", Theme::Light),
    ("dark", "Light on near-black", Theme::Dark),
];

/// One of these values, by its name.
fn one_of<T: Clone + Send + Sync + 'static, const N: usize>(
    values: Values<T, N>,
) -> impl TypedValueParser<Value = T> {
    let named = |(name, help, _): &(&'static str, &'static str, T)| match *help {
        "" => PossibleValue::new(name).hide(true),
        help => PossibleValue::new(name).help(help),
    };
    PossibleValuesParser::new(values.iter().map(named)).try_map(move |text| {
        let mut values = values.iter();
        let found = values.find(|(name, ..)| *name == text);
        found
            .map(|(.., value)| value.clone())
            .ok_or("there is no such value")
    })
}

/// A valid number, or what is expected.
fn number<T: FromStr>(text: &str, is_valid: impl Fn(&T) -> bool, expected: &str) -> Result<T, String> {
    text.parse()
        .ok()
        .filter(is_valid)
        .ok_or_else(|| expected.to_owned())
}

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    // More than the cores of any machine; a hundred thousand threads would overload it.
    let is_valid = |threads: &NonZeroUsize| threads.get() <= 1024;
    number(text, is_valid, "expected a whole number from 1 to 1024")
}

fn seed(text: &str) -> Result<u32, String> {
    number(text, |_| true, "expected a whole number from 0 to 4294967295")
}

fn epochs(text: &str) -> Result<u64, String> {
    number(text, |_| true, "expected a whole number, 1 or more, such as 1000")
}

fn line_count(text: &str) -> Result<u64, String> {
    number(text, |_| true, "expected a whole number of lines, such as 2")
}

fn times(text: &str) -> Result<u64, String> {
    number(
        text,
        |&times| times >= 1,
        "expected a whole number, 1 or more, such as 1000",
    )
}

fn ragged(text: &str) -> Result<Ragged, String> {
    match text {
        "pad" => Ok(Ragged::Pad),
        "error" => Ok(Ragged::Error),
        _ => Err("expected pad or error".to_string()),
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err("expected yes or no".to_string()),
    }
}

pub(crate) fn hidden(text: &str) -> Result<Hidden, String> {
    let expected = "expected whole numbers, 1 or more, with commas, such as 64,32; or `none`";
    hidden_sizes(text).map(Hidden).ok_or_else(|| expected.to_owned())
}

fn dropout(text: &str) -> Result<DropoutRates, String> {
    let rates: Option<Vec<f64>> = text.split(',').map(|rate| rate.trim().parse().ok()).collect();
    match rates.as_deref() {
        Some(&[rate]) => Ok(DropoutRates::One(rate)),
        Some(rates) => Ok(DropoutRates::Each(rates.to_vec())),
        None => {
            Err("expected a number from 0 to less than 1, or several with commas, such as 0.2,0.5".into())
        }
    }
}

/// An argument with `-` for `_` in the name of a flag: `--learning_rate` is `--learning-rate`.
pub(crate) fn spelt(argument: OsString) -> OsString {
    match argument.to_str() {
        Some(text) if text.starts_with("--") => {
            let (flag, value) = text.split_at(text.find('=').unwrap_or(text.len()));
            format!("{}{value}", flag.replace('_', "-")).into()
        }
        _ => argument,
    }
}

pub(crate) fn activation(text: &str) -> Result<Activation, String> {
    let found = Activation::named(text).filter(|known| known.is_elementwise());
    found.ok_or_else(|| format!("expected one of {}", elementwise_names()))
}

fn optimizer(text: &str) -> Result<Optimizer, String> {
    Optimizer::named(text).ok_or_else(|| format!("expected one of {}", Optimizer::names().join(", ")))
}

fn batch_size(text: &str) -> Result<BatchSize, String> {
    let rows = |text| {
        number(
            text,
            |rows| *rows > 0,
            "expected a whole number, 1 or more, or `full`",
        )
    };
    match text {
        "full" => Ok(BatchSize::Full),
        _ => rows(text).map(BatchSize::Rows),
    }
}

fn trials(text: &str) -> Result<usize, String> {
    // Their numbers are drawn from, and all are kept in memory.
    let expected = "expected a whole number from 1 to 1000000, such as 50";
    number(text, |trials| (1..=1_000_000).contains(trials), expected)
}

fn metric(text: &str) -> Result<Metric, String> {
    Metric::named(text).ok_or_else(|| format!("expected one of {}", Figure::names()[1..].join(", ")))
}

fn figure(text: &str) -> Result<Figure, String> {
    Figure::named(text).ok_or_else(|| format!("expected one of {}", Figure::names().join(", ")))
}

fn stop_at(text: &str) -> Result<StopAt, String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("expected a metric and a value, such as accuracy=0.98")?;
    let value = value.trim().parse().ok().filter(|value: &f64| value.is_finite());
    Ok(StopAt {
        metric: figure(name.trim())?,
        value: value.ok_or("expected a finite number after =, such as accuracy=0.98")?,
    })
}

fn folds(text: &str) -> Result<usize, String> {
    number(
        text,
        |folds| *folds >= 2,
        "expected a whole number, 2 or more, such as 5",
    )
}

fn bins(text: &str) -> Result<usize, String> {
    number(
        text,
        |bins| *bins >= 2,
        "expected a whole number, 2 or more, such as 8",
    )
}

fn level(text: &str) -> Result<f64, String> {
    number(
        text,
        |level: &f64| *level > 0.0 && *level < 1.0,
        "expected a number above 0 and below 1, such as 0.9",
    )
}

fn loss(text: &str) -> Result<f64, String> {
    number(
        text,
        |loss: &f64| loss.is_finite(),
        "expected a finite number, such as 0.1",
    )
}

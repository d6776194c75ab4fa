//! The arguments of `pellucid explain`.

use super::{PRECISIONS, Reading, Running, Settings, THEMES, number, one_of, seed};
use clap::{Args, ValueEnum};
use pellucid::Precision;
use pellucid_report::{Theme, UnitChoice};
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pellucid explain xor-by-hand\n  \
    pellucid explain xor-by-hand -o xor.html\n  \
    pellucid explain xor-sgd --epoch 5000 --row 2\n  \
    pellucid explain mnist-online --row 1 --unit 2:6\n  \
    pellucid explain iris.safetensors --data iris --rows 1..3 --format markdown\n  \
    pellucid explain iris.safetensors --data iris --contributions --row 71")]
pub(crate) struct Explain {
    /// A built-in recipe's name or a recipe file ending in .toml; or a model, a file ending in .safetensors
    #[arg(value_name = "RECIPE-or-MODEL")]
    pub(crate) source: String,

    /// For a model: the table of its rows, a file, - for standard input, or a built-in set. For a recipe: the folder with the
    /// data's files, or an IDX images file
    #[arg(long, value_name = "DATA")]
    pub(crate) data: Option<PathBuf>,

    /// Take the step on this sample instead of the batch; samples are counted from 1
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = counted, conflicts_with = "rows", help_heading = "Which step")]
    pub(crate) row: Option<u64>,

    /// Take the step on these samples, the first to the last, counted from 1, such as 2..4
    #[arg(long, value_name = "A..B", allow_negative_numbers = true, value_parser = rows, help_heading = "Which step")]
    pub(crate) rows: Option<(u64, u64)>,

    /// The epoch of the step, counted as the recipe counts; with --row, by the network before that step [default: the
    /// first]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = epoch, help_heading = "Which step")]
    pub(crate) epoch: Option<u64>,

    /// The step of that epoch, or of the whole run without --epoch; counted from 1 [default: the first]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = counted, help_heading = "Which step")]
    pub(crate) step: Option<u64>,

    /// What to write: text for the terminal, Markdown with LaTeX, a page to walk through, or JSON [default: by the name of
    /// --output, else terminal]
    #[arg(long, value_enum, help_heading = "Results")]
    pub(crate) format: Option<FormatArgument>,

    /// Write to this file, .md, .html, .json or .txt; - for standard output
    #[arg(long, short, value_name = "FILE", help_heading = "Results")]
    pub(crate) output: Option<PathBuf>,

    /// Show every number of large layers
    #[arg(long, help_heading = "Results")]
    pub(crate) full: bool,

    /// Also show one unit's arithmetic, every product of its pre-activation: layer and unit, counted from 1, such as 2:1
    #[arg(long, value_name = "LAYER:UNIT", value_parser = unit, help_heading = "Results")]
    pub(crate) unit: Option<UnitChoice>,

    /// Whether text is coloured
    #[arg(long, value_enum, default_value = "auto", help_heading = "Results")]
    pub(crate) color: ColorArgument,

    /// Replace any setting of the recipe, such as train.learning_rate=0.3; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Leave a setting of the recipe out, such as train.patience; may be repeated
    #[arg(long, value_name = "KEY")]
    pub(crate) unset: Vec<String>,

    /// Replace every seed in the recipe; with --contributions, the seed of background rows and orders
    #[arg(long, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u32>,

    /// Replace the precision of the arithmetic
    #[arg(long, value_parser = one_of(PRECISIONS))]
    pub(crate) precision: Option<Precision>,

    #[command(flatten)]
    pub(crate) contributions: ContributionFlags,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) running: Running,
}

/// What is asked of the contributions to a prediction.
#[derive(Debug, Args)]
#[command(next_help_heading = "Contributions")]
pub(crate) struct ContributionFlags {
    /// For a model of a table, in place of a training step: what each column contributes to the prediction for --row (Shapley
    /// values)
    #[arg(
        long,
        conflicts_with_all = ["rows", "epoch", "step", "unit", "full", "set", "unset", "precision"]
    )]
    pub(crate) contributions: bool,

    /// Rows of the table that the prediction is compared with, drawn at random
    #[arg(long, value_name = "ROWS", default_value_t = 100, requires = "contributions", allow_negative_numbers = true, value_parser = background)]
    pub(crate) background: usize,

    /// Rounds of sampling, where there are more than 12 columns: each tries two orders of the columns for every background row
    #[arg(long, value_name = "NUMBER", default_value_t = 10, requires = "contributions", allow_negative_numbers = true, value_parser = rounds)]
    pub(crate) rounds: usize,

    /// The class whose probability is explained, or of several targets the target [default: the predicted class, the first
    /// target]
    #[arg(long, value_name = "CLASS-or-TARGET", requires = "contributions")]
    pub(crate) class: Option<String>,

    /// Write the contributions as a picture, .svg or .png
    #[arg(long, value_name = "FILE", requires = "contributions")]
    pub(crate) plot: Option<PathBuf>,

    /// Whether the picture is light or dark
    #[arg(long, value_parser = one_of(THEMES), default_value = "light", requires = "contributions")]
    pub(crate) theme: Theme,
}

/// The format of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArgument {
    Terminal,
    Markdown,
    Html,
    Json,
}

/// When text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorArgument {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

impl Explain {
    /// The settings that replace those of a recipe, as for a run.
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

    /// The first and the last of the requested samples, counted from 1.
    pub(crate) fn chosen_rows(&self) -> Option<(u64, u64)> {
        self.row.map(|row| (row, row)).or(self.rows)
    }
}

fn background(text: &str) -> Result<usize, String> {
    let expected = "expected a whole number of rows from 1 to 1000000, such as 100";
    number(text, |rows| (1..=1_000_000).contains(rows), expected)
}

fn rounds(text: &str) -> Result<usize, String> {
    let expected = "expected a whole number from 2 to 100000, such as 10";
    number(text, |rounds| (2..=100_000).contains(rounds), expected)
}

fn epoch(text: &str) -> Result<u64, String> {
    number(text, |_| true, "expected a whole number, such as 3")
}

fn counted(text: &str) -> Result<u64, String> {
    let expected = "expected a whole number, 1 or more: they are counted from 1";
    number(text, |counted| *counted > 0, expected)
}

/// Two numbers from 1 on, with `between` between them.
fn pair<T: FromStr + PartialOrd + From<u8>>(text: &str, between: &str) -> Option<(T, T)> {
    let (one, other) = text.split_once(between)?;
    let (one, other): (T, T) = (one.trim().parse().ok()?, other.trim().parse().ok()?);
    (one >= T::from(1) && other >= T::from(1)).then_some((one, other))
}

fn rows(text: &str) -> Result<(u64, u64), String> {
    let ends = pair(text, "..").filter(|(first, last)| first <= last);
    ends.ok_or_else(|| "expected the first and the last sample, counted from 1, such as 2..4".into())
}

fn unit(text: &str) -> Result<UnitChoice, String> {
    let both = pair(text, ":").map(|(layer, unit)| UnitChoice { layer, unit });
    both.ok_or_else(|| "expected a layer and a unit, both counted from 1, such as 2:1".into())
}

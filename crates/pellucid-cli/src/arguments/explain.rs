//! The arguments of `pellucid explain`.

use super::{PrecisionArgument, Reading, Running, Settings, seed};
use clap::{Args, ValueEnum};
use pellucid_report::UnitChoice;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pellucid explain xor-by-hand\n  \
    pellucid explain xor-by-hand -o xor.html\n  \
    pellucid explain xor-sgd --epoch 5000 --row 2\n  \
    pellucid explain mnist-online --row 1 --unit 2:6\n  \
    pellucid explain iris.safetensors --data iris --rows 1..3 --format markdown")]
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
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = number, help_heading = "Which step")]
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

    /// Replace every seed in the recipe
    #[arg(long, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<u32>,

    /// Replace the precision of the arithmetic
    #[arg(long, value_enum)]
    pub(crate) precision: Option<PrecisionArgument>,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) running: Running,
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
            epochs: None,
            precision: self.precision,
            set: self.set.clone(),
            threads: self.running.threads,
            data: self.data.clone(),
            json: None,
            quiet: self.running.quiet,
        }
    }

    /// The first and the last of the requested samples, counted from 1.
    pub(crate) fn chosen_rows(&self) -> Option<(u64, u64)> {
        self.row.map(|row| (row, row)).or(self.rows)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "expected a whole number, such as 3".into())
}

fn counted(text: &str) -> Result<u64, String> {
    let counted = text.parse().ok().filter(|number| *number > 0);
    counted.ok_or_else(|| "expected a whole number, 1 or more: they are counted from 1".into())
}

fn rows(text: &str) -> Result<(u64, u64), String> {
    let ends = text.split_once("..").and_then(|(first, last)| {
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (first >= 1 && last >= first).then_some((first, last))
    });
    ends.ok_or_else(|| "expected the first and the last sample, counted from 1, such as 2..4".into())
}

fn unit(text: &str) -> Result<UnitChoice, String> {
    let both = text.split_once(':').and_then(|(layer, unit)| {
        let (layer, unit) = (layer.trim().parse().ok()?, unit.trim().parse().ok()?);
        (layer >= 1 && unit >= 1).then_some(UnitChoice { layer, unit })
    });
    both.ok_or_else(|| "expected a layer and a unit, both counted from 1, such as 2:1".into())
}

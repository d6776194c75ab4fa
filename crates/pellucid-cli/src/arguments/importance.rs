//! The arguments of `pellucid importance`.

use super::{Reading, Running, THEMES, number, one_of, seed};
use clap::Args;
use pellucid_report::Theme;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pellucid importance income.safetensors more-people.csv\n  \
    pellucid importance income.safetensors more-people.csv --metric log_loss --repeats 30 --plot importance.png\n  \
    pellucid importance iris.safetensors iris --json -")]
pub(crate) struct Importance {
    /// A model that `pellucid train` wrote
    pub(crate) model: PathBuf,

    /// A table with the columns of the training data and the target, best of rows that were not trained on: a file, a
    /// folder or a quoted pattern of files, - for standard input, or a built-in set
    pub(crate) data: PathBuf,

    /// How often each column is shuffled
    #[arg(long, value_name = "NUMBER", default_value_t = 10, allow_negative_numbers = true, value_parser = repeats)]
    pub(crate) repeats: usize,

    /// Seed of the permutations
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: u32,

    /// The score that gets worse, by its name in `pellucid evaluate --json` [default: accuracy; of several targets
    /// subset_accuracy, of numbers r2]
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Option<String>,

    /// Print and draw only the most important columns; the record has all
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = top)]
    pub(crate) top: Option<usize>,

    /// Leave rows without a target out
    #[arg(long)]
    pub(crate) drop_missing_target: bool,

    /// Write everything as JSON, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) json: Option<PathBuf>,

    /// Write the bars as a picture, .svg or .png
    #[arg(long, value_name = "FILE", help_heading = "Pictures")]
    pub(crate) plot: Option<PathBuf>,

    /// Whether the picture is light or dark
    #[arg(long, value_parser = one_of(THEMES), default_value = "light", help_heading = "Pictures")]
    pub(crate) theme: Theme,

    #[command(flatten)]
    pub(crate) reading: Reading,

    #[command(flatten)]
    pub(crate) running: Running,
}

fn repeats(text: &str) -> Result<usize, String> {
    // The value of each is kept.
    let expected = "expected a whole number from 1 to 100000, such as 10";
    number(text, |repeats| (1..=100_000).contains(repeats), expected)
}

fn top(text: &str) -> Result<usize, String> {
    number(
        text,
        |top| *top > 0,
        "expected a whole number, 1 or more, such as 10",
    )
}

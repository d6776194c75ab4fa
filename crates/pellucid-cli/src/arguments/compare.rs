//! The arguments of `pellucid compare`.

use super::{CheckpointFlags, Settings, THEMES, Values, loss, number, one_of};
use clap::Args;
use pellucid_report::Theme;
use std::num::NonZeroUsize;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        pellucid compare xor-sgd xor-batch-mean xor-batch-sum --seeds 10 --plot curves.svg\n  \
        pellucid compare mnist-98 --vary batch_size=16,64,256 --against epochs,seconds --plot curves.png\n  \
        pellucid compare xor-sgd --vary hidden=2,4,8 --vary learning_rate=0.1,1 --chart")]
pub(crate) struct Compare {
    /// Recipes: built-in names or files ending in .toml; one is enough with --vary or --seeds
    #[arg(required = true)]
    pub(crate) recipes: Vec<String>,

    /// Train each recipe with each of these values: any key that --set takes, `train.` left out if one likes, or
    /// `hidden` or `activation`; batch_size=1,16,256 or hidden=4,8,"8,4". May be repeated: the product of all
    #[arg(long, value_name = "KEY=VALUES")]
    pub(crate) vary: Vec<String>,

    /// Train each with so many seeds, counted up from --seed or the first recipe's: medians, bands and a sign test
    #[arg(long, value_name = "N", default_value = "1", allow_negative_numbers = true, value_parser = seeds)]
    pub(crate) seeds: NonZeroUsize,

    /// Start each from its own initial weights instead of those of the first
    #[arg(long)]
    pub(crate) own_weights: bool,

    /// Train one after the other, so that seconds can be compared
    #[arg(long)]
    pub(crate) one_by_one: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,

    #[command(flatten)]
    pub(crate) checkpoints: CheckpointFlags,

    /// Losses to be reached, such as 0.1,0.01; chosen from the curves unless given
    #[arg(long, value_name = "LOSS", value_delimiter = ',', allow_negative_numbers = true, value_parser = loss)]
    pub(crate) reach: Option<Vec<f64>>,

    /// Write the loss curves in one picture, .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,

    /// Horizontal axis of the curves; a panel each if there are several
    #[arg(long, value_parser = one_of(AXES), value_name = "WHAT", value_delimiter = ',', default_value = "epochs")]
    pub(crate) against: Vec<&'static [Against]>,

    /// Whether the picture is dark on light or light on dark
    #[arg(long, value_parser = one_of(THEMES), default_value = "light")]
    pub(crate) theme: Theme,

    /// Draw the curves in the terminal too
    #[arg(long)]
    pub(crate) chart: bool,
}

use Against::{Epochs, Samples, Seconds, Updates};

/// A horizontal axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Against {
    Epochs,
    Updates,
    Samples,
    Seconds,
}

const AXES: Values<&[Against], 5> = [
    ("epochs", "How often all samples were gone through", &[Epochs]),
    ("updates", "How often the parameters were changed", &[Updates]),
    ("samples", "How many samples were gone through", &[Samples]),
    ("seconds", "The time it took", &[Seconds]),
    ("all", "All of these", &[Epochs, Updates, Samples, Seconds]),
];

impl Against {
    pub(crate) fn name(self) -> &'static str {
        AXES[self as usize].0
    }
}

fn seeds(text: &str) -> Result<NonZeroUsize, String> {
    // A training each, and all are kept in memory.
    let expected = "expected a whole number from 1 to 10000, such as 10";
    number(text, |seeds: &NonZeroUsize| seeds.get() <= 10_000, expected)
}

//! What ends a run before its last epoch: a figure on held-out rows that no longer improves (Prechelt, *Early Stopping — But
//! When?*, 1998), a figure that reaches its target, and the time limit.

mod time_limit;

pub use time_limit::TimeLimit;

use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::evaluation::metrics::{self, Figure, Metric};
use crate::model::network::Architecture;
use crate::recipe::{Recipe, StopAt};
use crate::scalar::Scalar;
use crate::training::trainer::Ending;
use serde::Serialize;

/// The rules by which figures end a run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StopRules {
    /// The figure that compares epochs.
    pub monitor: Figure,
    /// The number of consecutive epochs without improvement that ends the run; `None` for no such limit.
    pub patience: Option<u64>,
    /// The smallest change that counts as an improvement.
    pub min_delta: f64,
    /// Whether of epochs with an equal figure the last is kept, not the first.
    pub keeps_last_of_equals: bool,
    /// The target that ends the run as soon as a figure reaches it.
    pub stop_at: Option<StopAt>,
}

impl StopRules {
    /// The rules of a recipe's `[train]`.
    pub fn from_recipe(recipe: &Recipe) -> Self {
        let train = &recipe.train;
        Self {
            monitor: train.monitor,
            patience: train.patience,
            min_delta: train.min_delta,
            keeps_last_of_equals: train.keep_last_of_equals,
            stop_at: train.stop_at,
        }
    }

    /// Whether there is no rule that can end a run.
    pub fn are_none(&self) -> bool {
        self.patience.is_none() && self.stop_at.is_none()
    }

    /// These metrics, and those that the rules need.
    pub fn with_metrics(&self, reported: &[Metric]) -> Vec<Metric> {
        let mut metrics = reported.to_vec();
        let needed = [Some(self.monitor), self.stop_at.map(|stop_at| stop_at.metric)];
        for metric in needed.into_iter().flatten().filter_map(Figure::metric) {
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        }
        metrics
    }
}

/// The reason why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The last epoch is complete.
    Epochs,
    /// The number of consecutive epochs without improvement reached the patience.
    Patience,
    /// A figure reached its target.
    Target,
    /// The time limit.
    Time,
    /// A minimum, or the smallest learning rate of the schedule: further epochs would change nothing.
    Convergence,
    /// An observer, such as one that a signal stops.
    Interrupt,
    /// The loss or a parameter became NaN or infinite.
    Divergence,
}

impl EndedBy {
    /// The reason why a run ended: that of the rules if one applied, else that of the clock or the trainer.
    pub fn from_ending(ending: Ending, rule: Option<EndedBy>, time_is_over: bool) -> Self {
        match (rule, ending) {
            (Some(rule), _) => rule,
            (None, Ending::Completed) => Self::Epochs,
            (None, Ending::Converged) => Self::Convergence,
            (None, Ending::Stopped) if time_is_over => Self::Time,
            (None, Ending::Stopped) => Self::Interrupt,
        }
    }

    /// The reason in words, for a run of this recipe.
    pub fn sentence(self, recipe: &Recipe) -> String {
        let train = &recipe.train;
        let name = |figure: Figure| figure.name().replace('_', " ");
        match self {
            Self::Epochs => format!("all {} epochs were run", train.epochs),
            Self::Patience => format!(
                "{} epochs in a row had no better {}",
                train.patience.unwrap_or(0),
                name(train.monitor)
            ),
            Self::Target => match train.stop_at {
                Some(StopAt { metric, value }) => format!("{} reached {value}", name(metric)),
                None => "a figure reached its target".into(),
            },
            Self::Convergence if !train.optimizer.takes_steps() => "it reached a minimum".into(),
            Self::Convergence => "the learning rate reached its minimum, and the loss no longer fell".into(),
            Self::Time => format!(
                "the time limit of {} s was reached",
                train.max_seconds.unwrap_or(0.0)
            ),
            Self::Interrupt => "it was stopped".into(),
            Self::Divergence => "it diverged".into(),
        }
    }
}

/// Checks that the metrics of a recipe apply to the data.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting), with the key of the recipe.
pub fn check_metrics<T: Scalar>(
    recipe: &Recipe,
    architecture: &Architecture,
    data: &Dataset<T>,
) -> Result<()> {
    let output = architecture.output_layer();
    let (train, loss) = (&recipe.train, recipe.train.loss);
    let metric_of = |figure: Figure| figure.metric().into_iter().collect::<Vec<Metric>>();
    metrics::check("log.metrics", &recipe.log.metrics, data, &output, loss)?;
    metrics::check("train.monitor", &metric_of(train.monitor), data, &output, loss)?;
    let stop_at = train
        .stop_at
        .map_or_else(Vec::new, |stop_at| metric_of(stop_at.metric));
    metrics::check("train.stop_at.metric", &stop_at, data, &output, loss)
}

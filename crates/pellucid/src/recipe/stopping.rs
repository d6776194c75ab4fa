//! Settings that end a run before its last epoch.

use super::{Recipe, Source};
use crate::error::{Error, Result};
use crate::evaluation::metrics::Figure;
use serde::{Deserialize, Serialize};

/// `stop_at` of `[train]`: a figure, and the value that ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopAt {
    /// The loss, or a metric.
    pub metric: Figure,
    /// The value to reach: from below if higher is better, from above if lower is.
    pub value: f64,
}

/// Checks the settings that do not need data.
pub(super) fn check(recipe: &Recipe) -> Result<()> {
    let refuse = |key: &str, found: String, expected: &str| {
        Err(Error::Setting {
            key: key.into(),
            found,
            expected: expected.into(),
        })
    };
    let train = &recipe.train;
    let judged = [
        ("train.monitor", Some(train.monitor)),
        (
            "train.stop_at.metric",
            train.stop_at.map(|stop_at| stop_at.metric),
        ),
    ];
    for (key, figure) in judged {
        if let Some(figure) = figure.filter(|figure| figure.better().is_none()) {
            let found = format!("\"{}\"", figure.name());
            return refuse(
                key,
                found,
                "neither more nor less of it is better; choose another",
            );
        }
    }
    if let Some(stop_at) = train.stop_at.filter(|stop_at| !stop_at.value.is_finite()) {
        return refuse(
            "train.stop_at.value",
            stop_at.value.to_string(),
            "a finite number is needed",
        );
    }
    if let Some(seconds) = train
        .max_seconds
        .filter(|seconds| !(seconds.is_finite() && *seconds > 0.0))
    {
        return refuse(
            "train.max_seconds",
            seconds.to_string(),
            "a finite number above 0 is needed, such as 60",
        );
    }
    if recipe.data.source == Source::Table && recipe.data.validation != 0.0 {
        return refuse(
            "data.validation",
            recipe.data.validation.to_string(),
            "a table's rows are held out by data.table.validation",
        );
    }
    if !(0.0..1.0).contains(&recipe.data.validation) {
        return refuse(
            "data.validation",
            recipe.data.validation.to_string(),
            "a part of the rows, from 0 (none) to less than 1, is held out",
        );
    }
    Ok(())
}

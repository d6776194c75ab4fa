//! Settings of a training that are neither a number nor a choice.

use crate::evaluation::metrics::Figure;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// `stop_at` of `[train]`: a figure, and the value that ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopAt {
    /// The loss, or a metric.
    pub metric: Figure,
    /// The value to reach: from below if higher is better, from above if lower is.
    pub value: f64,
}

/// The number of samples in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchSize {
    /// All samples.
    #[default]
    Full,
    /// This many; the last batch of an epoch has the remaining ones.
    #[serde(untagged)]
    Rows(usize),
}

impl BatchSize {
    /// The number of rows in a batch of a data set of `rows`.
    pub fn rows_per_batch(self, rows: usize) -> usize {
        match self {
            BatchSize::Full => rows,
            BatchSize::Rows(size) => size.min(rows),
        }
    }
}

impl<'de> Deserialize<'de> for BatchSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = BatchSize;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of rows, 1 or more, or \"full\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<BatchSize, E> {
                match text {
                    "full" => Ok(BatchSize::Full),
                    other => Err(E::unknown_variant(other, &["full"])),
                }
            }
            fn visit_i64<E: Error>(self, rows: i64) -> Result<BatchSize, E> {
                usize::try_from(rows)
                    .map(BatchSize::Rows)
                    .map_err(|_| E::invalid_value(Unexpected::Signed(rows), &self))
            }
            fn visit_u64<E: Error>(self, rows: u64) -> Result<BatchSize, E> {
                usize::try_from(rows)
                    .map(BatchSize::Rows)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(rows), &self))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

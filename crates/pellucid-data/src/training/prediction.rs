//! The predictions of a network for rows of a table, whole or some at a time, and their scores.

use super::scores::{Answers, Scores};
use super::unanswered::{UnansweredRows, answered, rows_with_large_numbers, without_others};
use crate::error::{Result, problem};
use crate::model_file::AnyNetwork;
use crate::preparation::{Counts, Predictions, Preparation};
use crate::table::Table;
use pellucid::data::dataset::{Features, Samples};
use pellucid::data::matrix::Matrix;
use pellucid::{Network, Scalar};
use std::num::NonZeroUsize;

/// The scores of networks on rows of a table.
pub(super) fn scores_of(
    networks: &[&AnyNetwork],
    preparation: &Preparation,
    table: &Table,
    rows: &[u32],
    threads: NonZeroUsize,
) -> Result<Scores> {
    let mut answers = Answers::default();
    answers.append(preparation.target(), table, rows)?;
    let (predictions, _) = predict(networks, preparation, table, rows, threads)?;
    Scores::from_predictions(&predictions, &answers)
}

/// The predictions of a model for rows of a table, and counts of what was unknown in them: of its one network, or of the mean
/// of the outputs of several, which have the same shape and precision.
///
/// # Errors
/// As [`Preparation::transform`]; a row has no prediction, as [`predict_where_possible`] says.
///
/// # Panics
/// Without a network.
pub fn predict(
    networks: &[&AnyNetwork],
    preparation: &Preparation,
    table: &Table,
    rows: &[u32],
    threads: NonZeroUsize,
) -> Result<(Predictions, Counts)> {
    let (predictions, counts, unanswered) =
        predict_where_possible(networks, preparation, table, rows, threads)?;
    match unanswered.problem() {
        Some(message) => Err(problem(&table.source, message)),
        None => Ok((predictions, counts)),
    }
}

/// The same; a row whose prediction is not finite, or whose numbers are so large that an overflow in the network may go
/// unseen, gets none, and is counted: its class is [`Categories::MISSING`](crate::Categories::MISSING), its numbers are NaN.
///
/// # Errors
/// As [`Preparation::transform`], but for numbers that are too large.
///
/// # Panics
/// Without a network.
pub fn predict_where_possible(
    networks: &[&AnyNetwork],
    preparation: &Preparation,
    table: &Table,
    rows: &[u32],
    threads: NonZeroUsize,
) -> Result<(Predictions, Counts, UnansweredRows)> {
    /// Of each row, whether a feature is too large to compute with.
    fn decoded<T: Scalar>(
        networks: &[&Network<T>],
        preparation: &Preparation,
        table: &Table,
        rows: &[u32],
        threads: NonZeroUsize,
    ) -> Result<(Predictions, Counts, Vec<bool>)> {
        let (features, counts) = preparation.transform_any::<T>(table, rows)?;
        let are_too_large = rows_with_large_numbers(&features);
        let features = Features::Dense(features);
        let outputs = mean_outputs(networks, &features, rows.len(), threads);
        let width = networks[0].architecture().output_width();
        let outputs = Matrix::new(rows.len(), width, outputs)?;
        Ok((preparation.target().decode(&outputs)?, counts, are_too_large))
    }
    let (predictions, counts, are_too_large) = match networks[0] {
        AnyNetwork::F32(_) => decoded(&in_f32(networks), preparation, table, rows, threads),
        AnyNetwork::F64(_) => decoded(&in_f64(networks), preparation, table, rows, threads),
    }?;
    let has_answer = answered(&predictions, &are_too_large);
    let unanswered = UnansweredRows::find(&has_answer, preparation, table, rows)?;
    let predictions = match unanswered.rows {
        0 => predictions,
        _ => without_others(predictions, &has_answer, preparation)?,
    };
    Ok((predictions, counts, unanswered))
}

/// The predictions of a model for rows of tables that come some at a time.
#[derive(Debug)]
pub struct PredictedRows<'a> {
    networks: Vec<&'a AnyNetwork>,
    preparation: &'a Preparation,
    threads: NonZeroUsize,
    /// The numbers or probabilities, row after row.
    values: Vec<f64>,
    rows: usize,
}

impl<'a> PredictedRows<'a> {
    /// No rows yet, for a model of one network or of several.
    pub fn new(networks: Vec<&'a AnyNetwork>, preparation: &'a Preparation, threads: NonZeroUsize) -> Self {
        Self {
            networks,
            preparation,
            threads,
            values: Vec::new(),
            rows: 0,
        }
    }

    /// Predicts further rows. What was unusual in them is counted.
    ///
    /// # Errors
    /// As [`Preparation::transform`].
    pub fn append(&mut self, table: &Table, rows: &[u32]) -> Result<Counts> {
        let (predictions, counts) = predict(&self.networks, self.preparation, table, rows, self.threads)?;
        self.values.extend_from_slice(predictions.values().values());
        self.rows += rows.len();
        Ok(counts)
    }

    /// The predictions of all rows.
    ///
    /// # Errors
    /// None is known; a matrix of another shape would be one.
    pub fn finish(self) -> Result<Predictions> {
        let width = self.values.len() / self.rows.max(1);
        let values = Matrix::new(self.rows, width, self.values)?;
        Ok(self.preparation.target().predictions(values))
    }
}

/// The networks of single precision.
pub(crate) fn in_f32<'a>(networks: &[&'a AnyNetwork]) -> Vec<&'a Network<f32>> {
    let single = |network: &&'a AnyNetwork| match network {
        AnyNetwork::F32(network) => Some(network),
        AnyNetwork::F64(_) => None,
    };
    networks.iter().filter_map(single).collect()
}

/// The networks of double precision.
pub(crate) fn in_f64<'a>(networks: &[&'a AnyNetwork]) -> Vec<&'a Network<f64>> {
    let double = |network: &&'a AnyNetwork| match network {
        AnyNetwork::F64(network) => Some(network),
        AnyNetwork::F32(_) => None,
    };
    networks.iter().filter_map(double).collect()
}

/// The mean of the networks' outputs, (rows, outputs).
pub(crate) fn mean_outputs<T: Scalar>(
    networks: &[&Network<T>],
    features: &(impl Samples<T> + Sync),
    rows: usize,
    threads: NonZeroUsize,
) -> Vec<T> {
    let of = |network: &Network<T>| pellucid::evaluation::evaluate::predict(network, features, rows, threads);
    let mut outputs = of(networks[0]);
    for network in &networks[1..] {
        for (sum, output) in outputs.iter_mut().zip(of(network)) {
            *sum += output;
        }
    }
    if networks.len() > 1 {
        let share = T::from_f64(1.0 / networks.len() as f64);
        outputs.iter_mut().for_each(|sum| *sum *= share);
    }
    outputs
}

/// The mean of the networks' outputs for rows of a table, (rows, outputs), and counts of what was unknown in them.
pub(super) fn raw_outputs<T: Scalar>(
    networks: &[&Network<T>],
    preparation: &Preparation,
    table: &Table,
    rows: &[u32],
    threads: NonZeroUsize,
) -> Result<(Matrix<T>, Counts)> {
    let (features, counts) = preparation.transform::<T>(table, rows)?;
    let features = Features::Dense(features);
    let outputs = mean_outputs(networks, &features, rows.len(), threads);
    let width = networks[0].architecture().output_width();
    Ok((Matrix::new(rows.len(), width, outputs)?, counts))
}

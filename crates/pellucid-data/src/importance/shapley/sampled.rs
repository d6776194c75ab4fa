//! Contributions from sampled orders of the columns.
//!
//! In an order, columns are taken from the explained row one after another; a column contributes the difference that it makes
//! to the prediction. Every background row has an order and its reverse in each round, so that each round adds up to the
//! prediction minus the base, and large differences of opposite sign cancel (antithetic sampling: R. Mitchell et al.,
//! "Sampling Permutations for Shapley Value Estimation", *Journal of Machine Learning Research* 23, 2022). Rounds are
//! independent, which gives the standard error.

use super::{ContributionSettings, Ends, Game, ROWS_AT_A_TIME};
use crate::error::Result;
use crate::importance::progress::Progress;
use pellucid::numpy_random::RandomState;

impl Game<'_> {
    /// The contributions and their standard errors, (columns, outputs) each. `None` if `progress` stops it.
    pub(super) fn sampled(
        &self,
        ends: &Ends,
        settings: &ContributionSettings,
        progress: &mut Progress<'_>,
    ) -> Result<Option<(Vec<f64>, Vec<f64>)>> {
        let rounds = settings.rounds.max(2);
        let size = self.columns * ends.base.len();
        let mut random = RandomState::new(settings.seed);
        // Welford's running mean and sum of squared deviations.
        let (mut means, mut squares) = (vec![0.0; size], vec![0.0; size]);
        for round in 0..rounds {
            let mut of_round = |done: usize| {
                let rows = self.background.len();
                progress(round * rows + done, rounds * rows)
            };
            let Some(found) = self.round(ends, &mut random, &mut of_round)? else {
                return Ok(None);
            };
            for ((value, mean), squares) in found.into_iter().zip(&mut means).zip(&mut squares) {
                let difference = value - *mean;
                *mean += difference / (round + 1) as f64;
                *squares += difference * (value - *mean);
            }
        }
        let variance_of_mean = ((rounds - 1) * rounds) as f64;
        let errors = squares
            .into_iter()
            .map(|squares| (squares / variance_of_mean).sqrt());
        Ok(Some((means, errors.collect())))
    }

    /// The contributions by an order of the columns, and its reverse, for each background row.
    fn round(
        &self,
        ends: &Ends,
        random: &mut RandomState,
        progress: &mut dyn FnMut(usize) -> std::ops::ControlFlow<()>,
    ) -> Result<Option<Vec<f64>>> {
        let (columns, outputs) = (self.columns, ends.base.len());
        let steps = columns - 1;
        let at_a_time = (ROWS_AT_A_TIME / (2 * steps)).max(1);
        let mut sums = vec![0.0; columns * outputs];
        for first in (0..self.background.len()).step_by(at_a_time) {
            if progress(first).is_break() {
                return Ok(None);
            }
            let background = &self.background[first..(first + at_a_time).min(self.background.len())];
            let orders: Vec<Vec<usize>> = background.iter().map(|_| random.permutation(columns)).collect();
            let places: Vec<Vec<usize>> = orders.iter().map(|order| inverse(order)).collect();
            // For each background row the order and then its reverse, each with 1 to n − 1 columns taken.
            let from = |row: usize, column: usize| {
                let (walk, taken) = (row / steps, row % steps + 1);
                let place = places[walk / 2][column];
                let place = if walk % 2 == 0 { place } else { columns - 1 - place };
                if place < taken {
                    self.explained
                } else {
                    background[walk / 2]
                }
            };
            let predictions = self.rows.predict_composed(2 * steps * background.len(), from)?;
            let walks = predictions.values().values().chunks_exact(steps * outputs);
            for (walk, taken) in walks.enumerate() {
                let order = &orders[walk / 2];
                let start = ends.of_background.row(first + walk / 2);
                let stages = std::iter::once(start)
                    .chain(taken.chunks_exact(outputs))
                    .chain([&ends.prediction[..]]);
                let stages: Vec<&[f64]> = stages.collect();
                for (at, stage) in stages.windows(2).enumerate() {
                    let column = if walk % 2 == 0 {
                        order[at]
                    } else {
                        order[columns - 1 - at]
                    };
                    let sums = &mut sums[column * outputs..(column + 1) * outputs];
                    for ((sum, before), after) in sums.iter_mut().zip(stage[0]).zip(stage[1]) {
                        *sum += after - before;
                    }
                }
            }
        }
        let walks = 2.0 * self.background.len() as f64;
        sums.iter_mut().for_each(|sum| *sum /= walks);
        Ok(Some(sums))
    }
}

/// The place of each column in an order.
fn inverse(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    for (place, &column) in order.iter().enumerate() {
        places[column] = place;
    }
    places
}

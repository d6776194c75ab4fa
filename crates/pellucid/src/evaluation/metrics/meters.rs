//! Accumulates metrics over the batches of a run.

use super::{Metric, Needs, TargetKind};
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::evaluation::scores::{self, Counts, OutputScores, RegressionScores, class_of};
use crate::scalar::Scalar;
use crate::state::State;

/// Metrics over the batches added so far. It keeps sums and counts where they suffice, and else all outputs and
/// targets.
#[derive(Debug, Clone)]
pub struct Meters {
    metrics: Vec<Metric>,
    kind: TargetKind,
    width: usize,
    /// The shift and the scale of each output, where the network learns targets in another unit.
    units: Vec<(f64, f64)>,
    /// The numerator and the denominator of each metric.
    sums: Vec<(f64, f64)>,
    /// The counts of each class, where a metric needs them.
    counts: Vec<Counts>,
    collects: bool,
    outputs: Vec<f64>,
    targets: Vec<f64>,
}

impl Meters {
    /// Meters of these metrics, for outputs on rows of `data`.
    pub fn new<T: Scalar>(metrics: &[Metric], data: &Dataset<T>) -> Self {
        let needs = |what: Needs| metrics.iter().any(|metric| metric.descriptor().needs == what);
        let kind = match metrics.iter().any(|metric| metric.descriptor().is_of_classes) {
            true => TargetKind::from_targets(data.targets()),
            false => TargetKind::Numbers,
        };
        let width = data.targets().width().max(1);
        let classes = match kind {
            TargetKind::Labels => width,
            _ => width.max(2),
        };
        Self {
            kind,
            width,
            units: data.units().to_vec(),
            sums: vec![(0.0, 0.0); metrics.len()],
            counts: vec![Counts::default(); if needs(Needs::Counts) { classes } else { 0 }],
            collects: needs(Needs::Outputs),
            metrics: metrics.to_vec(),
            outputs: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// Adds the sums so far to a state.
    pub fn save(&self, name: &str, state: &mut State) {
        let sums: Vec<f64> = self.sums.iter().flat_map(|&(sum, count)| [sum, count]).collect();
        let counts = self.counts.iter();
        let counts = counts.flat_map(|of| [of.right, of.predicted, of.support].map(|count| count as u64));
        state.put_numbers(&format!("{name}/sums"), &sums);
        state.put_counts(&format!("{name}/counts"), &counts.collect::<Vec<_>>());
        state.put_numbers(&format!("{name}/outputs"), &self.outputs);
        state.put_numbers(&format!("{name}/targets"), &self.targets);
    }

    /// Continues from a state.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) where it is of other metrics.
    pub fn load(&mut self, name: &str, state: &State) -> Result<()> {
        let sums = state.numbers::<f64>(&format!("{name}/sums"))?;
        let counts = state.counts(&format!("{name}/counts"))?;
        if sums.len() != 2 * self.sums.len() || counts.len() != 3 * self.counts.len() {
            return Err(Error::State(format!("its `{name}` is of other metrics")));
        }
        for (at, (sum, count)) in self.sums.iter_mut().enumerate() {
            (*sum, *count) = (sums[2 * at], sums[2 * at + 1]);
        }
        for (of, counts) in self.counts.iter_mut().zip(counts.chunks_exact(3)) {
            let [right, predicted, support] = [0, 1, 2].map(|at| counts[at] as usize);
            *of = Counts {
                right,
                predicted,
                support,
            };
        }
        self.outputs = state.numbers(&format!("{name}/outputs"))?;
        self.targets = state.numbers(&format!("{name}/targets"))?;
        Ok(())
    }

    /// Whether there is no metric.
    pub fn is_empty(&self) -> bool {
        self.metrics.is_empty()
    }

    /// The metrics.
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The number of outputs of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Adds a batch: `outputs` and `targets` are (rows, width).
    pub fn add<T: Scalar>(&mut self, outputs: &[T], targets: &[T]) {
        for at in 0..self.metrics.len() {
            let (sum, count) = self.sum(self.metrics[at], outputs, targets);
            self.sums[at].0 += sum;
            self.sums[at].1 += count;
        }
        if !self.counts.is_empty() {
            self.count(outputs, targets);
        }
        if self.collects {
            let (units, width) = (&self.units, self.width);
            let numbers = |values: &[T]| -> Vec<f64> {
                let values = values.iter().enumerate();
                values
                    .map(|(at, v)| in_unit(units, at % width, v.to_f64()))
                    .collect()
            };
            self.outputs.extend(numbers(outputs));
            self.targets.extend(numbers(targets));
        }
    }

    /// The numerator and the denominator of a metric for a batch; zeros where the metric is no such quotient.
    fn sum<T: Scalar>(&self, metric: Metric, outputs: &[T], targets: &[T]) -> (f64, f64) {
        let width = self.width;
        let rows = || outputs.chunks_exact(width).zip(targets.chunks_exact(width));
        let fraction_of_rows = |right: usize| (right as f64, (outputs.len() / width) as f64);
        let unit = |at: usize, value: f64| in_unit(&self.units, at % width, value);
        let pairs = || {
            let both = outputs.iter().zip(targets).enumerate();
            both.map(|(at, (a, y))| (unit(at, a.to_f64()), unit(at, y.to_f64())))
        };
        let values = outputs.len() as f64;
        match metric {
            Metric::Accuracy if self.kind == TargetKind::Labels => {
                let same = |(a, y): (&T, &T)| (*a > T::HALF) == (*y > T::HALF);
                fraction_of_rows(rows().filter(|(a, y)| a.iter().zip(*y).all(same)).count())
            }
            Metric::Accuracy => fraction_of_rows(rows().filter(|(a, y)| class_of(a) == class_of(y)).count()),
            Metric::TopK(most) => {
                let among = |(a, y): &(&[T], &[T])| {
                    let class = class_of(y);
                    let above = |(other, value): &(usize, &T)| {
                        **value > a[class] || (**value == a[class] && *other < class)
                    };
                    a.iter().enumerate().filter(above).count() < most.get() as usize
                };
                fraction_of_rows(rows().filter(among).count())
            }
            Metric::LogLoss => {
                let negative_log = |(a, y): (&[T], &[T])| {
                    let probability = match (a, class_of(y)) {
                        ([single], 0) => 1.0 - single.to_f64(),
                        ([single], _) => single.to_f64(),
                        (many, class) => many[class].to_f64(),
                    };
                    scores::negative_log(probability)
                };
                (rows().map(negative_log).sum(), values / width as f64)
            }
            Metric::MeanAbsoluteError => (pairs().map(|(a, y)| (a - y).abs()).sum(), values),
            Metric::MeanSquaredError => (pairs().map(|(a, y)| (a - y) * (a - y)).sum(), values),
            Metric::YPred => (pairs().map(|(a, _)| a).sum(), values),
            _ => (0.0, 0.0),
        }
    }

    fn count<T: Scalar>(&mut self, outputs: &[T], targets: &[T]) {
        let rows = outputs
            .chunks_exact(self.width)
            .zip(targets.chunks_exact(self.width));
        for (a, y) in rows {
            if self.kind == TargetKind::Labels {
                for ((a, y), counts) in a.iter().zip(y).zip(&mut self.counts) {
                    counts.add(*y > T::HALF, *a > T::HALF);
                }
            } else {
                let (is, predicted) = (class_of(y), class_of(a));
                self.counts[is].add(true, is == predicted);
                if is != predicted {
                    self.counts[predicted].add(false, true);
                }
            }
        }
    }

    /// Returns the metrics so far, NaN before the first batch, and resets the meters.
    pub fn take(&mut self) -> Vec<(Metric, f64)> {
        let mut of_numbers = None;
        let taken = (0..self.metrics.len()).map(|at| {
            let metric = self.metrics[at];
            let mut regression = |score: fn(&OutputScores) -> f64| {
                let scores = of_numbers.get_or_insert_with(|| {
                    RegressionScores::from_predictions(&self.outputs, &self.targets, self.width)
                });
                scores.as_ref().map_or(f64::NAN, |scores| score(&scores.mean))
            };
            let value = match metric {
                Metric::BalancedAccuracy => scores::balanced_accuracy(&self.counts),
                Metric::MicroF1 => scores::micro_f1(&self.counts),
                Metric::MacroF1 if self.kind == TargetKind::Labels => {
                    scores::macro_f1_of_labels(&self.counts)
                }
                Metric::MacroF1 => scores::macro_f1(&self.counts),
                Metric::WeightedF1 => scores::weighted_f1(&self.counts),
                Metric::RocAuc => self.roc_auc().unwrap_or(f64::NAN),
                Metric::RootMeanSquaredError => regression(|scores| scores.rmse),
                Metric::R2 => regression(|scores| scores.r2.unwrap_or(f64::NAN)),
                Metric::ExplainedVariance => regression(|scores| scores.explained_variance),
                _ => self.sums[at].0 / self.sums[at].1,
            };
            (metric, value)
        });
        let taken = taken.collect();
        self.sums.fill((0.0, 0.0));
        self.counts.fill(Counts::default());
        self.outputs.clear();
        self.targets.clear();
        taken
    }

    fn roc_auc(&self) -> Option<f64> {
        if !self.outputs.iter().all(|output| output.is_finite()) {
            return None;
        }
        if self.kind == TargetKind::Labels || self.width == 1 {
            return scores::label_roc_auc(&self.outputs, &self.targets, self.width);
        }
        let labels: Vec<usize> = self.targets.chunks_exact(self.width).map(class_of).collect();
        scores::roc_auc(&self.outputs, &labels, self.width)
    }
}

/// An output in the unit of its target.
fn in_unit(units: &[(f64, f64)], output: usize, value: f64) -> f64 {
    match units.get(output) {
        Some((shift, scale)) => value * scale + shift,
        None => value,
    }
}

//! The pictures of a network that was trained on a recipe's own samples.

use super::boundary::{boundary, first, of_classes, points};
use super::first_layer::{square, weights};
use super::judged::{confusion, reliability, residuals};
use super::{Learns, Offer, PlotSource, Training};
use anyhow::Result;
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::predict;
use pellucid::evaluation::metrics::class_of;
use pellucid::model::network::Layer;
use pellucid::{Activation, ClassificationScores, Finished, Recipe, Scalar, Session};
use pellucid_report::{Boundary, ConfusionMatrix, Field, Grid, Reliability, Residuals, WeightPicture};

/// What there can be, before training.
pub(crate) fn offer<T: Scalar>(session: &Session<'_, T>) -> Offer {
    Offer {
        learns: learns(session.training()),
        inputs: input_names(session.recipe(), session.training()),
        of_words: None,
        has_metrics: true,
        has_probabilities: has_probabilities(&session.initial().architecture().output_layer()),
        trains: true,
    }
}

/// Classes where each row has one 1, or is a single 0 or 1; labels where rows of zeros and ones have any number of ones.
fn learns<T: Scalar>(data: &Dataset<T>) -> Learns {
    match data.targets() {
        Targets::Classes { .. } => Learns::Classes,
        targets if !targets.are_zero_or_one() => Learns::Numbers,
        Targets::Dense(matrix) => {
            let width = matrix.columns();
            let has_one = |row: &[T]| row.iter().filter(|y| **y == T::ONE).count() == 1;
            match width == 1 || matrix.values().chunks_exact(width).all(has_one) {
                true => Learns::Classes,
                false => Learns::Labels,
            }
        }
    }
}

/// Whether the outputs of a layer are the probabilities of classes.
fn has_probabilities(output: &Layer) -> bool {
    output.activation == Activation::Softmax
        || (output.activation == Activation::Sigmoid && output.fan_out == 1)
}

fn input_names<T: Scalar>(recipe: &Recipe, training: &Dataset<T>) -> Vec<String> {
    let unit = match recipe.data.standardise {
        true => ", standardised",
        false => "",
    };
    let inputs = 1..=training.features().columns();
    inputs.map(|input| format!("input {input}{unit}")).collect()
}

impl<T: Scalar> PlotSource for Finished<T> {
    fn training(&self) -> Training<'_> {
        Training {
            recipe: self.recipe(),
            architecture: self.network().architecture(),
            summary: &self.summary,
            unit: "sample",
        }
    }

    fn confusion(&self, of: &str) -> Option<ConfusionMatrix> {
        let (data, kind) = judged(self);
        let classes = class_names(self);
        let mut counts = vec![vec![0; classes.len()]; classes.len()];
        let width = self.network().architecture().output_width();
        let outputs = self.predict(data);
        for (truth, outputs) in truths(data).into_iter().zip(outputs.chunks_exact(width)) {
            counts[truth][class_of(outputs)] += 1;
        }
        Some(confusion(of, kind, classes, counts))
    }

    fn reliability(&self, of: &str) -> Result<Option<Reliability>> {
        let (data, kind) = judged(self);
        let output = self.network().architecture().output_layer();
        if learns(data) != Learns::Classes || !has_probabilities(&output) {
            return Ok(None);
        }
        let outputs = numbers(&self.predict(data));
        let probabilities = match output.fan_out {
            1 => outputs
                .into_iter()
                .flat_map(|second| [1.0 - second, second])
                .collect(),
            _ => outputs,
        };
        let classes = output.fan_out.max(2);
        let scores = ClassificationScores::from_probabilities(&probabilities, &truths(data), classes)?;
        Ok(Some(reliability(of, kind, &scores)))
    }

    fn residuals(&self, of: &str) -> Result<Option<Residuals>> {
        let (data, kind) = judged(self);
        let Targets::Dense(targets) = data.targets() else {
            return Ok(None);
        };
        let names: Vec<String> = match targets.columns() {
            1 => vec!["output".to_owned()],
            many => (1..=many).map(|output| format!("output {output}")).collect(),
        };
        let (actual, predicted) = (numbers(targets.values()), numbers(&self.predict(data)));
        Ok(Some(residuals(of, kind, &names, &actual, &predicted)))
    }

    fn weights(&self, of: &str) -> WeightPicture {
        let training = &self.split().training;
        let image = match training.features() {
            Features::Bytes(_) => square(self.network().architecture().input_width()),
            Features::Dense(_) => None,
        };
        let names = input_names(self.recipe(), training);
        weights(of, self.network(), names, image)
    }

    fn boundary(&self, of: &str) -> Result<Option<Boundary>> {
        let training = &self.split().training;
        let features = match training.features() {
            Features::Dense(matrix) => numbers(matrix.values()),
            Features::Bytes(matrix) => matrix.bytes().iter().map(|&byte| f64::from(byte)).collect(),
        };
        let learns = learns(training);
        let targets: Vec<f64> = match training.targets() {
            Targets::Dense(matrix) if learns != Learns::Classes => {
                first(&numbers(matrix.values()), matrix.columns())
            }
            _ => truths(training).into_iter().map(|class| class as f64).collect(),
        };
        let inputs = features.chunks_exact(2).map(|row| (row[0], row[1]));
        let points = points(inputs, targets);
        let grid = Grid::around(&points);
        let asked: Vec<T> = grid.points().flat_map(|(x, y)| [x, y]).map(T::from_f64).collect();
        let rows = asked.len() / 2;
        let asked = Features::Dense(Matrix::new(rows, 2, asked)?);
        let outputs = numbers(&predict(self.network(), &asked, rows, self.threads()));
        let names = input_names(self.recipe(), training);
        let field = field(self, learns, &outputs);
        Ok(Some(boundary(of, [&names[0], &names[1]], grid, points, field)))
    }
}

/// The rows it is judged by: test rows where there are any, else held-out rows, else those it was trained on.
fn judged<T: Scalar>(finished: &Finished<T>) -> (&Dataset<T>, &'static str) {
    let split = finished.split();
    match (&split.test, &split.validation) {
        (Some(test), _) => (test, "test "),
        (None, Some(held_out)) => (held_out, "held-out "),
        (None, None) => (&split.training, "training "),
    }
}

fn class_names<T: Scalar>(finished: &Finished<T>) -> Vec<String> {
    let classes = finished.network().architecture().output_width().max(2);
    (0..classes).map(|class| class.to_string()).collect()
}

/// Outputs as what they stand for. Those of classes that are no probabilities are made some: not below 0, and 1 together.
fn field<T: Scalar>(finished: &Finished<T>, learns: Learns, outputs: &[f64]) -> Field {
    let output = finished.network().architecture().output_layer();
    let width = output.fan_out;
    match learns {
        Learns::Classes => {
            let probabilities = outputs.chunks_exact(width).flat_map(|row| match row {
                [second] => vec![1.0 - second.clamp(0.0, 1.0), second.clamp(0.0, 1.0)],
                row if output.activation == Activation::Softmax => row.to_vec(),
                row => {
                    let sum: f64 = row.iter().map(|a| a.max(0.0)).sum();
                    let share = |a: &f64| match sum > 0.0 {
                        true => a.max(0.0) / sum,
                        false => 1.0 / width as f64,
                    };
                    row.iter().map(share).collect()
                }
            });
            of_classes(class_names(finished), probabilities.collect())
        }
        Learns::Labels => Field::TwoClasses {
            names: ["0".to_owned(), "1 in output 1".to_owned()],
            probabilities: first(outputs, width),
        },
        Learns::Numbers => Field::Numbers {
            name: if width == 1 { "output" } else { "output 1" }.to_owned(),
            values: first(outputs, width),
        },
    }
}

fn numbers<T: Scalar>(values: &[T]) -> Vec<f64> {
    values.iter().map(|value| value.to_f64()).collect()
}

/// The class of each row.
fn truths<T: Scalar>(data: &Dataset<T>) -> Vec<usize> {
    match data.targets() {
        Targets::Classes { labels, .. } => labels.iter().map(|&label| label as usize).collect(),
        Targets::Dense(matrix) => matrix
            .values()
            .chunks_exact(matrix.columns())
            .map(class_of)
            .collect(),
    }
}

//! The pictures of a network that was trained on a recipe's own samples.

use super::boundary::Drawn;
use super::first_layer::{square, weights};
use super::judged::{Rows, by_column};
use super::{Learns, Offer, PlotSource};
use anyhow::Result;
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::predict;
use pellucid::evaluation::metrics::class_of;
use pellucid::model::network::Architecture;
use pellucid::session::Summary;
use pellucid::{Activation, Finished, Recipe, Scalar, Session};
use pellucid_data::preparation::Predictions;
use pellucid_report::{BoundaryPoint, Grid, TargetResiduals, Theme, WeightPicture};

/// What there can be, before training.
pub(crate) fn offer<T: Scalar>(session: &Session<'_, T>) -> Offer {
    Offer {
        learns: learns(session.training()),
        inputs: input_names(session.recipe(), session.training()),
        of_words: None,
        has_metrics: true,
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

fn input_names<T: Scalar>(recipe: &Recipe, training: &Dataset<T>) -> Vec<String> {
    let unit = match recipe.data.standardise {
        true => ", standardised",
        false => "",
    };
    let inputs = 1..=training.features().columns();
    inputs.map(|input| format!("input {input}{unit}")).collect()
}

impl<T: Scalar> PlotSource for Finished<T> {
    fn recipe(&self) -> &Recipe {
        Self::recipe(self)
    }

    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn architecture(&self) -> &Architecture {
        self.network().architecture()
    }

    fn unit(&self) -> &'static str {
        "sample"
    }

    fn confusion(&self) -> Option<(Rows, Vec<String>, Vec<Vec<usize>>)> {
        let (data, rows) = judged(self);
        let classes = classes(self);
        let mut counts = vec![vec![0; classes]; classes];
        let width = self.architecture().output_width();
        let outputs = self.predict(data);
        for (truth, outputs) in truths(data).into_iter().zip(outputs.chunks_exact(width)) {
            counts[truth][class_of(outputs)] += 1;
        }
        Some((rows, class_names(self), counts))
    }

    fn residuals(&self) -> Result<Option<(Rows, Vec<TargetResiduals>)>> {
        let (data, rows) = judged(self);
        let Targets::Dense(targets) = data.targets() else {
            return Ok(None);
        };
        let names: Vec<String> = match targets.columns() {
            1 => vec!["output".to_owned()],
            many => (1..=many).map(|output| format!("output {output}")).collect(),
        };
        let (actual, predicted) = (numbers(targets.values()), numbers(&self.predict(data)));
        Ok(Some((rows, by_column(&names, &actual, &predicted))))
    }

    fn weights(&self, of: &str, theme: Theme) -> WeightPicture {
        let training = &self.split().training;
        let image = match training.features() {
            Features::Bytes(_) => square(self.architecture().input_width()),
            Features::Dense(_) => None,
        };
        weights(
            of,
            self.network(),
            input_names(Self::recipe(self), training),
            image,
            theme,
        )
    }

    fn boundary(&self) -> Result<Option<(Drawn, Predictions)>> {
        let training = &self.split().training;
        let features = match training.features() {
            Features::Dense(matrix) => numbers(matrix.values()),
            Features::Bytes(matrix) => matrix.bytes().iter().map(|&byte| f64::from(byte)).collect(),
        };
        let learns = learns(training);
        let targets: Vec<f64> = match (learns, training.targets()) {
            (Learns::Classes, _) => truths(training).into_iter().map(|class| class as f64).collect(),
            (_, Targets::Dense(matrix)) => {
                super::boundary::first(&numbers(matrix.values()), matrix.columns())
            }
            (_, Targets::Classes { labels, .. }) => labels.iter().map(|&label| f64::from(label)).collect(),
        };
        let points: Vec<BoundaryPoint> = features
            .chunks_exact(2)
            .zip(targets)
            .map(|(row, target)| BoundaryPoint {
                x: row[0],
                y: row[1],
                target,
            })
            .collect();
        let grid = Grid::around(&points);
        let asked: Vec<T> = grid.points().flat_map(|(x, y)| [x, y]).map(T::from_f64).collect();
        let rows = asked.len() / 2;
        let asked = Features::Dense(Matrix::new(rows, 2, asked)?);
        let outputs = numbers(&predict(self.network(), &asked, rows, self.threads()));
        let names = input_names(Self::recipe(self), training);
        let drawn = Drawn {
            labels: (names[0].clone(), names[1].clone()),
            grid,
            points,
        };
        Ok(Some((drawn, predictions(self, learns, rows, outputs)?)))
    }
}

/// The rows it is judged by: test rows where there are any, else held-out rows, else those it was trained on.
fn judged<T: Scalar>(finished: &Finished<T>) -> (&Dataset<T>, Rows) {
    let split = finished.split();
    match (&split.test, &split.validation) {
        (Some(test), _) => (test, Rows::Test),
        (None, Some(held_out)) => (held_out, Rows::HeldOut),
        (None, None) => (&split.training, Rows::Training),
    }
}

fn classes<T: Scalar>(finished: &Finished<T>) -> usize {
    finished.network().architecture().output_width().max(2)
}

fn class_names<T: Scalar>(finished: &Finished<T>) -> Vec<String> {
    (0..classes(finished)).map(|class| class.to_string()).collect()
}

/// Outputs as what they stand for. Those of classes that are no probabilities are made some: not below 0, and 1 together.
fn predictions<T: Scalar>(
    finished: &Finished<T>,
    learns: Learns,
    rows: usize,
    outputs: Vec<f64>,
) -> Result<Predictions> {
    let output = finished.network().architecture().output_layer();
    let width = output.fan_out;
    Ok(match learns {
        Learns::Classes => {
            let mut probabilities = Vec::with_capacity(rows * width.max(2));
            for row in outputs.chunks_exact(width) {
                match row {
                    [second] => probabilities.extend([1.0 - second.clamp(0.0, 1.0), second.clamp(0.0, 1.0)]),
                    row if output.activation == Activation::Softmax => probabilities.extend_from_slice(row),
                    row => {
                        let sum: f64 = row.iter().map(|a| a.max(0.0)).sum();
                        let share = |a: &f64| {
                            if sum > 0.0 {
                                a.max(0.0) / sum
                            } else {
                                1.0 / width as f64
                            }
                        };
                        probabilities.extend(row.iter().map(share));
                    }
                }
            }
            Predictions::Classes {
                classes: class_names(finished),
                labels: Vec::new(),
                probabilities: Matrix::new(rows, classes(finished), probabilities)?,
            }
        }
        Learns::Labels => Predictions::Labels {
            columns: Vec::new(),
            classes: vec![["0".to_owned(), "1 in output 1".to_owned()]],
            probabilities: Matrix::new(rows, width, outputs)?,
        },
        Learns::Numbers => Predictions::Numbers {
            columns: vec![if width == 1 { "output" } else { "output 1" }.to_owned()],
            values: Matrix::new(rows, width, outputs)?,
        },
    })
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

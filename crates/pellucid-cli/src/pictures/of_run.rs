//! The pictures of a run by a recipe.

use super::boundary::{Drawn, boundary, field};
use super::curves::Curves;
use super::first_layer::{square, weights};
use super::gradients::gradient_flow;
use super::judged::{Rows, by_column, confusion, residuals};
use super::{Album, Learns, Offer, What};
use anyhow::Result;
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::predict;
use pellucid::evaluation::metrics::class_of;
use pellucid::inspection::layer_statistics::LayerStatistics;
use pellucid::training::early_stopping::EarlyStopping;
use pellucid::training::observe::{EpochRecord, LossCurve};
use pellucid::{Activation, Experiment, Scalar};
use pellucid_data::preparation::Predictions;
use pellucid_report::{BoundaryPoint, Grid, Theme};

/// What there can be, before training.
pub(crate) fn offer<T: Scalar>(experiment: &Experiment<T>) -> Offer {
    Offer {
        learns: learns(experiment.training()),
        inputs: input_names(experiment),
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

fn input_names<T: Scalar>(experiment: &Experiment<T>) -> Vec<String> {
    let unit = if experiment.recipe().data.standardise {
        ", standardised"
    } else {
        ""
    };
    let inputs = 1..=experiment.training().features().columns();
    inputs.map(|input| format!("input {input}{unit}")).collect()
}

/// A run that is over, and what it was made of.
pub(crate) struct Seen<'a, T> {
    /// The heading of its curve.
    pub(crate) title: &'a str,
    /// What it is called in a few words.
    pub(crate) name: &'a str,
    pub(crate) experiment: &'a Experiment<T>,
    pub(crate) validation: Option<&'a Dataset<T>>,
    pub(crate) curve: &'a LossCurve,
    /// Metrics of training rows, epoch by epoch.
    pub(crate) metrics: &'a [EpochRecord],
    pub(crate) stopping: Option<&'a EarlyStopping<'a, T>>,
    pub(crate) layer_statistics: &'a [LayerStatistics],
    pub(crate) theme: Theme,
}

impl<T: Scalar> Seen<'_, T> {
    /// The pictures that are wanted.
    pub(crate) fn album(&self, want: impl Fn(What) -> bool) -> Result<Album> {
        let (of, theme, network) = (self.name, self.theme, self.experiment.network());
        let curves = self.curves();
        let mut album = Album::default();
        if want(What::Loss) {
            let loss = self.experiment.recipe().logged_loss();
            album.loss = Some(curves.loss(self.title, loss.name(), "sample", theme));
        }
        if want(What::Metrics) {
            album.metrics = curves.metrics(of, theme);
        }
        if want(What::Confusion) {
            let (data, rows) = self.judged();
            let (classes, counts) = self.confusion(data);
            album.confusion = Some(confusion(of, rows, &classes, counts, theme));
        }
        if want(What::Residuals) {
            let (data, rows) = self.judged();
            if let Targets::Dense(targets) = data.targets() {
                let names: Vec<String> = match targets.columns() {
                    1 => vec!["output".to_owned()],
                    many => (1..=many).map(|output| format!("output {output}")).collect(),
                };
                let actual: Vec<f64> = targets.values().iter().map(|y| y.to_f64()).collect();
                let targets = by_column(&names, &actual, &numbers(&self.outputs(data)));
                album.residuals = Some(residuals(of, rows, targets, theme));
            }
        }
        if want(What::Weights) {
            let image = match self.experiment.training().features() {
                Features::Bytes(_) => square(network.architecture().input_width()),
                Features::Dense(_) => None,
            };
            album.weights = Some(weights(of, network, input_names(self.experiment), image, theme));
        }
        if want(What::Boundary) {
            let (drawn, said) = self.boundary()?;
            album.boundary = Some(boundary(of, drawn, field(said), theme));
        }
        if want(What::Gradients) {
            album.gradients = gradient_flow(of, network.architecture(), self.layer_statistics, theme);
        }
        Ok(album)
    }

    fn curves(&self) -> Curves {
        let kept = self.stopping.filter(|stopping| stopping.keeps_weights());
        let loss = self
            .curve
            .points()
            .iter()
            .map(|&(epoch, loss)| (epoch as f64, loss));
        let mut curves = Curves {
            training: loss.collect(),
            best: kept.and_then(EarlyStopping::best_epoch),
            ..Curves::default()
        };
        for entry in self.metrics {
            for (metric, value) in &entry.metrics {
                curves.add(&metric.name(), false, entry.epoch as f64, *value);
            }
        }
        for epoch in self.stopping.map_or(&[][..], EarlyStopping::epochs) {
            let Some(held_out) = &epoch.validation else {
                continue;
            };
            curves.validation.push((epoch.epoch as f64, held_out.loss));
            for (metric, value) in &held_out.metrics {
                curves.add(&metric.name(), true, epoch.epoch as f64, *value);
            }
        }
        curves
    }

    /// The rows it is judged by: test rows where there are any, else rows held out, else those it was trained on.
    fn judged(&self) -> (&Dataset<T>, Rows) {
        match (self.experiment.test(), self.validation) {
            (Some(test), _) => (test, Rows::Test),
            (None, Some(held_out)) => (held_out, Rows::HeldOut),
            (None, None) => (self.experiment.training(), Rows::Training),
        }
    }

    fn outputs(&self, data: &Dataset<T>) -> Vec<T> {
        let network = self.experiment.network();
        predict(network, data.features(), data.rows(), self.experiment.threads())
    }

    fn classes(&self) -> usize {
        self.experiment.network().architecture().output_width().max(2)
    }

    fn class_names(&self) -> Vec<String> {
        (0..self.classes()).map(|class| class.to_string()).collect()
    }

    fn confusion(&self, data: &Dataset<T>) -> (Vec<String>, Vec<Vec<usize>>) {
        let mut counts = vec![vec![0; self.classes()]; self.classes()];
        let width = self.experiment.network().architecture().output_width();
        for (truth, outputs) in truths(data)
            .into_iter()
            .zip(self.outputs(data).chunks_exact(width))
        {
            counts[truth][class_of(outputs)] += 1;
        }
        (self.class_names(), counts)
    }

    fn boundary(&self) -> Result<(Drawn, Predictions)> {
        let training = self.experiment.training();
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
        let network = self.experiment.network();
        let said = numbers(&predict(network, &asked, rows, self.experiment.threads()));
        let names = input_names(self.experiment);
        let drawn = Drawn {
            labels: (names[0].clone(), names[1].clone()),
            grid,
            points,
        };
        Ok((drawn, self.predictions(learns, rows, said)?))
    }

    /// Outputs as what they stand for. Those of classes that are no probabilities are made some: not below 0, and 1 together.
    fn predictions(&self, learns: Learns, rows: usize, said: Vec<f64>) -> Result<Predictions> {
        let output = self.experiment.network().architecture().output_layer();
        let width = output.fan_out;
        Ok(match learns {
            Learns::Classes => {
                let mut probabilities = Vec::with_capacity(rows * width.max(2));
                for row in said.chunks_exact(width) {
                    match row {
                        [second] => {
                            probabilities.extend([1.0 - second.clamp(0.0, 1.0), second.clamp(0.0, 1.0)])
                        }
                        row if output.activation == Activation::Softmax => {
                            probabilities.extend_from_slice(row)
                        }
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
                    classes: self.class_names(),
                    labels: Vec::new(),
                    probabilities: Matrix::new(rows, self.classes(), probabilities)?,
                }
            }
            Learns::Labels => Predictions::Labels {
                columns: Vec::new(),
                classes: vec![["0".to_owned(), "1 in output 1".to_owned()]],
                probabilities: Matrix::new(rows, width, said)?,
            },
            Learns::Numbers => Predictions::Numbers {
                columns: vec![if width == 1 { "output" } else { "output 1" }.to_owned()],
                values: Matrix::new(rows, width, said)?,
            },
        })
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

//! The pictures of a training on a table.

use super::boundary::{Drawn, boundary, field};
use super::curves::Curves;
use super::first_layer::{of_columns, weights};
use super::gradients::gradient_flow;
use super::judged::{Rows, by_column, confusion, residuals};
use super::{Album, Learns, Offer, What};
use anyhow::Result;
use pellucid::recipe::Task;
use pellucid_data::model_file::AnyNetwork;
use pellucid_data::preparation::{Predictions, Preparation, TargetPreparation};
use pellucid_data::training::{Answers, Plan, Scores, Trained};
use pellucid_data::{Column, Table, Values};
use pellucid_report::{BoundaryPoint, Grid, TargetResiduals, Theme, WeightPicture};
use std::num::NonZeroUsize;

/// What there can be, before training.
pub(crate) fn offer(plan: &Plan<'_>, table: &Table, holds_out: bool) -> Offer {
    let columns = plan.columns();
    let is_number = |name: &String| matches!(values(table, name), Some(Values::Numbers(_)));
    Offer {
        learns: match plan.task() {
            Task::Regression => Learns::Numbers,
            Task::Classification if columns.targets.len() > 1 => Learns::Labels,
            Task::Classification => Learns::Classes,
        },
        of_words: columns.features.iter().find(|name| !is_number(name)).cloned(),
        inputs: columns.features.clone(),
        has_metrics: holds_out || !plan.recipe().log.metrics.is_empty(),
        trains: true,
    }
}

/// What there can be of a model that is only judged.
pub(crate) fn offer_of_model(preparation: &Preparation) -> Offer {
    Offer {
        learns: match preparation.target() {
            TargetPreparation::Regression { .. } => Learns::Numbers,
            TargetPreparation::Labels { .. } => Learns::Labels,
            TargetPreparation::Binary { .. } | TargetPreparation::Classes { .. } => Learns::Classes,
        },
        inputs: Vec::new(),
        of_words: None,
        has_metrics: false,
        trains: false,
    }
}

/// The pictures of what a model says of a table whose answers are known.
pub(crate) fn judged(
    of: &str,
    scores: &Scores,
    said: &Predictions,
    answers: &Answers,
    theme: Theme,
) -> Album {
    let mut album = Album::default();
    match (scores, said) {
        (Scores::Classification { classes, scores }, _) => {
            album.confusion = Some(confusion(
                of,
                Rows::Given,
                classes,
                scores.confusion.clone(),
                theme,
            ));
        }
        (_, Predictions::Numbers { columns, values }) => {
            let targets = by_column(columns, answers.numbers(), values.values());
            album.residuals = Some(residuals(of, Rows::Given, targets, theme));
        }
        _ => {}
    }
    album
}

fn values<'a>(table: &'a Table, name: &str) -> Option<&'a Values> {
    table.column(name).map(|column| &column.values)
}

/// A training that is over, and what it was made of.
pub(crate) struct Seen<'a> {
    pub(crate) title: &'a str,
    pub(crate) trained: &'a Trained,
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) table: &'a Table,
    pub(crate) validation: Option<&'a Table>,
    pub(crate) threads: NonZeroUsize,
    pub(crate) theme: Theme,
}

impl Seen<'_> {
    /// The pictures that are wanted.
    pub(crate) fn album(&self, want: impl Fn(What) -> bool) -> Result<Album> {
        let (of, theme, trained) = (self.title, self.theme, self.trained);
        let curves = self.curves();
        let mut album = Album::default();
        if want(What::Loss) {
            let mut chart = curves.loss(of, trained.recipe.train.loss.name(), "row", theme);
            chart.subtitle = curves
                .best
                .map(|epoch| format!("the weights of epoch {epoch} are kept"));
            album.loss = Some(chart);
        }
        if want(What::Metrics) {
            album.metrics = curves.metrics(of, theme);
        }
        if want(What::Confusion) {
            let (scores, rows) = self.judged();
            if let Scores::Classification { classes, scores } = scores {
                album.confusion = Some(confusion(of, rows, classes, scores.confusion.clone(), theme));
            }
        }
        if want(What::Residuals) {
            let targets = self.residuals()?;
            album.residuals = targets.map(|targets| residuals(of, self.judged().1, targets, theme));
        }
        if want(What::Weights) {
            album.weights = Some(self.weights());
        }
        if want(What::Boundary) {
            let drawn = self.boundary()?;
            album.boundary = drawn.map(|(drawn, said)| boundary(of, drawn, field(said), theme));
        }
        if want(What::Gradients) {
            album.gradients = gradient_flow(
                of,
                trained.network.architecture(),
                &trained.layer_statistics,
                theme,
            );
        }
        Ok(album)
    }

    fn curves(&self) -> Curves {
        let history = &self.trained.history;
        let mut curves = Curves {
            best: self
                .trained
                .validation
                .is_some()
                .then_some(self.trained.best_epoch),
            ..Curves::default()
        };
        for line in history {
            let epoch = line.epoch as f64;
            curves.training.push((epoch, line.loss));
            curves
                .validation
                .extend(line.validation_loss.map(|loss| (epoch, loss)));
            let held_out = line.validation_loss.is_some();
            for (name, value) in &line.metrics {
                curves.add(name, held_out, epoch, *value);
            }
            for (name, value) in &line.training_metrics {
                curves.add(name, false, epoch, *value);
            }
        }
        curves
    }

    /// The scores it is judged by, and of which rows they are.
    fn judged(&self) -> (&Scores, Rows) {
        match &self.trained.validation {
            Some(scores) => (scores, Rows::HeldOut),
            None => (&self.trained.training, Rows::Training),
        }
    }

    fn residuals(&self) -> Result<Option<Vec<TargetResiduals>>> {
        let held_out = &self.trained.held_out_rows;
        let (table, rows) = match (self.validation, held_out.is_empty()) {
            (Some(table), _) => (table, held_out),
            (None, false) => (self.table, held_out),
            (None, true) => (self.table, &self.trained.rows),
        };
        let actual = self.trained.preparation.target().numbers(table, rows)?;
        let (predictions, _) = self.trained.predict(table, rows, self.threads)?;
        Ok(match predictions {
            Predictions::Numbers { columns, values } => Some(by_column(&columns, &actual, values.values())),
            _ => None,
        })
    }

    fn weights(&self) -> WeightPicture {
        let inputs = self.trained.preparation.feature_names();
        let image = of_columns(&self.plan.columns().features, &inputs);
        match &self.trained.network {
            AnyNetwork::F32(network) => weights(self.title, network, inputs, image, self.theme),
            AnyNetwork::F64(network) => weights(self.title, network, inputs, image, self.theme),
        }
    }

    fn boundary(&self) -> Result<Option<(Drawn, Predictions)>> {
        let [x, y] = &self.plan.columns().features[..] else {
            return Ok(None);
        };
        let (Some(Values::Numbers(across)), Some(Values::Numbers(up))) =
            (values(self.table, x), values(self.table, y))
        else {
            return Ok(None);
        };
        let (target, rows) = (self.trained.preparation.target(), &self.trained.rows);
        let targets: Vec<f64> = match target.labels(self.table, rows)? {
            Some(labels) => labels.labels.iter().map(|&label| f64::from(label)).collect(),
            None => {
                let numbers = target.numbers(self.table, rows)?;
                super::boundary::first(&numbers, target.columns().len())
            }
        };
        let points: Vec<BoundaryPoint> = rows
            .iter()
            .zip(targets)
            .map(|(&row, target)| BoundaryPoint {
                x: across[row as usize],
                y: up[row as usize],
                target,
            })
            .collect();
        let grid = Grid::around(&points);
        let (xs, ys): (Vec<f64>, Vec<f64>) = grid.points().unzip();
        let asked: Vec<u32> = (0..xs.len() as u32).collect();
        let column = |name: &String, values: Vec<f64>| Column {
            name: name.clone(),
            values: Values::Numbers(values),
        };
        let asking = Table {
            first_row: 0,
            source: self.table.source.clone(),
            columns: vec![column(x, xs), column(y, ys)],
        };
        let (said, _) = self.trained.predict(&asking, &asked, self.threads)?;
        let drawn = Drawn {
            labels: (x.clone(), y.clone()),
            grid,
            points,
        };
        Ok(Some((drawn, said)))
    }
}

//! The pictures of a network that was trained on a table.

use super::boundary::{boundary, field, first, points};
use super::first_layer::{of_columns, weights};
use super::judged;
use super::{Learns, Offer, PlotSet, PlotSource, Training, What, boxed};
use anyhow::Result;
use pellucid::recipe::Task;
use pellucid_data::model_file::AnyNetwork;
use pellucid_data::preparation::{Predictions, Preparation, TargetPreparation};
use pellucid_data::training::{Answers, Plan, Scores, Trained};
use pellucid_data::{Column, Table, Values};
use pellucid_report::{Boundary, ConfusionMatrix, Grid, Reliability, Residuals, WeightPicture};
use std::collections::HashSet;
use std::num::NonZeroUsize;

/// What there can be, before training.
pub(crate) fn offer(plan: &Plan<'_>, table: &Table, holds_out: bool) -> Offer {
    let columns = plan.columns();
    // One pass over the columns: to look each feature up among them would take a time that is the square of their number.
    let of_numbers: HashSet<&str> = table
        .columns
        .iter()
        .filter(|column| matches!(column.values, Values::Numbers(_)))
        .map(|column| column.name.as_str())
        .collect();
    let is_number = |name: &String| of_numbers.contains(name.as_str());
    Offer {
        learns: match plan.task() {
            Task::Regression => Learns::Numbers,
            Task::Classification if columns.targets.len() > 1 => Learns::Labels,
            Task::Classification => Learns::Classes,
        },
        of_words: columns.features.iter().find(|name| !is_number(name)).cloned(),
        inputs: columns.features.clone(),
        has_metrics: holds_out || !plan.recipe().log.metrics.is_empty(),
        has_probabilities: true,
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
        has_probabilities: true,
        trains: false,
    }
}

/// The pictures of a model's predictions for a table whose targets are known.
pub(crate) fn judged(of: &str, scores: &Scores, predictions: &Predictions, answers: &Answers) -> PlotSet {
    let confusion = confusion(of, "", scores).map(|picture| (What::Confusion, boxed(picture)));
    let reliability = reliability(of, "", scores).map(|picture| (What::Reliability, boxed(picture)));
    let residuals = residuals(of, "", predictions, answers.numbers());
    let residuals = residuals.map(|picture| (What::Residuals, boxed(picture)));
    [confusion, reliability, residuals]
        .into_iter()
        .flatten()
        .collect()
}

fn reliability(of: &str, kind: &str, scores: &Scores) -> Option<Reliability> {
    match scores {
        Scores::Classification { scores, .. } => Some(judged::reliability(of, kind, scores)),
        _ => None,
    }
}

fn confusion(of: &str, kind: &str, scores: &Scores) -> Option<ConfusionMatrix> {
    match scores {
        Scores::Classification { classes, scores } => {
            let counts = scores.confusion.clone();
            Some(judged::confusion(of, kind, classes.clone(), counts))
        }
        _ => None,
    }
}

fn residuals(of: &str, kind: &str, predictions: &Predictions, actual: &[f64]) -> Option<Residuals> {
    match predictions {
        Predictions::Numbers { columns, values } => {
            Some(judged::residuals(of, kind, columns, actual, values.values()))
        }
        _ => None,
    }
}

fn values<'a>(table: &'a Table, name: &str) -> Option<&'a Values> {
    table.column(name).map(|column| &column.values)
}

/// A training on a table that has ended, and what it was made of.
pub(crate) struct TrainedTable<'a> {
    pub(crate) trained: &'a Trained,
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) table: &'a Table,
    pub(crate) validation: Option<&'a Table>,
    pub(crate) threads: NonZeroUsize,
}

impl TrainedTable<'_> {
    /// The scores it is judged by, and of which rows they are.
    fn judged(&self) -> (&Scores, &'static str) {
        match &self.trained.validation {
            Some(scores) => (scores, "held-out "),
            None => (&self.trained.training, "training "),
        }
    }

    /// The rows it is judged by, with their table, and what they are called.
    pub(crate) fn judged_rows(&self) -> (&Table, &[u32], &'static str) {
        let held_out = &self.trained.held_out_rows;
        match (self.validation, held_out.is_empty()) {
            (Some(table), _) => (table, held_out, "held-out"),
            (None, false) => (self.table, held_out, "held-out"),
            (None, true) => (self.table, &self.trained.rows, "training"),
        }
    }
}

impl PlotSource for TrainedTable<'_> {
    fn training(&self) -> Training<'_> {
        Training {
            recipe: &self.trained.recipe,
            architecture: self.trained.network.architecture(),
            summary: &self.trained.summary,
            unit: "row",
        }
    }

    fn confusion(&self, of: &str) -> Option<ConfusionMatrix> {
        let (scores, kind) = self.judged();
        confusion(of, kind, scores)
    }

    fn reliability(&self, of: &str) -> Result<Option<Reliability>> {
        let (scores, kind) = self.judged();
        Ok(reliability(of, kind, scores))
    }

    fn residuals(&self, of: &str) -> Result<Option<Residuals>> {
        let (table, rows, _) = self.judged_rows();
        let actual = self.trained.preparation.target().numbers(table, rows)?;
        let predictions = match &self.trained.held_out_predictions {
            Some(predictions) => predictions.clone(),
            None => self.trained.predict(table, rows, self.threads)?.0,
        };
        Ok(residuals(of, self.judged().1, &predictions, &actual))
    }

    fn weights(&self, of: &str) -> WeightPicture {
        let inputs = self.trained.preparation.feature_names();
        let image = of_columns(&self.plan.columns().features, &inputs);
        match &self.trained.network {
            AnyNetwork::F32(network) => weights(of, network, inputs, image),
            AnyNetwork::F64(network) => weights(of, network, inputs, image),
        }
    }

    fn boundary(&self, of: &str) -> Result<Option<Boundary>> {
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
                first(&numbers, target.columns().len())
            }
        };
        let inputs = rows.iter().map(|&row| (across[row as usize], up[row as usize]));
        let points = points(inputs, targets);
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
            notes: Vec::new(),
            left_out: Vec::new(),
            spellings: Vec::new(),
        };
        let (predictions, _) = self.trained.predict(&asking, &asked, self.threads)?;
        let field = field(predictions);
        Ok(Some(boundary(of, [x, y], grid, points, field)))
    }
}

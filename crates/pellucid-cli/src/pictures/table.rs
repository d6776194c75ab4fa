//! The pictures of a network that was trained on a table.

use super::boundary::Drawn;
use super::first_layer::{of_columns, weights};
use super::judged::{Rows, by_column, confusion, residuals};
use super::{Learns, Offer, PlotSet, PlotSource};
use anyhow::Result;
use pellucid::Recipe;
use pellucid::model::network::Architecture;
use pellucid::recipe::Task;
use pellucid::session::Summary;
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

/// The pictures of a model's predictions for a table whose targets are known.
pub(crate) fn judged(
    of: &str,
    scores: &Scores,
    predictions: &Predictions,
    answers: &Answers,
    theme: Theme,
) -> PlotSet {
    let mut plot_set = PlotSet::default();
    match (scores, predictions) {
        (Scores::Classification { classes, scores }, _) => {
            plot_set.confusion = Some(confusion(
                of,
                Rows::Given,
                classes,
                scores.confusion.clone(),
                theme,
            ));
        }
        (_, Predictions::Numbers { columns, values }) => {
            let targets = by_column(columns, answers.numbers(), values.values());
            plot_set.residuals = Some(residuals(of, Rows::Given, targets, theme));
        }
        _ => {}
    }
    plot_set
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
    fn judged(&self) -> (&Scores, Rows) {
        match &self.trained.validation {
            Some(scores) => (scores, Rows::HeldOut),
            None => (&self.trained.training, Rows::Training),
        }
    }
}

impl PlotSource for TrainedTable<'_> {
    fn recipe(&self) -> &Recipe {
        &self.trained.recipe
    }

    fn summary(&self) -> &Summary {
        &self.trained.summary
    }

    fn architecture(&self) -> &Architecture {
        self.trained.network.architecture()
    }

    fn unit(&self) -> &'static str {
        "row"
    }

    fn confusion(&self) -> Option<(Rows, Vec<String>, Vec<Vec<usize>>)> {
        match self.judged() {
            (Scores::Classification { classes, scores }, rows) => {
                Some((rows, classes.clone(), scores.confusion.clone()))
            }
            _ => None,
        }
    }

    fn residuals(&self) -> Result<Option<(Rows, Vec<TargetResiduals>)>> {
        let held_out = &self.trained.held_out_rows;
        let (table, rows) = match (self.validation, held_out.is_empty()) {
            (Some(table), _) => (table, held_out),
            (None, false) => (self.table, held_out),
            (None, true) => (self.table, &self.trained.rows),
        };
        let actual = self.trained.preparation.target().numbers(table, rows)?;
        let (predictions, _) = self.trained.predict(table, rows, self.threads)?;
        Ok(match predictions {
            Predictions::Numbers { columns, values } => {
                Some((self.judged().1, by_column(&columns, &actual, values.values())))
            }
            _ => None,
        })
    }

    fn weights(&self, of: &str, theme: Theme) -> WeightPicture {
        let inputs = self.trained.preparation.feature_names();
        let image = of_columns(&self.plan.columns().features, &inputs);
        match &self.trained.network {
            AnyNetwork::F32(network) => weights(of, network, inputs, image, theme),
            AnyNetwork::F64(network) => weights(of, network, inputs, image, theme),
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
        let (predictions, _) = self.trained.predict(&asking, &asked, self.threads)?;
        let drawn = Drawn {
            labels: (x.clone(), y.clone()),
            grid,
            points,
        };
        Ok(Some((drawn, predictions)))
    }
}

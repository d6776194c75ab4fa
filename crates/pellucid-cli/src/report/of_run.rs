//! The page of a run by a recipe.

use super::facts::{Course, facts, seconds};
use super::{findings, footer, repeat, table};
use crate::pictures::Album;
use crate::score_text::{count, figure_name, number};
use anyhow::Result;
use pellucid::evaluation::evaluate::Evaluation;
use pellucid::inspection::diagnosis::Finding;
use pellucid::session::record::MetricsRecord;
use pellucid::{EndedBy, Experiment, Scalar};
use pellucid_report::{PageTable, Report};
use std::path::Path;

/// A run that is over.
pub(crate) struct Subject<'a, T> {
    pub(crate) title: &'a str,
    pub(crate) experiment: &'a Experiment<T>,
    pub(crate) metrics: &'a MetricsRecord,
    pub(crate) held_out: Option<usize>,
    pub(crate) best_epoch: Option<u64>,
    pub(crate) ended_by: EndedBy,
    pub(crate) seconds: f64,
    pub(crate) data: Option<&'a Path>,
    pub(crate) findings: &'a [Finding],
}

impl<T: Scalar> Subject<'_, T> {
    pub(crate) fn page(self, album: Album) -> Result<Report> {
        let folder = self.data.map(|data| data.to_string_lossy());
        let mut command = vec!["pellucid", "run", "recipe.toml"];
        command.extend(folder.iter().flat_map(|folder| ["--data", folder]));
        let mut recipe = self.experiment.recipe().clone();
        recipe.log.every = Some(recipe.log_every());
        Ok(Report {
            title: self.title.to_owned(),
            lead: self.lead(),
            figures: self.figures(),
            tables: vec![self.scores()],
            facts: self.facts(),
            sections: album.into_sections(Vec::new()),
            repeat: repeat(recipe.to_toml()?, &command, Vec::new()),
            findings: Some(findings(self.findings)),
            footer: footer(),
        })
    }

    /// What it is judged by, and how these rows are called.
    fn judged(&self) -> (&Evaluation, &'static str) {
        match (&self.metrics.test, &self.metrics.validation) {
            (Some(test), _) => (test, "test"),
            (None, Some(held_out)) => (held_out, "held out"),
            (None, None) => (&self.metrics.training, "training"),
        }
    }

    fn lead(&self) -> String {
        let rows = self.experiment.training().rows();
        let samples = if rows == 1 {
            "1 sample".into()
        } else {
            format!("{} samples", count(rows))
        };
        let epochs = self.experiment.completed_epochs() as usize;
        let epochs = if epochs == 1 {
            "1 epoch".into()
        } else {
            format!("{} epochs", count(epochs))
        };
        format!(
            "A network with {} parameters, trained for {epochs} ({} steps) on {samples}.",
            count(self.experiment.network().architecture().trained_count()),
            count(self.experiment.updates() as usize),
        )
    }

    fn figures(&self) -> Vec<(String, String)> {
        let (judged, of) = self.judged();
        let first = judged.metrics.iter().take(1);
        let mut figures: Vec<(String, String)> = first
            .map(|(metric, value)| (format!("{}, {of}", figure_name(&metric.name())), number(*value)))
            .collect();
        figures.push((format!("loss, {of}"), number(judged.loss)));
        figures.push((
            "parameters".into(),
            count(self.experiment.network().architecture().trained_count()),
        ));
        figures.push((
            "epochs".into(),
            count(self.experiment.completed_epochs() as usize),
        ));
        figures.push(("training time".into(), seconds(self.seconds)));
        figures
    }

    fn scores(&self) -> PageTable {
        let metrics = self.metrics;
        let mut columns = vec![("training", self.experiment.training().rows(), &metrics.training)];
        columns.extend(
            metrics
                .validation
                .as_ref()
                .zip(self.held_out)
                .map(|(of, rows)| ("held out", rows, of)),
        );
        let test = self.experiment.test().map(|test| test.rows());
        columns.extend(
            metrics
                .test
                .as_ref()
                .zip(test)
                .map(|(of, rows)| ("test", rows, of)),
        );
        let head = std::iter::once(String::new()).chain(columns.iter().map(|column| column.0.to_owned()));
        let line = |name: &str, of: &dyn Fn(usize, &Evaluation) -> String| -> Vec<String> {
            let cells = columns.iter().map(|(_, rows, evaluation)| of(*rows, evaluation));
            std::iter::once(name.to_owned()).chain(cells).collect()
        };
        let mut rows = vec![
            line("rows", &|rows, _| count(rows)),
            line("loss", &|_, evaluation| number(evaluation.loss)),
        ];
        for (metric, _) in &metrics.training.metrics {
            let of = |evaluation: &Evaluation| {
                let found = evaluation.metrics.iter().find(|(other, _)| other == metric);
                found.map_or("–".into(), |(_, value)| number(*value))
            };
            rows.push(line(&figure_name(&metric.name()), &|_, evaluation| {
                of(evaluation)
            }));
        }
        table("", head.collect(), rows)
    }

    fn facts(&self) -> Vec<(String, String)> {
        let recipe = self.experiment.recipe();
        let source = serde_json::json!(recipe.data.source);
        let features = self.experiment.training().features().columns();
        let data = format!(
            "{}: {} training samples of {} numbers{}",
            source.as_str().unwrap_or("inline"),
            count(self.experiment.training().rows()),
            count(features),
            if recipe.data.standardise {
                ", standardised"
            } else {
                ""
            }
        );
        let course = Course {
            epochs: self.experiment.completed_epochs(),
            best_epoch: self.best_epoch,
            ended_by: self.ended_by,
            seconds: self.seconds,
            threads: self.experiment.threads(),
        };
        let of_run = facts(recipe, self.experiment.network().architecture(), &course);
        std::iter::once(("Data".to_owned(), data)).chain(of_run).collect()
    }
}

//! Curves over epochs.

use crate::score_text::figure_name;
use pellucid_report::{Guide, LineChart, PanelGrid, Scale, Series, Theme};

/// Pairs of an epoch and a number.
pub(super) type Points = Vec<(f64, f64)>;

/// What is known of each epoch, for curves.
#[derive(Debug, Default)]
pub(super) struct Curves {
    pub(super) training: Points,
    pub(super) validation: Points,
    /// By name: of training rows, and of held-out rows.
    pub(super) metrics: Vec<(String, Points, Points)>,
    /// The epoch whose weights are kept, where held-out rows told it.
    pub(super) best: Option<u64>,
}

impl Curves {
    /// Adds what a metric came to in an epoch.
    pub(super) fn add(&mut self, name: &str, is_validation: bool, epoch: f64, value: f64) {
        let at = self
            .metrics
            .iter()
            .position(|(known, ..)| known == name)
            .unwrap_or_else(|| {
                self.metrics.push((name.to_owned(), Vec::new(), Vec::new()));
                self.metrics.len() - 1
            });
        let (_, training, validation) = &mut self.metrics[at];
        (if is_validation { validation } else { training }).push((epoch, value));
    }

    fn best(&self) -> Vec<Guide> {
        let guide = |epoch: u64| Guide::Upright(epoch as f64, format!("kept: epoch {epoch}"));
        self.best.map(guide).into_iter().collect()
    }

    /// Losses over epochs. `per` is what they are means of.
    pub(super) fn loss(&self, title: &str, loss: &str, per: &str, theme: Theme) -> LineChart {
        let loss = loss.replace('_', " ");
        let both = self.training.iter().chain(&self.validation);
        let mut chart = LineChart {
            theme,
            y_scale: scale_for(both.map(|point| point.1)),
            guides: self.best(),
            ..LineChart::new(title, "epoch", format!("{loss} (mean of a {per})"))
        };
        let alone = self.validation.is_empty();
        chart.series.push(series(
            if alone { "training loss" } else { "training" },
            &self.training,
        ));
        if !alone {
            chart.series.push(series("validation", &self.validation));
        }
        chart
    }

    /// A chart for each metric.
    pub(super) fn metrics(&self, title: &str, theme: Theme) -> Option<PanelGrid> {
        let chart = |(name, training, validation): &(String, Points, Points)| LineChart {
            series: [("training", training), ("validation", validation)]
                .into_iter()
                .filter(|(_, points)| !points.is_empty())
                .map(|(name, points)| series(name, points))
                .collect(),
            guides: self.best(),
            ..LineChart::new("", "epoch", figure_name(name))
        };
        (!self.metrics.is_empty()).then(|| PanelGrid {
            subtitle: Some(title.to_owned()),
            panels: self.metrics.iter().map(chart).collect(),
            theme,
            ..PanelGrid::new("Metrics by epoch")
        })
    }
}

fn series(name: &str, points: &Points) -> Series {
    Series {
        name: name.into(),
        points: points.clone(),
    }
}

/// A logarithmic scale if the values span more than a factor of 30 and all are positive.
pub(crate) fn scale_for(values: impl Iterator<Item = f64>) -> Scale {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
    if low > 0.0 && high / low > 30.0 {
        Scale::Log
    } else {
        Scale::Linear
    }
}

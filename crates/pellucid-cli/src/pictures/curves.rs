//! Learning curves: losses and metrics over epochs.

use crate::score_text::figure_name;
use pellucid::evaluation::metrics::{Meters, Metric, suited_to};
use pellucid::training::observe::{Event, History, LossCurve, Observer, Position};
use pellucid::{Recipe, Scalar, Session};
use pellucid_report::{Guide, LineChart, PanelGrid, Scale, Series, Theme};
use std::ops::ControlFlow;

/// Points of a training curve: more than a picture has pixels.
const CURVE_POINTS: u64 = 4000;
/// Points of a metric's curve: enough for a small chart, since each costs an epoch's metrics.
const METRIC_POINTS: u64 = 500;

/// Pairs of an epoch and a number.
type Points = Vec<(f64, f64)>;

/// What is known of each epoch, for curves.
#[derive(Debug, Default)]
pub(crate) struct Curves {
    training: Points,
    validation: Points,
    /// By name: of training rows, and of held-out rows.
    metrics: Vec<(String, Points, Points)>,
    /// The epoch whose weights are kept, where held-out rows chose it.
    best: Option<u64>,
}

/// Observes a training for its curves.
pub(crate) struct CurveRecorder {
    loss: LossCurve,
    /// Metrics of training rows; those of the training's own history where there is none.
    metrics: Option<History>,
    curves: Curves,
}

impl CurveRecorder {
    /// Curves of a training on a table: its loss, and the metrics of its history.
    pub(crate) fn of_table(recipe: &Recipe) -> Self {
        Self {
            loss: LossCurve::new(recipe.train.epochs.div_ceil(CURVE_POINTS)),
            metrics: None,
            curves: Curves::default(),
        }
    }

    /// Curves of a training on a recipe's samples, as far as they are wanted: the loss, and of training rows the metrics
    /// that the recipe names, and accuracy where targets are classes.
    pub(crate) fn of_samples<T: Scalar>(session: &Session<'_, T>, loss: bool, metrics: bool) -> Self {
        let (recipe, training) = (session.recipe(), session.training());
        let history = || {
            let mut metrics = recipe.log.metrics.clone();
            metrics.retain(|metric| *metric != Metric::YPred);
            let suited = suited_to(recipe.train.loss, training.targets().are_zero_or_one());
            if metrics.is_empty() {
                metrics = suited;
            } else if suited.contains(&Metric::Accuracy) && !metrics.contains(&Metric::Accuracy) {
                metrics.insert(0, Metric::Accuracy);
            }
            let every = recipe.train.epochs.div_ceil(METRIC_POINTS);
            History::new(every, 1, Meters::new(&metrics, training))
        };
        let every = match loss {
            true => recipe.train.epochs.div_ceil(CURVE_POINTS),
            false => u64::MAX,
        };
        Self {
            loss: LossCurve::new(every),
            metrics: metrics.then(history),
            curves: Curves::default(),
        }
    }

    /// The curves of the training, of which the weights of the best epoch are kept, if there is one.
    pub(crate) fn into_curves(self, best: Option<u64>) -> Curves {
        let losses = self.loss.points().iter();
        let mut curves = Curves {
            training: losses.map(|&(epoch, loss)| (epoch as f64, loss)).collect(),
            best,
            ..self.curves
        };
        let mut of_held_out = std::mem::take(&mut curves.metrics);
        for entry in self.metrics.iter().flat_map(History::entries) {
            for (metric, value) in &entry.metrics {
                curves.add(&metric.name(), false, entry.epoch as f64, *value);
            }
        }
        for (name, training, validation) in of_held_out.drain(..) {
            let (_, of_training, of_validation) = curves.metric(&name);
            of_training.extend(training);
            of_validation.extend(validation);
        }
        curves
    }
}

impl<T: Scalar> Observer<T> for CurveRecorder {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let of_loss = Observer::<T>::on(&mut self.loss, event);
        if let Some(metrics) = &mut self.metrics {
            let of_metrics = Observer::<T>::on(metrics, event);
            debug_assert!(of_metrics.is_continue());
        }
        if let Event::Recorded { position, record, .. } = event {
            let epoch = (position.epoch + 1) as f64;
            if let Some(found) = &record.validation {
                self.curves.validation.push((epoch, found.loss));
                for (metric, value) in &found.metrics {
                    self.curves.add(&metric.name(), true, epoch, *value);
                }
            }
            if self.metrics.is_none() {
                for (metric, value) in &record.metrics {
                    self.curves.add(&metric.name(), false, epoch, *value);
                }
            }
        }
        of_loss
    }

    fn next_step(&mut self, next: Position) -> u64 {
        let metrics = self.metrics.as_mut();
        metrics.map_or(u64::MAX, |metrics| Observer::<T>::next_step(metrics, next))
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        let metrics = self.metrics.as_mut();
        let of_metrics = metrics.map_or(u64::MAX, |metrics| Observer::<T>::next_epoch(metrics, next));
        of_metrics.min(Observer::<T>::next_epoch(&mut self.loss, next))
    }
}

impl Curves {
    /// A metric's points, of training rows and of held-out rows.
    fn metric(&mut self, name: &str) -> &mut (String, Points, Points) {
        let known = self.metrics.iter().position(|(known, ..)| known == name);
        let at = known.unwrap_or_else(|| {
            self.metrics.push((name.to_owned(), Vec::new(), Vec::new()));
            self.metrics.len() - 1
        });
        &mut self.metrics[at]
    }

    /// Adds a metric of an epoch.
    fn add(&mut self, name: &str, is_validation: bool, epoch: f64, value: f64) {
        let (_, training, validation) = self.metric(name);
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
            subtitle: self
                .best
                .map(|epoch| format!("the weights of epoch {epoch} are kept")),
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

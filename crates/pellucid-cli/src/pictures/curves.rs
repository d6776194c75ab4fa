//! Learning curves: losses and metrics over epochs.

use super::PlotSource;
use crate::score_text::figure_name;
use pellucid::evaluation::metrics::{Meters, Metric, suited_to};
use pellucid::training::observe::{Event, History, LossCurve, Observer, Position};
use pellucid::{Recipe, Scalar, Session};
use pellucid_report::{Guide, LineChart, PanelGrid, Scale, Series};
use std::ops::ControlFlow;

/// Points of a training curve: more than a picture has pixels.
const CURVE_POINTS: u64 = 4000;
/// Points of a metric's curve: enough for a small chart, since each costs an epoch's metrics.
const METRIC_POINTS: u64 = 500;

/// Pairs of an epoch and a number.
type Points = Vec<(f64, f64)>;

/// What is known of each epoch, for curves.
#[derive(Debug)]
pub(crate) struct Curves {
    training: Points,
    validation: Points,
    /// By name: of training rows, and of held-out rows.
    metrics: Vec<(String, [Points; 2])>,
    /// The epoch whose weights are kept, where held-out rows chose it.
    best: Option<u64>,
}

/// Observes a training for its curves.
pub(crate) struct CurveRecorder {
    loss: LossCurve,
    /// Metrics of training rows; those of the training's own history where there is none.
    metrics: Option<History>,
    validation: Points,
    /// Other metrics: of training rows or of held-out rows (1), and epoch and number.
    recorded: Vec<(Metric, usize, (f64, f64))>,
}

impl CurveRecorder {
    fn new(every: u64, metrics: Option<History>) -> Self {
        Self {
            loss: LossCurve::new(every),
            metrics,
            validation: Vec::new(),
            recorded: Vec::new(),
        }
    }

    /// Curves of a training on a table: its loss, and the metrics of its history.
    pub(crate) fn of_table(recipe: &Recipe) -> Self {
        Self::new(recipe.train.epochs.div_ceil(CURVE_POINTS), None)
    }

    /// Curves of a training on a recipe's samples, as far as they are wanted: the loss, and of training rows the metrics
    /// that the recipe names, and accuracy where targets are classes.
    pub(crate) fn of_samples<T: Scalar>(session: &Session<'_, T>, loss: bool, metrics: bool) -> Self {
        let (recipe, training) = (session.recipe(), session.training());
        let epochs = recipe.train.epochs;
        let history = || {
            let mut metrics = recipe.log.metrics.clone();
            metrics.retain(|metric| *metric != Metric::YPred);
            let suited = suited_to(recipe.train.loss, training.targets().are_zero_or_one());
            if metrics.is_empty() {
                metrics = suited;
            } else if suited.contains(&Metric::Accuracy) && !metrics.contains(&Metric::Accuracy) {
                metrics.insert(0, Metric::Accuracy);
            }
            History::new(epochs.div_ceil(METRIC_POINTS), 1, Meters::new(&metrics, training))
        };
        let every = if loss {
            epochs.div_ceil(CURVE_POINTS)
        } else {
            u64::MAX
        };
        Self::new(every, metrics.then(history))
    }

    /// The curves of the training, of which the weights of the best epoch are kept, if there is one.
    pub(crate) fn into_curves(self, best: Option<u64>) -> Curves {
        let losses = self.loss.points().iter();
        let mut curves = Curves {
            training: losses.map(|&(epoch, loss)| (epoch as f64, loss)).collect(),
            validation: self.validation,
            metrics: Vec::new(),
            best,
        };
        let entries = self.metrics.iter().flat_map(History::entries);
        let logged = entries.flat_map(|entry| {
            let epoch = entry.epoch as f64;
            entry
                .metrics
                .iter()
                .map(move |(metric, value)| (*metric, 0, (epoch, *value)))
        });
        for (metric, rows, point) in logged.chain(self.recorded) {
            curves.points(&metric.name())[rows].push(point);
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
            let mut add = |rows: usize, metrics: &[(Metric, f64)]| {
                let metrics = metrics
                    .iter()
                    .map(|(metric, value)| (*metric, rows, (epoch, *value)));
                self.recorded.extend(metrics);
            };
            if let Some(found) = &record.validation {
                self.validation.push((epoch, found.loss));
                add(1, &found.metrics);
            }
            if self.metrics.is_none() {
                add(0, &record.metrics);
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
    fn points(&mut self, name: &str) -> &mut [Points; 2] {
        let known = self.metrics.iter().position(|(known, _)| known == name);
        let at = known.unwrap_or_else(|| {
            self.metrics.push((name.to_owned(), Default::default()));
            self.metrics.len() - 1
        });
        &mut self.metrics[at].1
    }

    fn best(&self) -> Vec<Guide> {
        let guide = |epoch: u64| Guide::Upright(epoch as f64, format!("kept: epoch {epoch}"));
        self.best.map(guide).into_iter().collect()
    }

    /// Losses over epochs.
    pub(crate) fn loss(&self, title: &str, source: &dyn PlotSource) -> LineChart {
        let training = source.training();
        let loss = training.recipe.logged_loss().name().replace('_', " ");
        let both = self.training.iter().chain(&self.validation);
        let kept = |epoch| format!("the weights of epoch {epoch} are kept");
        let series = match self.validation.is_empty() {
            true => vec![series("training loss", &self.training)],
            false => vec![
                series("training", &self.training),
                series("validation", &self.validation),
            ],
        };
        LineChart {
            y_scale: scale_for(both.map(|point| point.1)),
            guides: self.best(),
            subtitle: self.best.map_or_else(String::new, kept),
            series,
            ..LineChart::new(title, "epoch", format!("{loss} (mean of a {})", training.unit))
        }
    }

    /// A chart for each metric.
    pub(super) fn metrics(&self, title: &str) -> Option<PanelGrid> {
        let chart = |(name, [training, validation]): &(String, [Points; 2])| LineChart {
            series: [("training", training), ("validation", validation)]
                .into_iter()
                .filter(|(_, points)| !points.is_empty())
                .map(|(name, points)| series(name, points))
                .collect(),
            guides: self.best(),
            ..LineChart::new("", "epoch", figure_name(name))
        };
        (!self.metrics.is_empty()).then(|| PanelGrid {
            subtitle: title.to_owned(),
            panels: self.metrics.iter().map(chart).collect(),
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

//! Learning curves: losses and metrics over epochs.

use super::PlotSource;
use crate::score_text::figure_name;
use pellucid::evaluation::metrics::{Meters, Metric, suited_to};
use pellucid::state::State;
use pellucid::training::observe::{Event, Observer, Position};
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
#[derive(Debug, Default)]
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
    /// The number of epochs between two losses.
    every: u64,
    /// Metrics of training rows, and the number of epochs between two of them; those of the training's own history where
    /// there are none.
    metrics: Option<(u64, Meters)>,
    curves: Curves,
}

impl CurveRecorder {
    fn new(every: u64, metrics: Option<(u64, Meters)>) -> Self {
        Self {
            every: every.max(1),
            metrics,
            curves: Curves::default(),
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
        let meters = || {
            let mut metrics = recipe.log.metrics.clone();
            metrics.retain(|metric| *metric != Metric::YPred);
            let suited = suited_to(recipe.train.loss, training.targets().are_zero_or_one());
            if metrics.is_empty() {
                metrics = suited;
            } else if suited.contains(&Metric::Accuracy) && !metrics.contains(&Metric::Accuracy) {
                metrics.insert(0, Metric::Accuracy);
            }
            let every = epochs.div_ceil(METRIC_POINTS).max(1);
            (every, Meters::new(&metrics, training))
        };
        let every = if loss {
            epochs.div_ceil(CURVE_POINTS)
        } else {
            u64::MAX
        };
        Self::new(every, metrics.then(meters))
    }

    /// The curves of the training, of which the weights of the best epoch are kept, if there is one.
    pub(crate) fn into_curves(self, best: Option<u64>) -> Curves {
        Curves { best, ..self.curves }
    }

    /// The next epoch, this one included, whose metrics it measures.
    fn next_measured(&self, epoch: u64) -> u64 {
        let every = self.metrics.as_ref().map(|(every, _)| *every);
        every.map_or(u64::MAX, |every| epoch.next_multiple_of(every))
    }
}

impl<T: Scalar> Observer<T> for CurveRecorder {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step {
                position,
                outputs,
                targets,
                ..
            } => {
                if let Some((every, meters)) = &mut self.metrics
                    && position.epoch.is_multiple_of(*every)
                {
                    meters.add(outputs, targets);
                }
            }
            Event::Epoch { position, loss, .. } => {
                let epoch = (position.epoch + 1) as f64;
                if position.next_of_every(self.every) == position.epoch {
                    self.curves.training.push((epoch, *loss));
                }
                if let Some((every, meters)) = &mut self.metrics
                    && position.epoch.is_multiple_of(*every)
                {
                    self.curves.add(0, epoch, &meters.take());
                }
            }
            Event::Recorded { position, record, .. } => {
                let epoch = (position.epoch + 1) as f64;
                if let Some(found) = &record.validation {
                    self.curves.validation.push((epoch, found.loss));
                    self.curves.add(1, epoch, &found.metrics);
                }
                if self.metrics.is_none() {
                    self.curves.add(0, epoch, &record.metrics);
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        match self.next_measured(next.epoch) {
            epoch if epoch == next.epoch => next.step,
            epoch => epoch.saturating_mul(next.steps_per_epoch),
        }
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        self.next_measured(next.epoch).min(next.next_of_every(self.every))
    }

    fn save(&self, state: &mut State) {
        self.curves.save(state);
        if let Some((_, meters)) = &self.metrics {
            meters.save("curves/meters", state);
        }
    }

    fn load(&mut self, state: &State) -> pellucid::Result<()> {
        // The command may draw other pictures than the one that was interrupted: then its curves begin here.
        self.curves = Curves::from_state(state)?;
        match &mut self.metrics {
            Some((_, meters)) if state.has("curves/meters/sums") => meters.load("curves/meters", state),
            _ => Ok(()),
        }
    }
}

const CURVES: &str = "curves/";

fn put_points(state: &mut State, name: &str, points: &Points) {
    let numbers: Vec<f64> = points.iter().flat_map(|&(epoch, value)| [epoch, value]).collect();
    state.put_numbers(name, &numbers);
}

fn points_of(state: &State, name: &str) -> pellucid::Result<Points> {
    let numbers = state.numbers::<f64>(name)?;
    Ok(numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}

impl Curves {
    fn save(&self, state: &mut State) {
        put_points(state, "curves/training", &self.training);
        put_points(state, "curves/validation", &self.validation);
        for (at, (name, points)) in self.metrics.iter().enumerate() {
            for (rows, points) in points.iter().enumerate() {
                put_points(state, &format!("{CURVES}{at:03}/{rows}/{name}"), points);
            }
        }
    }

    fn from_state(state: &State) -> pellucid::Result<Self> {
        if !state.has("curves/training") {
            return Ok(Self::default());
        }
        let mut curves = Self {
            training: points_of(state, "curves/training")?,
            validation: points_of(state, "curves/validation")?,
            ..Self::default()
        };
        // Sorted by their number, and by rows.
        for (key, _) in state.arrays() {
            let mut parts = key
                .strip_prefix(CURVES)
                .into_iter()
                .flat_map(|rest| rest.splitn(3, '/'));
            let (Some(_), Some(rows), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            let rows = usize::from(rows == "1");
            if curves.metrics.last().is_none_or(|(last, _)| last != name) {
                curves.metrics.push((name.to_owned(), Default::default()));
            }
            if let Some((_, points)) = curves.metrics.last_mut() {
                points[rows] = points_of(state, key)?;
            }
        }
        Ok(curves)
    }

    /// Adds metrics of an epoch: of training rows, or of held-out rows (1).
    fn add(&mut self, rows: usize, epoch: f64, metrics: &[(Metric, f64)]) {
        for (metric, value) in metrics {
            let name = metric.name();
            let known = self.metrics.iter().position(|(known, _)| *known == name);
            let at = known.unwrap_or_else(|| {
                self.metrics.push((name.to_string(), Default::default()));
                self.metrics.len() - 1
            });
            self.metrics[at].1[rows].push((epoch, *value));
        }
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

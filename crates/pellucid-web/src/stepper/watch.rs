//! The observer that interrupts a training after the steps asked for, or when their time is over, and keeps its states.

use crate::clock;
use crate::history::HistoryPoint;
use pellucid::data::dataset::Dataset;
use pellucid::evaluation::evaluate::Evaluator;
use pellucid::evaluation::metrics::Metric;
use pellucid::session::record::Number;
use pellucid::state::State;
use pellucid::training::checkpoints::Checkpoints;
use pellucid::training::observe::{Event, Observer, Position, end_if};
use pellucid::{Loss, Network, Scalar};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// The seconds between two looks at the clock.
const BETWEEN_LOOKS: f64 = 1e-3;

/// The most states that are kept before they are thinned out.
const MOST_STATES: usize = 64;

/// A number of steps, the state after them, and the network.
pub type KeptState<T> = (u64, State, Network<T>);

/// Interrupts a training, and keeps its states.
pub struct Watch<'a, T: Scalar> {
    begin: Option<State>,
    /// The network after the last observed event.
    network: Network<T>,
    /// The number of steps to stop after, of the whole run.
    target: u64,
    steps_per_epoch: u64,
    deadline: Option<f64>,
    /// The number of steps of the next look at the clock, and from there to the one after it.
    look: u64,
    every: u64,
    looked: f64,
    /// The steps after which the last state was kept, and to the next one.
    kept: u64,
    spacing: u64,
    is_due: bool,
    is_interrupted: bool,
    states: Vec<KeptState<T>>,
    points: Vec<HistoryPoint>,
    metric: Option<Metric>,
    test: Option<(&'a Dataset<T>, Loss)>,
    evaluator: Evaluator<T>,
    tested: Option<(f64, Option<f64>)>,
}

impl<'a, T: Scalar> Watch<'a, T> {
    /// A watch over a training that continues from `begin` with `network` after `step` steps, up to `target` steps or a
    /// moment of the clock.
    pub fn new(
        begin: Option<State>,
        network: Network<T>,
        (step, target, steps_per_epoch): (u64, u64, u64),
        deadline: Option<f64>,
        (kept, spacing): (u64, u64),
        metric: Option<Metric>,
    ) -> Self {
        Self {
            begin,
            network,
            target,
            steps_per_epoch,
            deadline,
            look: step + 1,
            every: 1,
            looked: clock::seconds(),
            kept,
            spacing,
            is_due: false,
            is_interrupted: false,
            states: Vec::new(),
            points: Vec::new(),
            metric,
            test: None,
            evaluator: Evaluator::default(),
            tested: None,
        }
    }

    /// Measures recorded epochs on test rows, too.
    pub fn test_on(&mut self, test: &'a Dataset<T>, loss: Loss) {
        self.test = Some((test, loss));
    }

    /// The states, each with its number of steps and its network, the recorded epochs, and the steps between the states.
    pub fn into_parts(self) -> (Vec<KeptState<T>>, Vec<HistoryPoint>, u64) {
        (self.states, self.points, self.spacing)
    }

    fn is_end_of_epoch(&self, steps: u64) -> bool {
        steps.is_multiple_of(self.steps_per_epoch)
    }

    /// Decides after `steps` steps whether the state is kept and whether the training is interrupted.
    fn look(&mut self, steps: u64, parameters: &[T]) -> ControlFlow<()> {
        let is_there = steps >= self.target;
        let mut is_over = is_there;
        if steps >= self.look {
            let now = clock::seconds();
            is_over |= self.deadline.is_some_and(|deadline| now >= deadline);
            match now - self.looked {
                passed if passed < BETWEEN_LOOKS => self.every = self.every.saturating_mul(2),
                passed if passed > 4.0 * BETWEEN_LOOKS => self.every = (self.every / 2).max(1),
                _ => {}
            }
            self.looked = now;
            self.look = steps + self.every.min(self.spacing);
            if self.steps_per_epoch > 1 && self.is_end_of_epoch(self.look) {
                self.look += 1;
            }
        }
        self.is_due = steps >= self.kept + self.spacing;
        if self.is_due || is_over {
            self.network.parameters_mut().copy_from_slice(parameters);
        }
        self.is_interrupted = is_over;
        end_if(is_over)
    }
}

impl<T: Scalar> Observer<T> for Watch<'_, T> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step {
                position,
                trainer,
                parameters,
                ..
            } => {
                let steps = position.step + 1;
                if self.is_end_of_epoch(steps) {
                    return ControlFlow::Continue(()); // the epoch's own event follows
                }
                let parameters = trainer.map_or(*parameters, |trainer| trainer.network().parameters());
                self.look(steps, parameters)
            }
            Event::Epoch {
                position, network, ..
            } => {
                self.tested = self.test.map(|(test, loss)| {
                    let metrics = self.metric.as_slice();
                    let found = self
                        .evaluator
                        .evaluate(network, test, loss, metrics, NonZeroUsize::MIN);
                    (found.loss, found.metrics.first().map(|(_, value)| *value))
                });
                self.look(position.step + 1, network.parameters())
            }
            Event::Recorded {
                position,
                record,
                is_logged,
                ..
            } => {
                if *is_logged {
                    let (epoch, step) = (position.epoch + 1, position.step + 1);
                    let mut point = HistoryPoint::new(record, epoch, step, self.metric);
                    if let Some((loss, metric)) = self.tested {
                        point.test_loss = Some(Number(loss));
                        point.test_metric = metric.map(Number);
                    }
                    self.points.push(point);
                }
                ControlFlow::Continue(())
            }
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        if self.steps_per_epoch == 1 {
            return u64::MAX;
        }
        let target = match self.is_end_of_epoch(self.target) {
            true => u64::MAX,
            false => self.target,
        };
        (target.min(self.look) - 1).max(next.step)
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        let mut epoch = u64::MAX;
        if self.is_end_of_epoch(self.target) {
            epoch = self.target / self.steps_per_epoch - 1;
        }
        if self.steps_per_epoch == 1 {
            epoch = epoch.min(self.look - 1);
        }
        epoch.max(next.epoch)
    }

    fn checkpoints(&mut self) -> Option<&mut dyn Checkpoints> {
        Some(self)
    }
}

impl<T: Scalar> Checkpoints for Watch<'_, T> {
    fn begin(&mut self) -> Option<State> {
        self.begin.take()
    }

    fn is_due(&mut self) -> bool {
        self.is_due
    }

    fn keep(&mut self, state: State) {
        let steps = state.count("position").map_or(0, |[_, steps]| steps);
        self.kept = steps;
        self.is_due = false;
        if self.states.len() >= MOST_STATES {
            self.spacing = self.spacing.saturating_mul(2);
            let mut index = 0;
            self.states.retain(|_| {
                index += 1;
                index % 2 == 0
            });
        }
        self.states.push((steps, state, self.network.clone()));
    }

    fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }
}

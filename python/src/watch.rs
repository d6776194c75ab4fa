//! The observer of a training that runs without Python's lock: keeps the losses, ends the training if they stop falling,
//! checks for Ctrl-C at intervals, and reports the progress to Python.

use crate::arrays::Number;
use numpy::ToPyArray;
use pellucid::state::State;
use pellucid::training::glance::Glance;
use pellucid::training::observe::{Event, Observer, Position, end_if};
use pellucid::{Result, Scalar};
use pyo3::prelude::*;
use serde_json::json;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Seconds between two acquisitions of the lock; shorter intervals would slow threads that wait for it.
const BETWEEN_QUESTIONS: f64 = 0.02;
/// Approximate seconds between two readings of the clock.
const BETWEEN_LOOKS: f64 = 0.001;
/// Seconds between two progress reports; more frequent ones only cost time.
const BETWEEN_REPORTS: f64 = 0.1;

/// scikit-learn's rule: more than `patience` consecutive epochs whose loss is not below the lowest by `tolerance`.
#[derive(Debug, Clone, Copy, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Stagnation {
    pub(crate) best: f64,
    pub(crate) waited: u64,
    tolerance: f64,
    patience: f64,
}

impl Stagnation {
    /// Records the loss of an epoch. Whether the training ends.
    fn ends_after(&mut self, loss: f64) -> bool {
        if loss > self.best - self.tolerance {
            self.waited += 1;
        } else {
            self.waited = 0;
        }
        self.best = self.best.min(loss);
        self.waited as f64 > self.patience
    }
}

/// The observer of a training for Python.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) losses: Vec<f64>,
    /// The number of epochs after which control returns to Python; the run can continue later.
    limit: u64,
    pub(crate) stagnation: Option<Stagnation>,
    /// The exception of a signal handler, such as `KeyboardInterrupt`.
    pub(crate) raised: Option<PyErr>,
    /// Called about 10 times per second with (epochs, part of the next, loss, loss on held-out rows).
    reported: Option<Py<PyAny>>,
    /// The loss on held-out rows after the last epoch, if any.
    validation: Option<f64>,
    started: Instant,
    glance: Glance,
    /// Seconds from the start to the last acquisition of the lock, and to the last report.
    asked_at: f64,
    reported_at: f64,
    /// Whether an exception has ended the training, for those who ask from outside.
    has_raised: Arc<AtomicBool>,
}

/// Where the losses and the rule of stagnation are in a state.
const LOSSES: &str = "losses";
const STAGNATION: &str = "stagnation";
const STAGNATION_WAITED: &str = "stagnation/waited";

impl Watch {
    pub(crate) fn new(limit: u64, stagnation: Option<Stagnation>, reported: Option<Py<PyAny>>) -> Self {
        Self {
            losses: Vec::new(),
            limit,
            stagnation,
            raised: None,
            reported,
            validation: None,
            started: Instant::now(),
            glance: Glance::every(BETWEEN_LOOKS, 0.0),
            asked_at: 0.0,
            reported_at: 0.0,
            has_raised: Arc::default(),
        }
    }

    /// The same, setting a flag once an exception ends the training.
    pub(crate) fn telling(self, has_raised: &Arc<AtomicBool>) -> Self {
        Self {
            has_raised: Arc::clone(has_raised),
            ..self
        }
    }

    /// Adds the losses, and what the rule of stagnation remembers, to a state.
    pub(crate) fn save_losses(&self, state: &mut State) {
        Self::put_losses(state, &self.losses);
        if let Some(rule) = &self.stagnation {
            state.put_numbers(STAGNATION, &[rule.best]);
            state.put_counts(STAGNATION_WAITED, &[rule.waited]);
        }
    }

    pub(crate) fn put_losses(state: &mut State, losses: &[f64]) {
        state.put_numbers(LOSSES, losses);
    }

    /// Continues from the losses and the rule in a state, as far as it has them.
    pub(crate) fn load_losses(&mut self, state: &State) -> Result<()> {
        if state.has(LOSSES) {
            self.losses = state.numbers(LOSSES)?;
        }
        if let Some(rule) = &mut self.stagnation
            && state.has(STAGNATION)
        {
            [rule.best] = state.exactly(STAGNATION)?;
            [rule.waited] = state.count(STAGNATION_WAITED)?;
        }
        Ok(())
    }

    /// Reports the progress: all epochs so far and this part of the next.
    pub(crate) fn report(&mut self, part: f64) -> PyResult<()> {
        let (epochs, loss) = (self.losses.len() as u64, self.losses.last().copied());
        if let Some(reported) = &self.reported {
            Python::attach(|py| reported.call1(py, (epochs, part, loss, self.validation)))?;
            self.reported_at = self.started.elapsed().as_secs_f64();
        }
        Ok(())
    }

    fn look(&mut self, position: Position) -> ControlFlow<()> {
        let clock = || self.started.elapsed().as_secs_f64();
        let now = self.glance.look(position.step, clock);
        let Some(now) = now.filter(|now| now - self.asked_at >= BETWEEN_QUESTIONS) else {
            return ControlFlow::Continue(());
        };
        self.asked_at = now;
        let mut answer = Python::attach(|py| py.check_signals());
        if answer.is_ok() && now - self.reported_at >= BETWEEN_REPORTS {
            answer = self.report((position.batch + 1) as f64 / position.steps_per_epoch as f64);
        }
        self.raised = answer.err();
        self.has_raised.store(self.raised.is_some(), Ordering::Relaxed);
        end_if(self.raised.is_some())
    }
}

impl<T: Scalar> Observer<T> for Watch {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step { position, .. } => self.look(*position),
            Event::Epoch { position, loss, .. } => {
                self.losses.push(*loss);
                let rule = self.stagnation.as_mut();
                let stagnates = rule.is_some_and(|rule| rule.ends_after(*loss));
                let is_pause = self.losses.len() as u64 >= self.limit && position.epoch + 1 < position.epochs;
                end_if(stagnates || is_pause)
            }
            Event::Recorded { record, .. } => {
                self.validation = record.validation_loss();
                ControlFlow::Continue(())
            }
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.glance.next_step(next.step)
    }
}

/// Calls Python after each epoch with (epoch, loss, parameters); a true answer ends the training.
#[derive(Debug)]
pub(crate) struct EachEpoch {
    call: Py<PyAny>,
    /// The exception of the call.
    pub(crate) raised: Option<PyErr>,
}

impl EachEpoch {
    pub(crate) fn new(call: Py<PyAny>) -> Self {
        Self { call, raised: None }
    }
}

impl<T: Number> Observer<T> for EachEpoch {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let Event::Epoch {
            position,
            loss,
            network,
        } = event
        else {
            return ControlFlow::Continue(());
        };
        let answer = Python::attach(|py| {
            let parameters = network.parameters().to_pyarray(py);
            self.call
                .call1(py, (position.epoch + 1, *loss, parameters))?
                .is_truthy(py)
        });
        match answer {
            Ok(ends) => end_if(ends),
            Err(raised) => {
                self.raised = Some(raised);
                ControlFlow::Break(())
            }
        }
    }
}

/// Calls Python after each recorded epoch with its record as JSON.
#[derive(Debug)]
pub(crate) struct EachRecord {
    call: Py<PyAny>,
    /// The exception of the call.
    pub(crate) raised: Option<PyErr>,
}

impl EachRecord {
    pub(crate) fn new(call: Py<PyAny>) -> Self {
        Self { call, raised: None }
    }
}

impl<T: Scalar> Observer<T> for EachRecord {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let Event::Recorded { record, .. } = event else {
            return ControlFlow::Continue(());
        };
        let record = json!(record).to_string();
        self.raised = Python::attach(|py| self.call.call1(py, (record,))).err();
        end_if(self.raised.is_some())
    }
}

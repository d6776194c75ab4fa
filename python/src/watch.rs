//! The observer of a training that runs without Python's lock: keeps the losses, ends the training if they stop falling,
//! checks for Ctrl-C at intervals, and reports the progress to Python.

use pellucid::Scalar;
use pellucid::training::observe::{Event, Observer, Position};
use pyo3::prelude::*;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The interval between two acquisitions of the lock; shorter intervals would slow threads that wait for it.
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(20);
/// The approximate interval between two readings of the clock.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// The interval between two progress reports; more frequent ones only cost time.
const BETWEEN_TELLINGS: Duration = Duration::from_millis(100);

/// A Python callback for the progress: `(epochs, part of the next, loss, loss on held-out rows)`, about 10 times per second.
#[derive(Debug)]
pub(crate) struct Listener {
    told: Py<PyAny>,
    last: Instant,
}

impl Listener {
    pub(crate) fn new(told: Py<PyAny>) -> Self {
        Self {
            told,
            last: Instant::now(),
        }
    }

    pub(crate) fn tell(
        &mut self,
        (epochs, part): (u64, f64),
        loss: Option<f64>,
        validation: Option<f64>,
    ) -> PyResult<()> {
        Python::attach(|py| self.told.call1(py, (epochs, part, loss, validation)).map(drop))
    }
}

/// scikit-learn's rule: more than `patience` consecutive epochs whose loss is not below the lowest by `tolerance`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stagnation {
    pub(crate) best: f64,
    pub(crate) waited: u64,
    pub(crate) tolerance: f64,
    pub(crate) patience: f64,
}

impl Stagnation {
    /// Records the loss of an epoch. Whether the training ends.
    fn tell(&mut self, loss: f64) -> bool {
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
    pub(crate) listener: Option<Listener>,
    /// The loss on held-out rows after the last epoch, if any.
    validation: Option<f64>,
    looked: Instant,
    asked: Instant,
    /// The number of steps between two readings of the clock.
    stride: u64,
    due: u64,
}

impl Watch {
    pub(crate) fn new(limit: u64, stagnation: Option<Stagnation>) -> Self {
        let now = Instant::now();
        Self {
            losses: Vec::new(),
            limit,
            stagnation,
            raised: None,
            listener: None,
            validation: None,
            looked: now,
            asked: now,
            stride: 1,
            due: 0,
        }
    }

    /// Adds a listener for the progress.
    pub(crate) fn telling(self, listener: Option<Listener>) -> Self {
        Self { listener, ..self }
    }

    /// Reports the progress to the listener.
    pub(crate) fn tell(&mut self, part: f64) -> PyResult<()> {
        let at = (self.losses.len() as u64, part);
        let loss = self.losses.last().copied();
        let validation = self.validation;
        match &mut self.listener {
            Some(listener) => listener.tell(at, loss, validation),
            None => Ok(()),
        }
    }

    fn look(&mut self, position: Position) -> ControlFlow<()> {
        let now = Instant::now();
        let passed = now - self.looked;
        self.looked = now;
        if passed < BETWEEN_LOOKS / 2 {
            self.stride = (self.stride * 2).min(1 << 16);
        } else if passed > BETWEEN_LOOKS * 2 {
            self.stride = (self.stride / 2).max(1);
        }
        if now - self.asked >= BETWEEN_QUESTIONS {
            self.asked = now;
            let mut answer = Python::attach(|py| py.check_signals());
            let is_time = |listener: &Listener| now - listener.last >= BETWEEN_TELLINGS;
            if answer.is_ok() && self.listener.as_ref().is_some_and(is_time) {
                answer = self.tell((position.batch + 1) as f64 / position.steps_per_epoch as f64);
                if let Some(listener) = &mut self.listener {
                    listener.last = Instant::now();
                }
            }
            if let Err(raised) = answer {
                self.raised = Some(raised);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}

impl<T: Scalar> Observer<T> for Watch {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step { position, .. } => {
                let flow = self.look(*position);
                self.due = position.step + self.stride;
                flow
            }
            Event::Epoch { position, loss, .. } => {
                self.losses.push(*loss);
                let stagnates = self.stagnation.as_mut().is_some_and(|rule| rule.tell(*loss));
                let is_pause = self.losses.len() as u64 >= self.limit && position.epoch + 1 < position.epochs;
                if stagnates || is_pause {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            }
            Event::Recorded { record, .. } => {
                self.validation = record.validation.as_ref().map(|found| found.loss);
                ControlFlow::Continue(())
            }
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.due.max(next.step)
    }
}

//! A step of training with every number of it: an observer that finds the step in a run, and the step itself, taken once
//! more from where the training stood by the same code with a workspace that records.

use super::Trainer;
use crate::data::dataset::{BatchBuffers, Dataset, Rows};
use crate::error::Result;
use crate::inspection::trace::Trace;
use crate::model::network::Network;
use crate::model::pass::{self, Target, Update, Workspace};
use crate::scalar::Scalar;
use crate::training::observe::{Event, Observer, Position};
use std::ops::ControlFlow;

/// One batch's step: every array of its pass, and what became of the parameters. Rows are samples; parameters are laid out
/// as those of the network.
#[derive(Debug, Clone)]
pub struct StepTrace<T> {
    /// The rows of the data set, counted from 0, that made the batch.
    pub rows: Vec<u32>,
    /// The features as the network got them, (rows, inputs).
    pub input: Vec<T>,
    /// The features as the data have them, where training added noise or left some out, (rows, inputs).
    pub uncorrupted: Option<Vec<T>>,
    /// The targets as they were trained towards, (rows, outputs).
    pub targets: Vec<T>,
    /// The targets as the data have them, where labels are smoothed, (rows, outputs).
    pub unsmoothed: Option<Vec<T>>,
    /// What each row counts for; nothing where each counts for 1.
    pub row_weights: Option<Vec<T>>,
    /// The arrays of the pass. The gradient is of the loss alone, without penalties.
    pub pass: Trace<T>,
    /// The network before the step.
    pub before: Network<T>,
    /// The network after it; nothing where the optimizer goes by all rows at once and takes no such step.
    pub after: Option<Network<T>>,
    /// The learning rate of the step.
    pub learning_rate: f64,
    /// From the gradient to the step.
    pub update: UpdateTrace<T>,
}

/// What the optimizer was given, and what it remembers.
#[derive(Debug, Clone, Default)]
pub struct UpdateTrace<T> {
    /// The penalties' part of the gradient, where there are any.
    pub penalty: Option<Vec<T>>,
    /// What the optimizer was given in place of the batch's gradient: of all batches of the step, with the penalties,
    /// clipped. Nothing where none of these did anything.
    pub handed: Option<Vec<T>>,
    /// What the optimizer remembers of each parameter: what it is called, before the step and after it.
    pub memory: Vec<(&'static str, Vec<T>, Vec<T>)>,
    /// How many steps the optimizer has taken, this one included.
    pub steps: u64,
    /// Whether the batch only gathered for a step that a later one completes: the parameters stay.
    pub only_gathered: bool,
}

impl<T: Scalar> Trainer<T> {
    /// How many batches an epoch of so many rows has.
    pub fn steps_per_epoch(&self, rows: usize) -> u64 {
        rows.div_ceil(self.batch_size.of(rows)) as u64
    }

    /// Takes a step on these rows, as [`run`](Self::run) takes its own at this learning rate, and copies every number of
    /// it. The workspace keeps ∂L/∂a besides; the parameters come out the same, to the bit. Where the backward pass moves
    /// the parameters itself no gradient is ever stored, so the same backward pass is made once more to store it: its sums
    /// may differ from those that moved the parameters in the last bits. An optimizer that
    /// [takes no steps](crate::Optimizer::takes_steps) gives its pass alone.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`](crate::Error::NonFiniteLoss).
    ///
    /// # Panics
    /// When there is no such row, or the data do not have the network's shape.
    pub fn trace_step(&mut self, data: &Dataset<T>, rows: &[u32], learning_rate: T) -> Result<StepTrace<T>> {
        let dropout = self.workspace.dropout().or(self.dropout.as_ref()).cloned();
        let workspace = Workspace::new(self.network.architecture(), rows.len())
            .with_threads(self.threads)
            .recording();
        self.workspace = match dropout {
            Some(dropout) => workspace.with_dropout(dropout),
            None => workspace,
        };
        let weights = data.weights();
        let weights = weights.map(|weights| rows.iter().map(|&row| weights[row as usize]));
        self.workspace.weigh_rows(weights.into_iter().flatten());
        let mut buffers = BatchBuffers::default();
        let (input, targets) = buffers.gather(data, Rows::Picked(rows));

        let before = self.network.clone();
        let remembered: Vec<Vec<T>> = self.optimizer.named_memory().map(|(_, of)| of.to_vec()).collect();
        let takes_steps = self.optimizer.rule().optimizer.takes_steps();
        let updates = self.updates();
        let loss = if takes_steps {
            self.take_step(input, targets, learning_rate)
        } else {
            let seen = match &mut self.label_smoothing {
                Some(smoothing) => smoothing.apply(targets),
                None => targets,
            };
            let architecture = before.architecture();
            pass::forward(architecture, before.parameters(), input, &mut self.workspace);
            pass::loss_sum(self.logged_loss, architecture, seen, &self.workspace)
        };
        if !loss.is_finite() {
            return Err(self.non_finite_loss(loss, 0));
        }
        self.step += 1;

        let (uncorrupted, input) = match &self.corruption {
            Some(corruption) => (Some(input.to_vec()), corruption.last()),
            None => (None, input),
        };
        let (unsmoothed, targets) = match &self.label_smoothing {
            Some(smoothing) => (Some(targets.to_vec()), smoothing.last()),
            None => (None, targets),
        };
        let is_fused = takes_steps && self.gradient.is_empty();
        // From the output down each δ was taken through weights that had moved already.
        let went_through = match self.objective.update {
            Update::TopDown if is_fused => &self.network,
            _ => &before,
        };
        let mut gradient = vec![T::ZERO; before.parameters().len()];
        let mut again = self.workspace.clone();
        pass::backward(
            before.architecture(),
            Target::Gradient {
                parameters: went_through.parameters(),
                gradient: &mut gradient,
            },
            input,
            targets,
            self.objective,
            &mut again,
        );
        if !takes_steps {
            self.workspace = again;
        }
        let loss = pass::loss_sum(
            self.objective.loss,
            before.architecture(),
            targets,
            &self.workspace,
        );
        let loss = loss * self.objective.reduction.factor::<f64>(rows.len());
        let only_gathered = self.accumulation.is_some() && self.updates() == updates;
        let penalty = (!self.penalty.is_none()).then(|| {
            let mut slopes = vec![T::ZERO; gradient.len()];
            self.penalty.add_to(&mut slopes, before.parameters());
            slopes
        });
        let is_changed = takes_steps && !is_fused && self.gradient[..] != gradient[..] && !only_gathered;
        let memory = self.optimizer.named_memory().zip(remembered);
        let row_weights = self.workspace.row_weights();
        Ok(StepTrace {
            rows: rows.to_vec(),
            pass: Trace::copied(&before, input, &gradient, loss, &self.workspace),
            input: input.to_vec(),
            uncorrupted,
            targets: targets.to_vec(),
            unsmoothed,
            row_weights: (!row_weights.is_empty()).then(|| row_weights.to_vec()),
            after: takes_steps.then(|| self.network.clone()),
            learning_rate: learning_rate.to_f64(),
            update: UpdateTrace {
                penalty,
                handed: is_changed.then(|| self.gradient.to_vec()),
                memory: memory
                    .map(|((name, after), before)| (name, before, after.to_vec()))
                    .collect(),
                steps: self.optimizer.steps(),
                only_gathered,
            },
            before,
        })
    }
}

/// Watches a run until a step of it has been taken, ends it there, and knows how the training stood before.
#[derive(Debug)]
pub struct StepFinder<T> {
    step: u64,
    before: Option<Trainer<T>>,
    found: Option<FoundStep<T>>,
}

/// A step that a run has taken.
#[derive(Debug, Clone)]
pub struct FoundStep<T> {
    /// Which.
    pub position: Position,
    /// The rows of the data set, counted from 0, that made the batch.
    pub rows: Vec<u32>,
    /// Its learning rate.
    pub learning_rate: T,
}

impl<T: Scalar> StepFinder<T> {
    /// Looks for step `step`, counted from 0, of a run that `trainer` is about to begin.
    pub fn new(step: u64, trainer: &Trainer<T>) -> Self {
        Self {
            step,
            before: (step == trainer.steps()).then(|| trainer.clone()),
            found: None,
        }
    }

    /// The training as it stood before the step, and the step; nothing where the run ended before it.
    pub fn found(self) -> Option<(Trainer<T>, FoundStep<T>)> {
        Some((self.before?, self.found?))
    }
}

impl<T: Scalar> Observer<T> for StepFinder<T> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let Event::Step {
            position,
            rows,
            learning_rate,
            trainer,
            ..
        } = event
        else {
            return ControlFlow::Continue(());
        };
        if position.step + 1 == self.step {
            self.before = trainer.cloned();
        }
        if position.step != self.step {
            return ControlFlow::Continue(());
        }
        self.found = Some(FoundStep {
            position: *position,
            rows: match *rows {
                Rows::Range(start, end) => (start as u32..end as u32).collect(),
                Rows::Picked(rows) => rows.to_vec(),
            },
            learning_rate: *learning_rate,
        });
        ControlFlow::Break(())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        match self.step.saturating_sub(1) {
            before if next.step <= before => before,
            _ if next.step <= self.step => self.step,
            _ => u64::MAX,
        }
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}

//! Traces one training step: the same step, by the same code, with all of its arrays kept.

use super::Trainer;
use crate::data::dataset::{BatchBuffers, Dataset, Rows, Samples};
use crate::error::Result;
use crate::model::network::Network;
use crate::model::pass::{self, Target, Update, Workspace};
use crate::scalar::Scalar;

/// One step on one batch. Rows are samples; parameters are laid out as those of the network.
#[derive(Debug, Clone)]
pub struct StepTrace<T> {
    /// The rows of the data set, counted from 0, that made the batch.
    pub rows: Vec<u32>,
    /// The features as the network received them, (rows, inputs).
    pub input: Vec<T>,
    /// The features as the data have them, where training added noise or dropped some, (rows, inputs).
    pub uncorrupted: Option<Vec<T>>,
    /// The targets that training used, (rows, outputs).
    pub targets: Vec<T>,
    /// The targets as the data have them, where labels are smoothed, (rows, outputs).
    pub unsmoothed: Option<Vec<T>>,
    /// The weight of each row; none where each weighs 1.
    pub row_weights: Option<Vec<T>>,
    /// The arrays of the pass, in a [recording](Workspace::recording) workspace.
    pub workspace: Workspace<T>,
    /// ∂L/∂θ of the loss alone, without penalties.
    pub gradient: Vec<T>,
    /// The loss of the batch before the step, by the objective's reduction; without penalties.
    pub loss: f64,
    /// The network before the step.
    pub before: Network<T>,
    /// The network after it; none where the optimizer works on all rows at once and takes no such step.
    pub after: Option<Network<T>>,
    /// The learning rate of the step.
    pub learning_rate: f64,
    /// The penalties' part of the gradient, where there are any.
    pub penalty: Option<Vec<T>>,
    /// The gradient that the optimizer received, where it is not the batch's: of all batches of the step, with the
    /// penalties, clipped.
    pub optimizer_gradient: Option<Vec<T>>,
    /// The optimizer's memory of each parameter: symbol, before the step, after it.
    pub memory: Vec<(&'static str, Vec<T>, Vec<T>)>,
    /// The number of steps that the optimizer has taken, this one included.
    pub steps: u64,
    /// Whether the batch only contributes to a step that a later batch completes: the parameters stay.
    pub only_gathered: bool,
}

impl<T: Scalar> Trainer<T> {
    /// The number of batches of an epoch over `rows` rows.
    pub fn steps_per_epoch(&self, rows: usize) -> u64 {
        rows.div_ceil(self.train.batch_size.rows_per_batch(rows)) as u64
    }

    /// Takes a step on these rows, as [`run`](Self::run) takes its own at this learning rate, and keeps every array of it.
    /// The parameters after it are the same, to the bit. Where the backward pass moves the parameters itself no gradient is
    /// stored, so the same backward pass runs again to store it; its result may differ in the last bits from the gradient
    /// that moved the parameters. For an optimizer that [takes no steps](crate::Optimizer::takes_steps) only the pass is
    /// traced.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`](crate::Error::NonFiniteLoss).
    ///
    /// # Panics
    /// When there is no such row, or the data do not have the network's shape.
    pub fn trace_step(&mut self, data: &Dataset<T>, rows: &[u32], learning_rate: T) -> Result<StepTrace<T>> {
        self.workspace = self.workspace_for(rows.len()).recording();
        let weights = data.weights();
        let weights = weights.map(|weights| rows.iter().map(|&row| weights[row as usize]));
        self.workspace.weigh_rows(weights.into_iter().flatten());
        let mut buffers = BatchBuffers::default();
        let (input, targets) = data.gather(Rows::Picked(rows), &mut buffers);

        let before = self.network.clone();
        let remembered: Vec<Vec<T>> = self.optimizer.named_memory().map(|(_, of)| of.to_vec()).collect();
        let takes_steps = self.optimizer.optimizer().takes_steps();
        self.prepare_regularisation(data.rows());
        let updates = self.updates();
        let loss = if takes_steps {
            self.take_step(input, targets, learning_rate)
        } else {
            let targets = match &mut self.label_smoothing {
                Some(smoothing) => smoothing.apply(targets),
                None => targets,
            };
            let architecture = before.architecture();
            pass::forward(architecture, before.parameters(), input, &mut self.workspace);
            pass::loss_sum(self.logged_loss, architecture, targets, &self.workspace)
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
        // In the top-down order, each δ is computed with the updated weights of the layer above.
        let backward_network = match self.objective.update {
            Update::TopDown if is_fused => &self.network,
            _ => &before,
        };
        let mut gradient = vec![T::ZERO; before.parameters().len()];
        let mut again = self.workspace.clone();
        pass::backward(
            before.architecture(),
            Target::Gradient {
                parameters: backward_network.parameters(),
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
            let mut derivatives = vec![T::ZERO; gradient.len()];
            self.penalty.add_to(&mut derivatives, before.parameters());
            derivatives
        });
        let is_changed = takes_steps && !is_fused && self.gradient[..] != gradient[..] && !only_gathered;
        let memory = self.optimizer.named_memory().zip(remembered);
        let row_weights = &self.workspace.row_weights;
        Ok(StepTrace {
            rows: rows.to_vec(),
            input: input.to_vec(),
            uncorrupted,
            targets: targets.to_vec(),
            unsmoothed,
            row_weights: (!row_weights.is_empty()).then(|| row_weights.to_vec()),
            loss,
            after: takes_steps.then(|| self.network.clone()),
            learning_rate: learning_rate.to_f64(),
            penalty,
            optimizer_gradient: is_changed.then(|| self.gradient.to_vec()),
            memory: memory
                .map(|((name, after), before)| (name, before, after.to_vec()))
                .collect(),
            steps: self.optimizer.steps(),
            only_gathered,
            workspace: self.workspace.clone(),
            gradient,
            before,
        })
    }
}

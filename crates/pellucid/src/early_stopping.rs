//! Early stopping: training ends when the validation loss no longer falls, and the best weights are kept.
//! (Prechelt, *Early Stopping — But When?*, 1998.)

use crate::dataset::Dataset;
use crate::evaluation::{Evaluation, evaluate};
use crate::loss::Loss;
use crate::metrics::Metric;
use crate::network::Network;
use crate::observe::{Event, Observer};
use crate::scalar::Scalar;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// An epoch as it was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Epoch {
    /// Its number, counted from 1.
    pub epoch: u64,
    /// The mean loss of the training samples, each before the step it took part in.
    pub loss: f64,
    /// Loss and metrics of the validation data after the epoch.
    pub validation: Evaluation,
    /// Whether no epoch before it had as low a validation loss.
    pub is_best: bool,
}

type OnEpoch<'a> = Box<dyn FnMut(&Epoch) -> ControlFlow<()> + 'a>;

/// Evaluates the network on validation data after each epoch, keeps the weights of the best one, and ends the run
/// when `patience` epochs in a row were no better.
pub struct EarlyStopping<'a, T> {
    validation: &'a Dataset<T>,
    loss: Loss,
    metrics: Vec<Metric>,
    threads: NonZeroUsize,
    patience: u64,
    min_delta: f64,
    epochs: Vec<Epoch>,
    best: Option<(u64, f64, Vec<T>)>,
    on_epoch: OnEpoch<'a>,
}

impl<'a, T: Scalar> EarlyStopping<'a, T> {
    /// Watches `loss` and `metrics` of `validation`. Without a `patience` the run goes to its last epoch. An epoch is
    /// better when its loss is more than `min_delta` lower. Each is handed to `on_epoch`, which may end the run.
    pub fn new(
        validation: &'a Dataset<T>,
        loss: Loss,
        metrics: Vec<Metric>,
        (patience, min_delta): (Option<u64>, f64),
        threads: NonZeroUsize,
        on_epoch: impl FnMut(&Epoch) -> ControlFlow<()> + 'a,
    ) -> Self {
        Self {
            validation,
            loss,
            metrics,
            threads,
            patience: patience.unwrap_or(u64::MAX),
            min_delta,
            epochs: Vec::new(),
            best: None,
            on_epoch: Box::new(on_epoch),
        }
    }

    /// The epochs so far.
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// The best epoch, counted from 1, once there was one.
    pub fn best_epoch(&self) -> Option<u64> {
        self.best.as_ref().map(|(epoch, ..)| *epoch)
    }

    /// Whether the last epoch was as many after the best as there is patience.
    pub fn ran_out_of_patience(&self) -> bool {
        self.epochs.len() as u64 - self.best_epoch().unwrap_or(0) >= self.patience
    }

    /// Gives a network the weights of the best epoch; leaves it as it is when there was none.
    pub fn restore(&self, network: &mut Network<T>) {
        if let Some((_, _, parameters)) = &self.best {
            network.parameters_mut().copy_from_slice(parameters);
        }
    }
}

impl<T: Scalar> Observer<T> for EarlyStopping<'_, T> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let Event::Epoch {
            position,
            loss,
            network,
        } = event
        else {
            return ControlFlow::Continue(());
        };
        let epoch = position.epoch + 1;
        let validation = evaluate(network, self.validation, self.loss, &self.metrics, self.threads);
        let of_validation = validation.loss;
        let is_best = self
            .best
            .as_ref()
            .is_none_or(|(_, best, _)| of_validation < best - self.min_delta);
        if is_best && of_validation.is_finite() {
            let parameters = network.parameters();
            match &mut self.best {
                Some((at, best, kept)) => {
                    (*at, *best) = (epoch, of_validation);
                    kept.copy_from_slice(parameters);
                }
                None => self.best = Some((epoch, of_validation, parameters.to_vec())),
            }
        }
        let told = Epoch {
            epoch,
            loss: *loss,
            validation,
            is_best,
        };
        let flow = (self.on_epoch)(&told);
        self.epochs.push(told);
        if self.ran_out_of_patience() {
            return ControlFlow::Break(());
        }
        flow
    }

    fn validation_loss(&self) -> Option<f64> {
        Some(
            self.epochs
                .last()
                .map_or(f64::INFINITY, |epoch| epoch.validation.loss),
        )
    }
}

impl<T> std::fmt::Debug for EarlyStopping<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EarlyStopping")
            .field("patience", &self.patience)
            .field("epochs", &self.epochs)
            .finish_non_exhaustive()
    }
}

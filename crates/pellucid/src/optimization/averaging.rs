//! Averages the weights of a training.
//!
//! The mean of a training's networks generalises better than the last of them, and does not affect the training.

use crate::descriptor::{Choice, Descriptor, Range, Setting, SettingError};
use crate::error::Result;
use crate::model::network::Network;
use crate::scalar::Scalar;
use crate::state::State;
use pellucid_kernels::choice;

choice! {
    /// Which mean of the weights is evaluated and kept.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Average: Descriptor, key "train.average", tag "name", unnamed Some("ema"), alone true {
        /// The exponential moving average after every step, which begins with θ after the first.
        Ema { decay } => Descriptor::new("ema", "exponential moving average")
            .formula(
                "θ̄ ← decay·θ̄ + (1 − decay)·θ after every step, beginning with θ after the first",
                r"\bar{\theta} \leftarrow d \cdot \bar{\theta} + (1 - d) \cdot \theta",
            )
            .paper("Polyak & Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992, with weights that fall"),
        /// The mean of the parameters at the ends of epochs.
        Swa { from } => Descriptor::new("swa", "stochastic weight averaging")
            .formula(
                "the mean of θ at the ends of epochs",
                r"\bar{\theta} = \frac{1}{n} \sum_{k} \theta_k \text{ at the ends of epochs}",
            )
            .paper("Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018, algorithm 1"),
    }
    settings {
        decay: f64 = 0.999, Setting::number(
            Range::BELOW_ONE.described("0 or more, below 1, is needed"),
            "d: how slowly the mean follows",
        );
        from: f64 = 0.75, Setting::number(
            Range::ANY,
            "the first epoch of the mean, counted from 1; below 1, the part of the epochs before it",
        );
    }
}

impl Average {
    /// Checks its setting for a run of so many epochs.
    ///
    /// # Errors
    /// [`SettingError`] when it cannot be used.
    pub fn validate(&self, epochs: u64) -> Result<(), SettingError> {
        self.check()?;
        match *self {
            Self::Swa { from } if !(0.0..=epochs.max(1) as f64).contains(&from) => {
                let expected = format!(
                    "the first epoch of the mean is needed, from 1 to train.epochs, {epochs}, or the part of the epochs \
                     before it, from 0 to less than 1"
                );
                Err(SettingError::new("train.average.from", from, expected))
            }
            _ => Ok(()),
        }
    }
}

/// An average in progress.
#[derive(Debug, Clone)]
pub(crate) struct Averaging<T> {
    average: Average,
    network: Network<T>,
    /// The number of networks in it.
    count: u64,
}

impl<T: Scalar> Averaging<T> {
    /// An average of networks like this one, still empty.
    pub(crate) fn new(average: Average, network: &Network<T>) -> Self {
        Self {
            average,
            network: network.clone(),
            count: 0,
        }
    }

    /// Adds the mean so far to a state.
    pub(crate) fn save(&self, state: &mut State) {
        state.put_numbers("average", self.network.parameters());
        state.put_counts("average/count", &[self.count]);
    }

    /// Continues from a state.
    pub(crate) fn load(&mut self, state: &State) -> Result<()> {
        [self.count] = state.count("average/count")?;
        state.copy_numbers("average", self.network.parameters_mut())
    }

    /// The averaged network, once there is one.
    pub(crate) fn network(&self) -> Option<&Network<T>> {
        (self.count > 0).then_some(&self.network)
    }

    /// The same, to change its parameters.
    pub(crate) fn network_mut(&mut self) -> Option<&mut Network<T>> {
        (self.count > 0).then_some(&mut self.network)
    }

    /// The same, after the training.
    pub(crate) fn into_network(self) -> Option<Network<T>> {
        (self.count > 0).then_some(self.network)
    }

    /// Adds the parameters after a step.
    #[inline(never)]
    pub(crate) fn after_step(&mut self, parameters: &[T]) {
        if let Average::Ema { decay } = self.average {
            self.add(parameters, 1.0 - decay);
        }
    }

    /// Adds the parameters after epoch `epoch`, counted from 1, of `epochs`.
    pub(crate) fn after_epoch(&mut self, parameters: &[T], epoch: u64, epochs: u64) {
        if let Average::Swa { from } = self.average {
            let has_begun = if from < 1.0 {
                epoch as f64 > from * epochs as f64
            } else {
                epoch as f64 >= from
            };
            if has_begun {
                self.add(parameters, 1.0 / (self.count as f64 + 1.0));
            }
        }
    }

    fn add(&mut self, parameters: &[T], share: f64) {
        let mean = self.network.parameters_mut();
        if self.count == 0 {
            mean.copy_from_slice(parameters);
        } else {
            let share = T::from_f64(share);
            for (mean, &parameter) in mean.iter_mut().zip(parameters) {
                *mean += share * (parameter - *mean);
            }
        }
        self.count += 1;
    }
}

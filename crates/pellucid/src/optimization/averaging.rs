//! Averaged weights: a network that is the mean of those the training goes through, which generalises better than the
//! last of them and takes no part in the training.

use crate::error::{Error, Result};
use crate::model::network::Network;
use crate::recipe::{AverageName, AverageRecipe};
use crate::scalar::Scalar;

/// Which mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Average {
    /// The exponential moving average θ̄ ← d·θ̄ + (1 − d)·θ after every step, θ̄ being θ after the first: Polyak & Juditsky,
    /// *Acceleration of Stochastic Approximation by Averaging*, 1992, with weights that fall.
    Ema {
        /// d, how slowly it follows.
        decay: f64,
    },
    /// The mean of the parameters at the ends of epochs: Izmailov et al., *Averaging Weights Leads to Wider Optima and
    /// Better Generalization*, 2018, algorithm 1.
    Swa {
        /// The first epoch of the mean, counted from 1; below 1, the part of the epochs that goes before it.
        from: f64,
    },
}

impl Average {
    /// The average that a recipe asks for, of a run of so many epochs.
    ///
    /// # Errors
    /// [`Error::Setting`] for a key that the average does not read, or a value that makes no sense.
    pub fn of(recipe: &AverageRecipe, epochs: u64) -> Result<Self> {
        let refuse = |key: &str, found: f64, expected: String| {
            Err(Error::Setting {
                key: format!("train.average.{key}"),
                found: found.to_string(),
                expected,
            })
        };
        let not_used = || format!("train.average.name = \"{}\" does not use it", recipe.name.name());
        match recipe.name {
            AverageName::Ema => {
                let decay = recipe.decay.unwrap_or(0.999);
                if let Some(from) = recipe.from {
                    return refuse("from", from, not_used());
                }
                if !(0.0..1.0).contains(&decay) {
                    return refuse("decay", decay, "0 or more, below 1, is needed".into());
                }
                Ok(Self::Ema { decay })
            }
            AverageName::Swa => {
                let from = recipe.from.unwrap_or(0.75);
                if let Some(decay) = recipe.decay {
                    return refuse("decay", decay, not_used());
                }
                if !(0.0..=epochs.max(1) as f64).contains(&from) {
                    let expected = format!(
                        "the first epoch of the mean is needed, from 1 to train.epochs, {epochs}, or the part of the \
                         epochs before it, from 0 to less than 1"
                    );
                    return refuse("from", from, expected);
                }
                Ok(Self::Swa { from })
            }
        }
    }
}

/// An average under way.
#[derive(Debug, Clone)]
pub(crate) struct Averaging<T> {
    average: Average,
    network: Network<T>,
    /// Of how many.
    count: u64,
}

impl<T: Scalar> Averaging<T> {
    /// An average of networks like this one, before the first of them.
    pub(crate) fn new(average: Average, network: &Network<T>) -> Self {
        Self {
            average,
            network: network.clone(),
            count: 0,
        }
    }

    /// The averaged network, once there is one.
    pub(crate) fn network(&self) -> Option<&Network<T>> {
        (self.count > 0).then_some(&self.network)
    }

    /// The same, to be given other parameters.
    pub(crate) fn network_mut(&mut self) -> Option<&mut Network<T>> {
        (self.count > 0).then_some(&mut self.network)
    }

    /// The same, training being over.
    pub(crate) fn into_network(self) -> Option<Network<T>> {
        (self.count > 0).then_some(self.network)
    }

    /// Takes note of the parameters after a step.
    #[inline(never)]
    pub(crate) fn after_step(&mut self, parameters: &[T]) {
        if let Average::Ema { decay } = self.average {
            self.add(parameters, 1.0 - decay);
        }
    }

    /// Takes note of the parameters after epoch `epoch`, counted from 1, of `epochs`.
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

//! What a training begins with, where not with random weights: the weights and the preparation of a model.

use crate::error::Result;
use crate::model_file::AnyNetwork;
use crate::preparation::Preparation;
use pellucid::{Network, Scalar};
use std::hash::Hasher;
use twox_hash::XxHash64;

/// What a training begins with, where not with random weights.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) preparation: Preparation,
    pub(super) network: AnyNetwork,
}

impl Start {
    /// The network in the precision of the training.
    pub(super) fn network<T: Scalar>(&self) -> Result<Network<T>> {
        fn in_precision<F: Scalar, T: Scalar>(network: &Network<F>) -> Result<Network<T>, pellucid::Error> {
            let parameters = network.parameters().iter();
            let parameters = parameters.map(|parameter| T::from_f64(parameter.to_f64()));
            Network::new(network.architecture().clone(), parameters.collect())
        }
        Ok(match &self.network {
            AnyNetwork::F32(network) => in_precision(network)?,
            AnyNetwork::F64(network) => in_precision(network)?,
        })
    }

    /// A digest of the weights. It detects accidental changes, not deliberate ones.
    pub(super) fn digest(&self) -> u64 {
        fn digest<T: Scalar>(network: &Network<T>) -> u64 {
            let mut hash = XxHash64::with_seed(0);
            for parameter in network.parameters() {
                hash.write(&parameter.to_f64().to_le_bytes());
            }
            hash.finish()
        }
        match &self.network {
            AnyNetwork::F32(network) => digest(network),
            AnyNetwork::F64(network) => digest(network),
        }
    }
}

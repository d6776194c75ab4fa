//! The default space of a search.

use super::space::Space;
use crate::error::Result;

/// The settings that matter most in a perceptron (Bergstra & Bengio, *Random Search for Hyper-Parameter Optimization*, 2012; Probst
/// et al., *Tunability*, 2019): first the learning rate, then the size of the network, then regularisation.
/// Batches are no larger than a quarter of the rows.
pub(super) fn space(rows: usize) -> Result<Space> {
    let batches: Vec<String> = [16, 32, 64, 128, 256]
        .iter()
        .filter(|size| **size == 16 || **size * 4 <= rows)
        .map(ToString::to_string)
        .collect();
    Space::from_lines(&[
        "train.learning_rate=log:1e-4..3e-2",
        "hidden=32,64,128,256,\"64,32\",\"128,64\",\"256,128\"",
        &format!("train.batch_size={}", batches.join(",")),
        "train.dropout=0..0.4",
        "train.l2=log:1e-6..1e-1",
        "activation=relu,tanh,silu,gelu",
        "train.optimizer=adam,nadam,rmsprop",
    ])
}

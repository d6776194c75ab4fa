//! Limits the norm of the weights that come into a unit: Srebro & Shraibman, *Rank, Trace-Norm and Max-Norm*, 2005; with dropout in Srivastava et al.,
//! 2014, section 5.1.

use crate::model::network::Architecture;
use crate::scalar::Scalar;

/// The largest Euclidean norm that the weights coming into a unit may have.
#[derive(Debug, Clone)]
pub(crate) struct MaxNorm {
    most: f64,
    /// For each unit of a layer, first the square of its norm, then the factor of its weights.
    factors: Vec<f64>,
}

impl MaxNorm {
    pub(crate) fn new(most: f64, architecture: &Architecture) -> Self {
        let widest = architecture.layers().iter().map(|layer| layer.fan_out).max();
        Self {
            most,
            factors: vec![0.0; widest.unwrap_or(0)],
        }
    }

    /// Scales the weights of each unit, a column of its layer's, down to the norm where theirs is larger.
    #[inline(never)]
    pub(crate) fn apply<T: Scalar>(&mut self, architecture: &Architecture, parameters: &mut [T]) {
        let layers = architecture.layers().iter();
        for (layer, weights) in
            layers.flat_map(|layer| (0..layer.copies()).map(move |copy| (layer, layer.weights_of(copy))))
        {
            let weights = &mut parameters[weights];
            let factors = &mut self.factors[..layer.fan_out];
            factors.fill(0.0);
            for row in weights.chunks_exact(layer.fan_out) {
                for (square, weight) in factors.iter_mut().zip(row) {
                    *square += weight.to_f64() * weight.to_f64();
                }
            }
            let mut any = false;
            for factor in &mut *factors {
                let norm = factor.sqrt();
                // A NaN is not larger, and stays to be noticed.
                *factor = if norm > self.most { self.most / norm } else { 1.0 };
                any |= *factor < 1.0;
            }
            if any {
                for row in weights.chunks_exact_mut(layer.fan_out) {
                    for (weight, &factor) in row.iter_mut().zip(&*factors) {
                        *weight = T::from_f64(weight.to_f64() * factor);
                    }
                }
            }
        }
    }
}

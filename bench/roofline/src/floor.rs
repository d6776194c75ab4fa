//! The minimum requirements of a workload: operations, bytes, and dependent operations.

use crate::machine::{Caches, Latencies, Level, Peaks};
use pellucid::{Activation, Architecture, Optimizer};

/// The non-zero part of the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NonZero {
    /// The share of features that are not zero.
    pub(crate) features: f64,
    /// The share of a batch's columns with a non-zero row: the step needs these rows of W.
    pub(crate) columns: f64,
}

/// One training step, or one batch of predictions.
#[derive(Debug, Clone)]
pub(crate) struct Step<'a> {
    pub(crate) architecture: &'a Architecture,
    /// Rows of the batch.
    pub(crate) rows: usize,
    /// The optimizer, for a training step.
    pub(crate) optimizer: Option<Optimizer>,
    /// The non-zero part, if zeros of the input may be skipped.
    pub(crate) non_zero: Option<NonZero>,
    /// Bytes of a feature, and of the complete data set.
    pub(crate) feature_bytes: usize,
    pub(crate) data_bytes: usize,
    /// Bytes of any other number.
    pub(crate) number_bytes: usize,
}

/// The requirements of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Needs {
    /// Floating-point operations, including products with zeros.
    pub(crate) flops_dense: f64,
    /// Floating-point operations without products with zeros of the input.
    pub(crate) flops: f64,
    /// Bytes of parameters and intermediate values that are read and written, each array once for every use.
    pub(crate) bytes: f64,
    /// Bytes that the next step uses again, which the caches should hold.
    pub(crate) working_set: f64,
    /// Bytes of the batch, and of its data set.
    pub(crate) batch_bytes: f64,
    pub(crate) data_bytes: f64,
    /// Operations on the longest dependency chain from a weight to the same weight in the next step.
    pub(crate) chain: Chain,
}

/// A chain of dependent operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Chain {
    pub(crate) multiply_adds: usize,
    pub(crate) additions: usize,
    pub(crate) divisions: usize,
}

impl Chain {
    pub(crate) fn seconds(self, latencies: &Latencies) -> f64 {
        self.multiply_adds as f64 * latencies.multiply_add
            + self.additions as f64 * latencies.addition
            + self.divisions as f64 * latencies.division
    }

    fn then(self, next: Chain) -> Chain {
        Chain {
            multiply_adds: self.multiply_adds + next.multiply_adds,
            additions: self.additions + next.additions,
            divisions: self.divisions + next.divisions,
        }
    }

    /// One product, then a pairwise sum of `terms`.
    fn product_and_sum(terms: usize) -> Chain {
        Chain {
            multiply_adds: 1,
            additions: depth(terms),
            divisions: 0,
        }
    }

    /// e^z: one product and a rounding (two additions) that split z, one multiply-add for what is left of it, a
    /// polynomial of degree 7 (f32) or 12 (f64) in pairs, one product with the power of two.
    fn exponential(number_bytes: usize) -> Chain {
        let polynomial = depth(if number_bytes == 4 { 8 } else { 13 });
        Chain {
            multiply_adds: 1 + 1 + polynomial + 1,
            additions: 2,
            divisions: 0,
        }
    }

    fn activation(function: Activation, width: usize, number_bytes: usize) -> Chain {
        let quotient = Chain {
            additions: 1,
            divisions: 1,
            ..Chain::default()
        };
        match function {
            Activation::Identity => Chain::default(),
            Activation::Relu => Chain {
                additions: 1,
                ..Chain::default()
            },
            // No measured workload has an activation without an exponential or with more than one.
            _ if function.is_elementwise() => Chain::exponential(number_bytes).then(quotient),
            // The largest, the exponentials, their sum, the quotient.
            _ => Chain {
                additions: 2 * depth(width),
                ..Chain::exponential(number_bytes)
            }
            .then(quotient),
        }
    }
}

/// The number of dependent additions in a pairwise sum of `terms`.
fn depth(terms: usize) -> usize {
    terms.next_power_of_two().trailing_zeros() as usize
}

/// Adam's operations on a parameter: 3 for m, 4 for v, 3 for the root with ε, 2 for the quotient, 1 for θ.
const ADAM_FLOPS: f64 = 13.0;

impl Step<'_> {
    pub(crate) fn needs(&self) -> Needs {
        let (rows, bytes_a_number) = (self.rows as f64, self.number_bytes as f64);
        let layers = self.architecture.layers();
        let parameters = self.architecture.parameter_count() as f64;
        let trains = self.optimizer.is_some();
        let adam = matches!(self.optimizer, Some(Optimizer::Adam { .. }));
        let (mut flops_dense, mut flops, mut bytes) = (0.0, 0.0, 0.0);
        let mut activations = 0.0;
        for (index, layer) in layers.iter().enumerate() {
            let is_first = index == 0;
            let (features, columns) = match self.non_zero {
                Some(share) if is_first => (share.features, share.columns),
                _ => (1.0, 1.0),
            };
            let weights = (layer.fan_in * layer.fan_out) as f64;
            // z = x·W; ∂L/∂W = xᵀδ; and ∂L/∂x = δ·Wᵀ of all layers but the first.
            let of_input = 1.0 + f64::from(u8::from(trains));
            let of_delta = f64::from(u8::from(trains && !is_first));
            flops_dense += 2.0 * rows * weights * (of_input + of_delta);
            flops += 2.0 * rows * weights * (of_input * features + of_delta);
            let units = rows * layer.fan_out as f64;
            activations += units;
            // W is read going up; going down, by all layers but the first, to make δ. Activations are written, read
            // above and read again for ∂L/∂W; δ is written and read.
            bytes += weights * columns * (1.0 + of_delta) * bytes_a_number;
            bytes += units * bytes_a_number * if trains { 5.0 } else { 2.0 };
            if matches!(self.optimizer, Some(Optimizer::Sgd { .. })) {
                // The backward pass moves the parameters: reads them (again, in the first layer) and writes them.
                bytes += weights * columns * (1.0 + f64::from(u8::from(is_first))) * bytes_a_number;
            }
        }
        if adam {
            flops_dense += ADAM_FLOPS * parameters;
            flops += ADAM_FLOPS * parameters;
            // θ, m and v are read and written; the gradient need not leave the registers.
            bytes += 6.0 * parameters * bytes_a_number;
        }
        let copies = if adam { 3.0 } else { 1.0 };
        let arrays = if trains { 2.0 } else { 0.0 };
        Needs {
            flops_dense,
            flops,
            bytes,
            working_set: (copies * parameters + arrays * activations) * bytes_a_number,
            batch_bytes: rows * layers[0].fan_in as f64 * self.feature_bytes as f64,
            data_bytes: self.data_bytes as f64,
            chain: self.chain(),
        }
    }

    fn chain(&self) -> Chain {
        let layers = self.architecture.layers();
        let mut chain = Chain::default();
        for (index, layer) in layers.iter().enumerate() {
            let share = self
                .non_zero
                .filter(|_| index == 0)
                .map_or(1.0, |share| share.features);
            let terms = (layer.fan_in as f64 * share).ceil() as usize + usize::from(layer.bias().is_some());
            chain = chain.then(Chain::product_and_sum(terms)).then(Chain::activation(
                layer.activation,
                layer.fan_out,
                self.number_bytes,
            ));
        }
        let Some(optimizer) = self.optimizer else {
            return chain;
        };
        // a − y, and the product with f′, known by then; softmax with its cross-entropy, and identity, have no f′.
        let output = self.architecture.output_layer().activation;
        let has_derivative = !matches!(output, Activation::Softmax | Activation::Identity);
        chain = chain.then(Chain {
            multiply_adds: usize::from(has_derivative),
            additions: 1,
            divisions: 0,
        });
        for layer in &layers[1..] {
            // δ·Wᵀ, then the product with f′.
            chain = chain.then(Chain::product_and_sum(layer.fan_out)).then(Chain {
                multiply_adds: 1,
                ..Chain::default()
            });
        }
        // The first layer's gradient, a sum over the rows, then the step.
        chain = chain.then(Chain::product_and_sum(self.rows));
        chain.then(match optimizer {
            Optimizer::Sgd { .. } => Chain {
                additions: 1,
                ..Chain::default()
            },
            // v takes g² and is rooted (as long as a division), corrected, divided by and subtracted. The workloads have
            // no other optimizer.
            _ => Chain {
                multiply_adds: 3,
                additions: 1,
                divisions: 2,
            },
        })
    }
}

/// The minimum seconds of a step on this machine, by each of its limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Floor {
    /// Arithmetic alone, without products with zeros where they may be skipped.
    pub(crate) arithmetic: f64,
    /// Arithmetic, including products with zeros.
    pub(crate) arithmetic_dense: f64,
    /// Bytes alone.
    pub(crate) memory: f64,
    /// The level of the memory hierarchy that holds them.
    pub(crate) level: Level,
    /// Dependent operations.
    pub(crate) chain: f64,
}

impl Floor {
    pub(crate) fn new(needs: &Needs, peaks: &Peaks, latencies: &Latencies, caches: Caches) -> Self {
        let moved = |bytes: f64, set: f64| {
            let level = caches.level_of(set);
            (bytes / peaks.best_bandwidth(level), level)
        };
        let own = moved(needs.bytes, needs.working_set);
        let batch = moved(needs.batch_bytes, needs.data_bytes);
        // Both can overlap.
        let (memory, level) = if batch.0 > own.0 { batch } else { own };
        Self {
            arithmetic: needs.flops / peaks.best_flops(),
            arithmetic_dense: needs.flops_dense / peaks.best_flops(),
            memory,
            level,
            chain: needs.chain.seconds(latencies),
        }
    }

    /// The highest of the limits, and its name.
    pub(crate) fn seconds(&self) -> (f64, &'static str) {
        let limits = [
            (self.arithmetic, "arithmetic"),
            (self.memory, "memory"),
            (self.chain, "chain"),
        ];
        limits.into_iter().fold(
            (0.0, ""),
            |most, limit| if limit.0 > most.0 { limit } else { most },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(sizes: &[usize], rows: usize, optimizer: Option<Optimizer>, non_zero: Option<NonZero>) -> Needs {
        let activations = vec![Activation::Sigmoid; sizes.len() - 1];
        let architecture = Architecture::new(sizes, &activations, true).unwrap();
        Step {
            architecture: &architecture,
            rows,
            optimizer,
            non_zero,
            feature_bytes: 4,
            data_bytes: 4000,
            number_bytes: 4,
        }
        .needs()
    }

    #[test]
    fn an_answer_is_a_multiply_add_a_weight_and_row() {
        let one = needs(&[784, 128, 10], 1, None, None);
        assert_eq!(one.flops_dense, 2.0 * (784.0 * 128.0 + 128.0 * 10.0));
        assert_eq!(needs(&[784, 128, 10], 7, None, None).flops, 7.0 * one.flops);
    }

    #[test]
    fn training_needs_three_products_a_layer_and_two_of_the_first() {
        let step = needs(&[10, 20, 30], 4, Some(Optimizer::SGD), None);
        assert_eq!(step.flops_dense, 2.0 * 4.0 * (2.0 * 200.0 + 3.0 * 600.0));
    }

    #[test]
    fn only_the_first_layer_has_zeros_to_skip() {
        let share = NonZero {
            features: 0.25,
            columns: 0.5,
        };
        let step = needs(&[100, 20, 30], 4, Some(Optimizer::SGD), Some(share));
        let (first, second) = (2.0 * 4.0 * 2.0 * 2000.0, 2.0 * 4.0 * 3.0 * 600.0);
        assert_eq!(step.flops, 0.25 * first + second);
        assert_eq!(step.flops_dense, first + second);
    }

    #[test]
    fn the_chain_of_a_deeper_network_is_longer() {
        let step = |sizes: &[usize]| needs(sizes, 1, Some(Optimizer::SGD), None).chain;
        let (shallow, deep) = (step(&[10, 10, 1]), step(&[10, 10, 10, 1]));
        assert_eq!(shallow.divisions, 2);
        assert_eq!(deep.divisions, 3);
        assert!(deep.multiply_adds > shallow.multiply_adds && deep.additions > shallow.additions);
        assert_eq!([1, 2, 3, 4, 5, 11].map(depth), [0, 1, 2, 2, 3, 4]);
    }
}

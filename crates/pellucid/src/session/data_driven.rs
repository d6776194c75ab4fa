//! Initial weights and biases that follow the training rows: Holzmüller, Grinsztajn & Steinwart, *Better by Default*, 2024,
//! section 3.

use crate::data::dataset::{BatchBuffers, Dataset, Rows, Samples};
use crate::error::Result;
use crate::model::network::Network;
use crate::model::pass::{self, Workspace};
use crate::numpy_random::RandomState;
use crate::scalar::Scalar;
use pellucid_kernels::simd::elementary;

/// The largest number of sampled rows.
const ROWS: usize = 1024;

/// The rows whose pre-activations a bias is a mean of.
const ROWS_OF_A_BIAS: usize = 5;

/// Scales the weights of each unit so that its pre-activations have a standard deviation of 1, and sets its bias to minus a random
/// mean of them in a few rows. Biases are 0 before. A unit whose pre-activations are all the same keeps its weights.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) for data without rows.
pub(super) fn fit_to_rows<T: Scalar>(
    network: &mut Network<T>,
    data: &Dataset<T>,
    generator: &mut RandomState,
) -> Result<()> {
    let rows = data.sampled(ROWS)?;
    let count = rows.rows();
    let mut buffers = BatchBuffers::default();
    let (input, _) = rows.gather(Rows::Range(0, count), &mut buffers);
    let mut workspace = Workspace::new(network.architecture(), count);
    for index in 0..network.architecture().layers().len() {
        // A pass through all layers for each: the weights of those before have changed.
        pass::forward(
            network.architecture(),
            network.parameters(),
            input,
            &mut workspace,
        );
        let layer = network.architecture().layer(index);
        let sums = workspace.z(index);
        if layer.normalisation().is_some() {
            continue;
        }
        let units = (0..layer.fan_out).map(|unit| {
            let z: Vec<f64> = sums[unit..]
                .iter()
                .step_by(layer.fan_out)
                .map(|z| z.to_f64())
                .collect();
            let mean = z.iter().sum::<f64>() / count as f64;
            let variance = z.iter().map(|z| (z - mean) * (z - mean)).sum::<f64>() / count as f64;
            let factor = if variance > 0.0 {
                1.0 / variance.sqrt()
            } else {
                1.0
            };
            (factor, -factor * random_mean(&z, generator))
        });
        let units: Vec<(f64, f64)> = units.collect();
        let parameters = network.parameters_mut();
        for row in parameters[layer.weights()].chunks_exact_mut(layer.fan_out) {
            for (weight, (factor, _)) in row.iter_mut().zip(&units) {
                *weight = T::from_f64(weight.to_f64() * factor);
            }
        }
        for copy in 0..layer.copies() {
            let Some(range) = layer.bias_of(copy) else { break };
            for (bias, (_, value)) in parameters[range].iter_mut().zip(&units) {
                *bias = T::from_f64(*value);
            }
        }
    }
    Ok(())
}

/// A mean of some of `z`, whose weights are uniform among those that add up to 1.
fn random_mean(z: &[f64], generator: &mut RandomState) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for _ in 0..ROWS_OF_A_BIAS {
        let row = (generator.random_sample() * z.len() as f64) as usize;
        let weight = -elementary::ln(1.0 - generator.random_sample());
        sum += weight * z[row.min(z.len() - 1)];
        total += weight;
    }
    if total > 0.0 { sum / total } else { 0.0 }
}

//! What can be seen to be wrong with a run before it fails silently.

use crate::activation::Activation;
use crate::dataset::{BatchBuffers, Dataset, Rows};
use crate::network::Network;
use crate::pass::{self, Workspace};
use crate::scalar::Scalar;

/// Rows looked at.
const SAMPLE: usize = 256;
/// A unit whose derivative is below this on every row learns nothing.
const FLAT: f64 = 1e-4;
/// Inputs beyond this magnitude are not scaled.
const LARGE_INPUT: f64 = 10.0;

/// Says, a sentence each, which layers are saturated throughout: every unit so far out on its sigmoid, tanh or
/// softmax that, for every sample, its derivative is all but 0 and no gradient comes through. Empty when none is.
///
/// # Panics
/// When the data does not have the network's shape.
pub fn saturation<T: Scalar>(network: &Network<T>, data: &Dataset<T>) -> Vec<String> {
    let architecture = network.architecture();
    let rows = data.rows().min(SAMPLE);
    let mut workspace = Workspace::new(architecture, rows);
    let mut buffers = BatchBuffers::default();
    let (input, _) = buffers.gather(data, Rows::Range(0, rows));
    pass::forward(architecture, network.parameters(), input, &mut workspace);
    let mut findings = Vec::new();
    for (index, layer) in architecture.layers().iter().enumerate() {
        if !matches!(
            layer.activation,
            Activation::Sigmoid
                | Activation::Tanh
                | Activation::Softsign
                | Activation::HardSigmoid
                | Activation::HardTanh
                | Activation::Softmax
        ) {
            continue;
        }
        let (z, activation) = (workspace.z(index), workspace.activation(index));
        let derivative = layer.activation.derivative(z, activation);
        if !derivative.iter().all(|d| d.to_f64().abs() < FLAT)
            || layer.fan_out == 1 && layer.activation == Activation::Softmax
        {
            continue;
        }
        let magnitudes = || z.iter().map(|z| z.to_f64().abs());
        let (least, most) = (
            magnitudes().fold(f64::INFINITY, f64::min),
            magnitudes().fold(0.0, f64::max),
        );
        let mut finding = format!(
            "every unit of layer {} ({}) is saturated: |z| lies between {least:.4} and {most:.4}, where the \
             derivative is below {FLAT}, so almost no gradient comes through and nothing is learnt",
            index + 1,
            layer.activation.name(),
        );
        let ranges = data.features().ranges();
        let magnitude = |&(low, high): &(f64, f64)| low.abs().max(high.abs());
        let largest =
            (0..ranges.len()).max_by(|&a, &b| magnitude(&ranges[a]).total_cmp(&magnitude(&ranges[b])));
        if let Some(column) = largest.filter(|&column| magnitude(&ranges[column]) > LARGE_INPUT) {
            let (low, high) = ranges[column];
            finding.push_str(&format!(
                ". Unscaled inputs are why: column {} reaches from {low} to {high}. Standardise the columns \
                 (data.standardise = true)",
                column + 1
            ));
        } else {
            finding.push_str(". Start from smaller weights");
        }
        findings.push(finding);
    }
    findings
}

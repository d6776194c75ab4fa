//! A trace: every array of one forward and backward pass, copied from the workspace that made them.

use crate::kernels::Input;
use crate::network::Network;
use crate::pass::{self, Objective, Target, Workspace};
use crate::scalar::Scalar;

/// One layer in a pass. Rows are samples; weights are fan_in rows of fan_out.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerTrace<T> {
    /// Weighted sums, (rows, fan_out); where the layer is normalised, what becomes of them by that, by this batch.
    pub z: Vec<T>,
    /// f(z), (rows, fan_out).
    pub activation: Vec<T>,
    /// ∂L/∂a, (rows, fan_out).
    pub d_loss_d_activation: Vec<T>,
    /// ∂a/∂z, (rows, fan_out); for softmax the diagonal of its Jacobian.
    pub d_activation_d_z: Vec<T>,
    /// δ = ∂L/∂(x·W + b), (rows, fan_out).
    pub delta: Vec<T>,
    /// ∂L/∂W = xᵀδ, (fan_in, fan_out).
    pub d_loss_d_weights: Vec<T>,
    /// ∂L/∂b, (fan_out).
    pub d_loss_d_bias: Option<Vec<T>>,
    /// ∂L/∂γ, (fan_out), of a normalised layer.
    pub d_loss_d_gain: Option<Vec<T>>,
    /// ∂L/∂β, (fan_out), of a normalised layer.
    pub d_loss_d_shift: Option<Vec<T>>,
}

/// One forward and backward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace<T> {
    /// The layers, the first hidden one first.
    pub layers: Vec<LayerTrace<T>>,
    /// The loss of the batch, by the objective's reduction.
    pub loss: f64,
}

impl<T: Scalar> Trace<T> {
    /// Traces a batch through a network. `targets` are (rows, outputs).
    ///
    /// # Panics
    /// When the batch does not have the network's shape.
    pub fn of(network: &Network<T>, input: Input<'_, T>, targets: &[T], objective: Objective) -> Self {
        let architecture = network.architecture();
        let rows = input.rows(architecture.input_width());
        let mut workspace = Workspace::new(architecture, rows).recording();
        let mut gradient = vec![T::ZERO; network.parameters().len()];
        pass::forward(architecture, network.parameters(), input, &mut workspace);
        let target = Target::Gradient {
            parameters: network.parameters(),
            gradient: &mut gradient,
        };
        pass::backward(architecture, target, input, targets, objective, &mut workspace);
        let factor: f64 = objective.reduction.factor(rows);
        let loss = pass::loss_sum(objective.loss, architecture, targets, &workspace) * factor;
        let layers = architecture.layers().iter().enumerate().map(|(index, layer)| {
            let (z, activation) = (workspace.z(index), workspace.activation(index));
            LayerTrace {
                z: z.to_vec(),
                activation: activation.to_vec(),
                d_loss_d_activation: workspace.upstream(index).unwrap_or_default().to_vec(),
                d_activation_d_z: layer.activation.derivative(z, activation),
                delta: workspace.delta(index).to_vec(),
                d_loss_d_weights: gradient[layer.weights()].to_vec(),
                d_loss_d_bias: layer.bias().map(|range| gradient[range].to_vec()),
                d_loss_d_gain: layer.gain().map(|range| gradient[range].to_vec()),
                d_loss_d_shift: layer.shift().map(|range| gradient[range].to_vec()),
            }
        });
        Self {
            layers: layers.collect(),
            loss,
        }
    }
}

//! A trace: every array of one forward and backward pass, copied from the workspace that made them.

use crate::activation::Activation;
use crate::model::network::{Architecture, Layer, Network};
use crate::model::pass::{self, Objective, Target, Workspace};
use crate::scalar::Scalar;
use pellucid_kernels::layer::Input;

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
    /// Dropout's factor for each activation, 0 or 1/(1 − rate), (rows, fan_out), where the pass left units out.
    pub mask: Option<Vec<T>>,
    /// What the next layer got where there is a mask: activation times mask, (rows, fan_out).
    pub dropped: Option<Vec<T>>,
    /// What a normalised layer has besides.
    pub normalisation: Option<NormalisationTrace<T>>,
}

/// What lies between the sums of a normalised layer and its activation.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalisationTrace<T> {
    /// x·W + b, (rows, fan_out): the workspace normalises them in place, so the same forward pass made them once more.
    pub sums: Vec<T>,
    /// μ: of each unit over the batch, (fan_out), or of each row over the layer, (rows).
    pub mean: Vec<f64>,
    /// 1/√(σ² + ε), as many as there are means.
    pub inverse_deviation: Vec<f64>,
    /// x̂ = (sums − μ)/√(σ² + ε), (rows, fan_out). z is γ·x̂ + β.
    pub normal: Vec<T>,
    /// ∂L/∂z, (rows, fan_out), z being γ·x̂ + β: ∂L/∂a times f′(z).
    pub d_loss_d_z: Vec<T>,
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
        let loss = pass::loss_sum(objective.loss, architecture, targets, &workspace);
        let loss = loss * objective.reduction.factor::<f64>(rows);
        Self::copied(network, input, &gradient, loss, &workspace)
    }

    /// The arrays of a pass that a [recording](Workspace::recording) workspace has made, with the gradient it came to.
    /// `network` has the parameters that the forward pass was made with.
    pub(crate) fn copied(
        network: &Network<T>,
        input: Input<'_, T>,
        gradient: &[T],
        loss: f64,
        workspace: &Workspace<T>,
    ) -> Self {
        let architecture = network.architecture();
        let layers = architecture.layers().iter().enumerate().map(|(index, layer)| {
            let (z, activation) = (workspace.z(index), workspace.activation(index));
            let upstream = workspace.upstream(index).unwrap_or_default();
            let normalisation =
                workspace
                    .normalised(index)
                    .map(|(normal, mean, inverse)| NormalisationTrace {
                        sums: sums(network, index, layer, input, workspace),
                        mean: mean.to_vec(),
                        inverse_deviation: inverse.to_vec(),
                        normal: normal.to_vec(),
                        d_loss_d_z: {
                            let mut slope = upstream.to_vec();
                            layer
                                .activation
                                .backpropagate(z, activation, &mut slope, layer.fan_out);
                            slope
                        },
                    });
            LayerTrace {
                z: z.to_vec(),
                activation: activation.to_vec(),
                d_loss_d_activation: upstream.to_vec(),
                d_activation_d_z: layer.activation.derivative(z, activation),
                delta: workspace.delta(index).to_vec(),
                d_loss_d_weights: gradient[layer.weights()].to_vec(),
                d_loss_d_bias: layer.bias().map(|range| gradient[range].to_vec()),
                d_loss_d_gain: layer.gain().map(|range| gradient[range].to_vec()),
                d_loss_d_shift: layer.shift().map(|range| gradient[range].to_vec()),
                mask: workspace.mask(index).map(<[T]>::to_vec),
                dropped: workspace.mask(index).map(|_| workspace.output(index).to_vec()),
                normalisation,
            }
        });
        Self {
            layers: layers.collect(),
            loss,
        }
    }
}

/// x·W + b of one layer, by a forward pass through it alone.
fn sums<T: Scalar>(
    network: &Network<T>,
    index: usize,
    layer: &Layer,
    input: Input<'_, T>,
    workspace: &Workspace<T>,
) -> Vec<T> {
    let sizes = [layer.fan_in, layer.fan_out];
    let Ok(alone) = Architecture::new(&sizes, &[Activation::Identity], layer.bias().is_some()) else {
        return Vec::new(); // a layer that is there has a shape
    };
    let mut parameters = network.weights(index).to_vec();
    parameters.extend_from_slice(network.bias(index).unwrap_or_default());
    let x = match index {
        0 => input,
        _ => Input::Dense(workspace.output(index - 1)),
    };
    let mut pass = Workspace::new(&alone, workspace.rows());
    pass::forward(&alone, &parameters, x, &mut pass);
    pass.z(0).to_vec()
}

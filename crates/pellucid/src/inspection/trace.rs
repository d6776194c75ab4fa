//! The arrays of one forward and one backward pass, layer by layer, as plain numbers that serialise to JSON.
//!
//! Rows are samples, those of the first member where a network is made of members; weights are fan_in rows of fan_out numbers. Every number is copied, in double precision and exactly,
//! from the workspace, the gradient and the parameters of the pass.

use crate::activation::Activation;
use crate::model::network::{Architecture, Network};
use crate::model::pass::{self, Objective, Workspace};
use crate::number::Numbers;
use crate::scalar::Scalar;
use pellucid_kernels::layer::Input;
use serde::Serialize;

/// One layer in a pass, and its parameters before and after the step that the pass belongs to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerTrace {
    /// The activation function f.
    pub function: Activation,
    /// The number of inputs.
    pub fan_in: usize,
    /// The number of units.
    pub fan_out: usize,
    /// The scales s of the features, where this is the first layer and has them: it computes (x∘s)·W + b.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_scales: Option<InputScalesTrace>,
    /// W before the step, (fan_in, fan_out).
    pub weights: Vec<Numbers>,
    /// b before the step, (fan_out), or null.
    pub bias: Option<Numbers>,
    /// Pre-activations, (rows, fan_out): x·W + b, normalised where the layer is.
    pub z: Vec<Numbers>,
    /// f(z), (rows, fan_out).
    pub activation: Vec<Numbers>,
    /// Dropout's factors and the activations times these, which are the next layer's input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<DropoutTrace>,
    /// The steps from x·W + b to z, where the layer is normalised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalisation: Option<NormalisationTrace>,
    /// The factors α of parametric activations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parametric: Option<ParametricTrace>,
    /// ∂L/∂a, (rows, fan_out).
    pub d_loss_d_activation: Vec<Numbers>,
    /// ∂a/∂z, (rows, fan_out); of softmax the diagonal aⱼ(1 − aⱼ) of its Jacobian.
    pub d_activation_d_z: Vec<Numbers>,
    /// δ = ∂L/∂(x·W + b), (rows, fan_out).
    pub delta: Vec<Numbers>,
    /// ∂L/∂W = xᵀδ, (fan_in, fan_out).
    pub d_loss_d_weights: Vec<Numbers>,
    /// ∂L/∂b = Σ δ, (fan_out), or null.
    pub d_loss_d_bias: Option<Numbers>,
    /// W after the step, (fan_in, fan_out); null without a step.
    pub weights_after: Option<Vec<Numbers>>,
    /// b after the step, (fan_out), or null.
    pub bias_after: Option<Numbers>,
    /// The optimizer's input and memory, where the step is more than −η·∂L/∂W.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<LayerUpdate>,
}

/// The scales of the features.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InputScalesTrace {
    /// s before the step, (fan_in).
    pub scales: Numbers,
    /// x∘s, (rows, fan_in).
    pub scaled: Vec<Numbers>,
    /// ∂L/∂s, (fan_in).
    pub d_loss_d_scales: Numbers,
    /// s after the step, (fan_in); null without a step.
    pub scales_after: Option<Numbers>,
}

/// Parametric activations a = z + α·(f(z) − z).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParametricTrace {
    /// α before the step, (fan_out).
    pub factors: Numbers,
    /// f(z), (rows, fan_out).
    pub function: Vec<Numbers>,
    /// ∂L/∂α, (fan_out).
    pub d_loss_d_factors: Numbers,
    /// α after the step, (fan_out); null without a step.
    pub factors_after: Option<Numbers>,
}

/// What stands in the place of features, with the parameters of all embeddings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmbeddingTrace {
    /// The features, (rows, inputs).
    pub features: Vec<Numbers>,
    /// ∂L/∂ of the embedded features, (rows, fan_in of the first layer).
    pub d_loss_d_embedded: Vec<Numbers>,
    /// The arrays of the parameters.
    pub arrays: Vec<EmbeddingArrayTrace>,
}

/// An array of an embedding's parameters, row-major.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmbeddingArrayTrace {
    /// The first and the last of the embedded features, counted from 1.
    pub features: [usize; 2],
    /// `frequency`, `phase`, `weight` or `bias`.
    pub name: &'static str,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Before the step.
    pub before: Numbers,
    /// ∂L/∂ of it.
    pub gradient: Numbers,
    /// After the step; null without a step.
    pub after: Option<Numbers>,
}

/// Dropout of a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DropoutTrace {
    /// The factor of each activation, 0 or 1/(1 − rate), (rows, fan_out).
    pub mask: Vec<Numbers>,
    /// Activation times mask, (rows, fan_out).
    pub output: Vec<Numbers>,
}

/// The normalisation of a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NormalisationTrace {
    /// `batch` or `layer`.
    pub name: String,
    /// x·W + b, (rows, fan_out). The workspace normalises them in place, so the same forward pass computes them again.
    pub sums: Vec<Numbers>,
    /// μ of each unit over the batch, (fan_out), or of each row over the layer, (rows).
    pub mean: Numbers,
    /// 1/√(σ² + ε), as many as there are means.
    pub inverse_deviation: Numbers,
    /// x̂ = (x·W + b − μ)/√(σ² + ε), (rows, fan_out). z is γ·x̂ + β.
    pub normal: Vec<Numbers>,
    /// γ before the step, (fan_out).
    pub gain: Numbers,
    /// β before the step, (fan_out).
    pub shift: Numbers,
    /// ∂L/∂z, (rows, fan_out), z being γ·x̂ + β: ∂L/∂a times f′(z).
    pub d_loss_d_z: Vec<Numbers>,
    /// ∂L/∂γ, (fan_out).
    pub d_loss_d_gain: Numbers,
    /// ∂L/∂β, (fan_out).
    pub d_loss_d_shift: Numbers,
    /// γ after the step, (fan_out).
    pub gain_after: Option<Numbers>,
    /// β after the step, (fan_out).
    pub shift_after: Option<Numbers>,
}

/// A layer's weights and biases, or an array for each.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeightsAndBias {
    /// (fan_in, fan_out).
    pub weights: Vec<Numbers>,
    /// (fan_out), or null.
    pub bias: Option<Numbers>,
}

/// The optimizer's input and memory, of one layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerUpdate {
    /// The penalties' part of the gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<WeightsAndBias>,
    /// The gradient that the optimizer received, where it is not ∂L/∂W: of all batches of the step, with penalties, clipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradient: Option<WeightsAndBias>,
    /// The optimizer's memory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memory: Vec<MemoryTrace>,
}

/// One array of an optimizer's memory, of one layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemoryTrace {
    /// Its symbol in the optimizer's formula.
    pub name: String,
    /// Before the step.
    pub before: WeightsAndBias,
    /// After the step.
    pub after: WeightsAndBias,
}

/// One forward and one backward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The layers, the first hidden one first.
    pub layers: Vec<LayerTrace>,
    /// The loss of the batch, by the objective's reduction.
    pub loss: f64,
}

impl Trace {
    /// Traces a batch through a network. `targets` are (rows, outputs).
    ///
    /// # Panics
    /// When the batch does not have the network's shape.
    pub fn new<T: Scalar>(
        network: &Network<T>,
        input: Input<'_, T>,
        targets: &[T],
        objective: Objective,
    ) -> Self {
        let architecture = network.architecture();
        let rows = input.rows(architecture.input_width());
        let parameters = network.parameters();
        let workspace = &mut Workspace::new(architecture, rows).recording();
        let gradient = pass::gradient(architecture, parameters, input, targets, objective, workspace);
        let loss = pass::loss_sum(objective.loss, architecture, targets, workspace);
        Self {
            layers: layers(network, None, input, &gradient, workspace),
            loss: loss * objective.reduction.factor::<f64>(rows),
        }
    }
}

/// The layers of a pass through `before` in a [recording](Workspace::recording) workspace.
pub(crate) fn layers<T: Scalar>(
    before: &Network<T>,
    after: Option<&Network<T>>,
    input: Input<'_, T>,
    gradient: &[T],
    workspace: &Workspace<T>,
) -> Vec<LayerTrace> {
    let of_layer = |index: usize| {
        let layer = before.architecture().layer(index);
        let width = layer.fan_out;
        let (z, activation) = (workspace.z(index), workspace.activation(index));
        let (weights, bias) = (layer.weights_of(0), layer.bias_of(0));
        let input = match workspace.embedded() {
            Some((embedded, _)) => Input::Dense(embedded),
            None => input,
        };
        let of_bias = |values: &[T]| bias.clone().map(|range| numbers(&values[range]));
        LayerTrace {
            function: layer.activation,
            fan_in: layer.fan_in,
            fan_out: width,
            input_scales: input_scales(before, after, input, gradient).filter(|_| index == 0),
            weights: table(&before.parameters()[weights.clone()], width),
            bias: of_bias(before.parameters()),
            z: table(z, width),
            activation: table(activation, width),
            dropout: workspace.mask(index).map(|mask| DropoutTrace {
                mask: table(mask, width),
                output: table(workspace.output(index), width),
            }),
            normalisation: normalisation(before, after, index, input, gradient, workspace),
            d_loss_d_activation: table(workspace.upstream(index).unwrap_or_default(), width),
            parametric: parametric(before, after, index, gradient, workspace),
            d_activation_d_z: table(&activation_derivative(before, workspace, index), width),
            delta: table(workspace.delta(index), width),
            d_loss_d_weights: table(&gradient[weights.clone()], width),
            d_loss_d_bias: of_bias(gradient),
            weights_after: after.map(|after| table(&after.parameters()[weights], width)),
            bias_after: after.and_then(|after| of_bias(after.parameters())),
            update: None,
        }
    };
    (0..before.architecture().layers().len()).map(of_layer).collect()
}

fn input_scales<T: Scalar>(
    before: &Network<T>,
    after: Option<&Network<T>>,
    input: Input<'_, T>,
    gradient: &[T],
) -> Option<InputScalesTrace> {
    let architecture = before.architecture();
    let width = architecture.layer(0).fan_in;
    let of_first = architecture.input_scales()?.start..architecture.input_scales()?.start + width;
    let scales = &before.parameters()[of_first.clone()];
    let mut scaled = input.to_vec();
    for row in scaled.chunks_exact_mut(width) {
        for (x, &scale) in row.iter_mut().zip(scales) {
            *x *= scale;
        }
    }
    Some(InputScalesTrace {
        scales: numbers(scales),
        scaled: table(&scaled, width),
        d_loss_d_scales: numbers(&gradient[of_first.clone()]),
        scales_after: after.map(|after| numbers(&after.parameters()[of_first])),
    })
}

fn normalisation<T: Scalar>(
    before: &Network<T>,
    after: Option<&Network<T>>,
    index: usize,
    input: Input<'_, T>,
    gradient: &[T],
    workspace: &Workspace<T>,
) -> Option<NormalisationTrace> {
    let (normal, mean, inverse_deviation) = workspace.normalised(index)?;
    let layer = before.architecture().layer(index);
    let width = layer.fan_out;
    let mut d_loss_d_z = workspace.upstream(index).unwrap_or_default().to_vec();
    let (z, activation) = (workspace.z(index), workspace.activation(index));
    match workspace.function_values(index) {
        None => layer
            .activation
            .backpropagate(z, activation, &mut d_loss_d_z, width),
        // Softmax is no function of one pre-activation, and no hidden layer's usual one.
        Some(_) => {
            let derivative = activation_derivative(before, workspace, index);
            d_loss_d_z
                .iter_mut()
                .zip(derivative)
                .for_each(|(outer, own)| *outer *= own);
        }
    }
    let derivatives = |range: Option<std::ops::Range<usize>>| range.map(|range| numbers(&gradient[range]));
    Some(NormalisationTrace {
        name: layer.normalisation()?.name().into(),
        sums: table(&sums(before, index, input, workspace), width),
        mean: Numbers(mean.to_vec()),
        inverse_deviation: Numbers(inverse_deviation.to_vec()),
        normal: table(normal, width),
        gain: numbers(before.gain(index)?),
        shift: numbers(before.shift(index)?),
        d_loss_d_z: table(&d_loss_d_z, width),
        d_loss_d_gain: derivatives(layer.gain())?,
        d_loss_d_shift: derivatives(layer.shift())?,
        gain_after: after.and_then(|after| after.gain(index)).map(numbers),
        shift_after: after.and_then(|after| after.shift(index)).map(numbers),
    })
}

fn parametric<T: Scalar>(
    before: &Network<T>,
    after: Option<&Network<T>>,
    index: usize,
    gradient: &[T],
    workspace: &Workspace<T>,
) -> Option<ParametricTrace> {
    let layer = before.architecture().layer(index);
    let range = layer.activation_factors()?;
    Some(ParametricTrace {
        factors: numbers(&before.parameters()[range.clone()]),
        function: table(workspace.function_values(index)?, layer.fan_out),
        d_loss_d_factors: numbers(&gradient[range.clone()]),
        factors_after: after.map(|after| numbers(&after.parameters()[range])),
    })
}

/// ∂a/∂z of layer `index` in the last pass of `workspace`, (rows, fan_out): f′(z), or 1 + α·(f′(z) − 1).
pub(crate) fn activation_derivative<T: Scalar>(
    network: &Network<T>,
    workspace: &Workspace<T>,
    index: usize,
) -> Vec<T> {
    let layer = network.architecture().layer(index);
    let (z, activation) = (workspace.z(index), workspace.activation(index));
    let (Some(range), Some(values)) = (layer.activation_factors(), workspace.function_values(index)) else {
        return layer.activation.derivative(z, activation);
    };
    let mut derivative = layer.activation.derivative(z, values);
    for row in derivative.chunks_exact_mut(layer.fan_out) {
        for (derivative, &factor) in row.iter_mut().zip(&network.parameters()[range.clone()]) {
            *derivative = T::ONE + factor * (*derivative - T::ONE);
        }
    }
    derivative
}

/// What stands in the place of features; `None` for a network without embeddings.
pub(crate) fn embedding<T: Scalar>(
    before: &Network<T>,
    after: Option<&Network<T>>,
    features: &[T],
    gradient: &[T],
    workspace: &Workspace<T>,
) -> Option<EmbeddingTrace> {
    let (_, outer) = workspace.embedded()?;
    let architecture = before.architecture();
    let parts = architecture.embedded_parts().iter();
    let arrays = parts.flat_map(|part| {
        let arrays = part.arrays().into_iter();
        arrays.map(|(name, shape, range)| EmbeddingArrayTrace {
            features: [part.features.start + 1, part.features.end],
            name,
            shape,
            before: numbers(&before.parameters()[range.clone()]),
            gradient: numbers(&gradient[range.clone()]),
            after: after.map(|after| numbers(&after.parameters()[range])),
        })
    });
    Some(EmbeddingTrace {
        features: table(features, architecture.input_width()),
        d_loss_d_embedded: table(outer, architecture.layer(0).fan_in),
        arrays: arrays.collect(),
    })
}

/// x·W + b of one layer, by a forward pass through it alone.
fn sums<T: Scalar>(
    network: &Network<T>,
    index: usize,
    input: Input<'_, T>,
    workspace: &Workspace<T>,
) -> Vec<T> {
    let layer = network.architecture().layer(index);
    let sizes = [layer.fan_in, layer.fan_out];
    let Ok(alone) = Architecture::new(&sizes, &[Activation::Identity], layer.bias().is_some()) else {
        return Vec::new(); // never: the layer exists, so its shape is valid
    };
    let scales = network.input_scales().filter(|_| index == 0);
    let alone = match scales {
        Some(_) => alone.scaling_inputs(),
        None => alone,
    };
    let mut parameters = network.parameters()[layer.weights_of(0)].to_vec();
    if let Some(bias) = layer.bias_of(0) {
        parameters.extend_from_slice(&network.parameters()[bias]);
    }
    parameters
        .extend_from_slice(&scales.unwrap_or_default()[..if scales.is_some() { layer.fan_in } else { 0 }]);
    let x = match index {
        0 => input,
        _ => Input::Dense(workspace.output(index - 1)),
    };
    let mut pass = Workspace::new(&alone, workspace.rows());
    pass::forward(&alone, &parameters, x, &mut pass);
    pass.z(0).to_vec()
}

pub(crate) fn numbers<T: Scalar>(values: &[T]) -> Numbers {
    Numbers(values.iter().map(|value| value.to_f64()).collect())
}

/// Rows of `width` numbers.
pub(crate) fn table<T: Scalar>(values: &[T], width: usize) -> Vec<Numbers> {
    values.chunks_exact(width).map(numbers).collect()
}

//! The layers of a network that is imported. Scales, biases and batch normalisations become part of the weights.

use pellucid::Activation;
use pellucid_data::preparation::Preparation;

/// A network that is a multilayer perceptron.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Perceptron {
    pub(crate) layers: Vec<DenseLayer>,
    pub(crate) is_double: bool,
    /// The preparation of a table that its file keeps.
    pub(crate) preparation: Option<Preparation>,
}

/// A dense layer, perhaps with layer normalisation before its activation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DenseLayer {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// (inputs, outputs), row-major.
    pub(crate) weights: Vec<f64>,
    pub(crate) bias: Vec<f64>,
    pub(crate) normalisation: Option<LayerNormalisation>,
    pub(crate) activation: Activation,
    /// α of each unit in z + α·(f(z) − z), of a parametric activation.
    pub(crate) factors: Option<Vec<f64>>,
}

/// γ·(z − μ)/√(σ² + ε) + β over the units of a layer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LayerNormalisation {
    pub(crate) epsilon: f64,
    pub(crate) gain: Vec<f64>,
    pub(crate) shift: Vec<f64>,
}

impl DenseLayer {
    /// A layer without an activation.
    pub(crate) fn new(inputs: usize, outputs: usize, weights: Vec<f64>, bias: Vec<f64>) -> Self {
        Self {
            inputs,
            outputs,
            weights,
            bias,
            normalisation: None,
            activation: Activation::Identity,
            factors: None,
        }
    }

    /// What the activation gets becomes scale·z + shift.
    pub(crate) fn scale_outputs(&mut self, scale: &[f64], shift: &[f64]) {
        let scaled = |numbers: &mut [f64], added: bool| {
            for (number, (scale, shift)) in numbers.iter_mut().zip(scale.iter().zip(shift)) {
                *number = *number * scale + if added { *shift } else { 0.0 };
            }
        };
        if let Some(normalisation) = &mut self.normalisation {
            scaled(&mut normalisation.gain, false);
            scaled(&mut normalisation.shift, true);
            return;
        }
        for row in self.weights.chunks_exact_mut(self.outputs) {
            scaled(row, false);
        }
        scaled(&mut self.bias, true);
    }

    /// The layer gets scale·x + shift.
    pub(crate) fn scale_inputs(&mut self, scale: &[f64], shift: &[f64]) {
        let rows = self.weights.chunks_exact_mut(self.outputs);
        for (row, (scale, shift)) in rows.zip(scale.iter().zip(shift)) {
            for (weight, bias) in row.iter_mut().zip(&mut self.bias) {
                *bias += *weight * shift;
                *weight *= scale;
            }
        }
    }
}

/// What follows another in a network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stage {
    /// A layer without an activation.
    Dense(DenseLayer),
    /// scale·x + shift of each number.
    Affine {
        scale: Vec<f64>,
        shift: Vec<f64>,
    },
    Normalisation(LayerNormalisation),
    Activation(Activation),
    /// A rectifier whose slope below 0 is one of these: one for all units, or one for each.
    Leaky(Vec<f64>),
}

/// The layers that these stages are, each with a name for messages.
///
/// # Errors
/// The sizes do not fit, or a stage stands where pellucid's networks have none.
pub(crate) fn joined(stages: Vec<(String, Stage)>) -> Result<Vec<DenseLayer>, String> {
    let mut layers: Vec<DenseLayer> = Vec::new();
    // Whether the last layer has its activation, and the affine function of numbers that follows it.
    let mut is_activated = true;
    let mut waiting: Option<(Vec<f64>, Vec<f64>, String)> = None;
    for (name, stage) in stages {
        let width = layers.last().map(|layer| layer.outputs);
        let fits = |found: usize| match width {
            Some(width) if width != found => Err(format!(
                "{name} takes {found} numbers, and the layer before gives {width}"
            )),
            _ => Ok(()),
        };
        match stage {
            Stage::Dense(mut layer) => {
                fits(layer.inputs)?;
                if let Some((scale, shift, of)) = waiting.take() {
                    if scale.len() != layer.inputs {
                        return Err(format!(
                            "{of} is of {} numbers, and {name} takes {}",
                            scale.len(),
                            layer.inputs
                        ));
                    }
                    layer.scale_inputs(&scale, &shift);
                }
                layers.push(layer);
                is_activated = false;
            }
            Stage::Affine { scale, shift } => {
                fits(scale.len())?;
                match (layers.last_mut(), &mut waiting) {
                    (Some(layer), None) if !is_activated => layer.scale_outputs(&scale, &shift),
                    (_, Some((before, shifts, _))) => {
                        for (number, factor) in before.iter_mut().zip(&scale) {
                            *number *= factor;
                        }
                        for (number, (factor, by)) in shifts.iter_mut().zip(scale.iter().zip(&shift)) {
                            *number = *number * factor + by;
                        }
                    }
                    (_, none) => *none = Some((scale, shift, name)),
                }
            }
            Stage::Normalisation(normalisation) => {
                fits(normalisation.gain.len())?;
                match layers.last_mut() {
                    Some(layer) if !is_activated && layer.normalisation.is_none() => {
                        layer.normalisation = Some(normalisation);
                    }
                    _ => {
                        return Err(format!(
                            "{name} normalises the features, or what an activation gives; layer normalisation stands between a dense \
                             layer and its activation here"
                        ));
                    }
                }
            }
            Stage::Activation(Activation::Identity) => {}
            Stage::Activation(activation) => {
                let layer = unactivated(&mut layers, &mut is_activated, &name)?;
                layer.activation = activation;
            }
            Stage::Leaky(slopes) => {
                if slopes.len() != 1 {
                    fits(slopes.len())?;
                }
                let layer = unactivated(&mut layers, &mut is_activated, &name)?;
                layer.activation = Activation::Relu;
                let slope = |unit: usize| slopes[if slopes.len() == 1 { 0 } else { unit }];
                layer.factors = Some((0..layer.outputs).map(|unit| 1.0 - slope(unit)).collect());
            }
        }
    }
    let Some(last) = layers.last() else {
        return Err("it has no dense layer".into());
    };
    match waiting {
        Some((.., name)) => Err(format!(
            "{name} follows the activation of the output layer; an output layer ends with its activation"
        )),
        None if last.factors.is_some() => Err(
            "the activation of the output layer has slopes of its own; those of hidden layers may have such slopes".into(),
        ),
        None => Ok(layers),
    }
}

/// The last layer, which gets its activation.
fn unactivated<'a>(
    layers: &'a mut [DenseLayer],
    is_activated: &mut bool,
    name: &str,
) -> Result<&'a mut DenseLayer, String> {
    match layers.last_mut() {
        Some(layer) if !*is_activated => {
            *is_activated = true;
            Ok(layer)
        }
        _ => Err(format!(
            "the activation {name} follows no dense layer, or a second activation; each layer has one"
        )),
    }
}

//! The layers of a network: features to outputs.

use super::builder::Builder;
use super::embeddings::embed;
use super::expression::Expression;
use super::{Activated, Operator, Precision, Value};
use crate::error::{ExportError, Result};
use pellucid::model::network::Layer;
use pellucid::{Activation, Network, Normalisation, Scalar};

/// The layers of one network.
pub(super) struct Layers<'a, T> {
    pub(super) form: &'static str,
    pub(super) network: &'a Network<T>,
    /// What the names of its arrays begin with.
    pub(super) prefix: String,
    pub(super) precision: Precision,
}

impl<T: Scalar> Layers<'_, T> {
    /// The outputs for features, the mean of the members' where it has members.
    pub(super) fn build(&self, builder: &mut Builder, features: Value) -> Result<Value> {
        let architecture = self.network.architecture();
        let parameters = self.network.parameters();
        let features = embed(
            builder,
            architecture,
            parameters,
            features,
            &self.prefix,
            self.precision,
        );
        let members = architecture.member_count();
        if members == 1 {
            let mut a = features;
            for index in 0..architecture.layers().len() {
                let affine = self.affine(builder, index, 0);
                a = self.layer(builder, index, affine, a)?;
            }
            return Ok(a);
        }
        let last = architecture.layers().len() - 1;
        let shared: Vec<_> = (0..last).map(|index| self.affine(builder, index, 0)).collect();
        let mut outputs = Vec::new();
        for member in 0..members {
            let width = architecture.layer(0).fan_in;
            let scales = self.numbers(architecture.input_scales().unwrap_or_default());
            let own = scales[member * width..(member + 1) * width].to_vec();
            let mut a = builder.with(Operator::Multiply, features, own);
            for (index, &affine) in shared.iter().enumerate() {
                a = self.layer(builder, index, affine, a)?;
            }
            let affine = self.affine(builder, last, member);
            outputs.push(self.layer(builder, last, affine, a)?);
        }
        Ok(builder.mean(outputs))
    }

    fn numbers(&self, range: std::ops::Range<usize>) -> Vec<f64> {
        self.network.parameters()[range]
            .iter()
            .map(|number| number.to_f64())
            .collect()
    }

    /// W and b of a layer, with the scales of the features and with batch normalisation, which are linear too in a
    /// prediction.
    fn affine(&self, builder: &mut Builder, index: usize, copy: usize) -> (usize, Option<usize>) {
        let architecture = self.network.architecture();
        let layer = architecture.layer(index);
        let mut weights = self.numbers(layer.weights_of(copy));
        let mut bias = layer.bias_of(copy).map(|range| self.numbers(range));
        if index == 0
            && architecture.member_count() == 1
            && let Some(scales) = architecture.input_scales()
        {
            let scales = self.numbers(scales);
            for (row, scale) in weights.chunks_exact_mut(layer.fan_out).zip(scales) {
                row.iter_mut().for_each(|weight| *weight *= scale);
            }
        }
        if let Some(Normalisation::Batch { epsilon, .. }) = layer.normalisation() {
            let (gain, shift) = self.gain_and_shift(&layer);
            let statistics = self.numbers(layer.statistics().unwrap_or_default());
            let (means, variances) = statistics.split_at(layer.fan_out);
            let factors: Vec<f64> = gain
                .iter()
                .zip(variances)
                .map(|(gain, variance)| gain / (variance + epsilon).sqrt())
                .collect();
            for row in weights.chunks_exact_mut(layer.fan_out) {
                row.iter_mut()
                    .zip(&factors)
                    .for_each(|(weight, factor)| *weight *= factor);
            }
            let mut b = bias.unwrap_or_else(|| vec![0.0; layer.fan_out]);
            for (unit, b) in b.iter_mut().enumerate() {
                *b = (*b - means[unit]) * factors[unit] + shift[unit];
            }
            bias = Some(b);
        }
        let name = match architecture.layer(index).copies() {
            1 => format!("{}layer_{}", self.prefix, index + 1),
            _ => format!("{}layer_{}_of_member_{}", self.prefix, index + 1, copy + 1),
        };
        let shape = [layer.fan_in, layer.fan_out];
        let weights = builder.array(format!("{name}_weights"), weights, &shape, self.precision);
        let bias =
            bias.map(|bias| builder.array(format!("{name}_bias"), bias, &[layer.fan_out], self.precision));
        (weights, bias)
    }

    fn gain_and_shift(&self, layer: &Layer) -> (Vec<f64>, Vec<f64>) {
        let part = |range: Option<std::ops::Range<usize>>| self.numbers(range.unwrap_or_default());
        (part(layer.gain()), part(layer.shift()))
    }

    fn layer(
        &self,
        builder: &mut Builder,
        index: usize,
        (weights, bias): (usize, Option<usize>),
        input: Value,
    ) -> Result<Value> {
        let layer = self.network.architecture().layer(index);
        let mut z = builder.dense(input, weights, bias);
        if let Some(Normalisation::Layer { epsilon }) = layer.normalisation() {
            let (gain, shift) = self.gain_and_shift(&layer);
            z = layer_normalised(builder, z, epsilon, gain, shift);
        }
        let a = activate(builder, self.form, layer.activation, z)?;
        Ok(match layer.activation_factors() {
            None => a,
            Some(factors) => {
                let change = builder.combine(Operator::Subtract, a, z);
                let change = builder.with(Operator::Multiply, change, self.numbers(factors));
                builder.combine(Operator::Add, z, change)
            }
        })
    }
}

/// γ·(z − μ)/√(σ² + ε) + β over the units of the layer.
fn layer_normalised(builder: &mut Builder, z: Value, epsilon: f64, gain: Vec<f64>, shift: Vec<f64>) -> Value {
    let share = 1.0 / builder.width(z) as f64;
    let sum = builder.sum(z);
    let mean = builder.with_number(Operator::Multiply, sum, share);
    let difference = builder.combine(Operator::Subtract, z, mean);
    let square = builder.combine(Operator::Multiply, difference, difference);
    let sum = builder.sum(square);
    let variance = builder.with_number(Operator::Multiply, sum, share);
    let variance = builder.with_number(Operator::Add, variance, epsilon);
    let deviation = builder.apply(super::Function::SquareRoot, variance);
    let normal = builder.combine(Operator::Divide, difference, deviation);
    let scaled = builder.with(Operator::Multiply, normal, gain);
    builder.with(Operator::Add, scaled, shift)
}

/// f(z), by the formula in the activation's descriptor.
fn activate(builder: &mut Builder, form: &'static str, activation: Activation, z: Value) -> Result<Value> {
    let expression = Expression::of(activation).ok_or_else(|| ExportError::Inexpressible {
        form,
        part: format!("the activation `{}`", activation.name()),
        advice: "train with another activation".into(),
    })?;
    let first = builder.steps.len();
    let to = expression.build(builder, z);
    builder.activations.push(Activated {
        activation,
        of: z,
        to,
        steps: first..builder.steps.len(),
    });
    Ok(to)
}

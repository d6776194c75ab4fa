//! The layout of the parameters of dense layers in one flat buffer.

use crate::activation::Activation;
use std::ops::Range;

/// One dense layer a = f(x·W + b): its shape, its activation, and where its parameters lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerLayout {
    /// The number of inputs.
    pub fan_in: usize,
    /// The number of units.
    pub fan_out: usize,
    /// The activation f of its units.
    pub activation: Activation,
    /// Index of the first weight, (fan_in, fan_out), in the parameters.
    pub weights_at: usize,
    /// Index of the first number of the bias, (fan_out), in the parameters, if the layer has one.
    pub bias_at: Option<usize>,
}

impl LayerLayout {
    /// The range of the weights, (fan_in, fan_out), in the parameters.
    pub fn weights(&self) -> Range<usize> {
        self.weights_at..self.weights_at + self.fan_in * self.fan_out
    }

    /// The range of the bias, (fan_out), in the parameters, if the layer has one.
    pub fn bias(&self) -> Option<Range<usize>> {
        self.bias_at.map(|at| at..at + self.fan_out)
    }
}

/// Layers one after another, each as wide as the next one's input, whose parameters lie in one buffer.
///
/// The kernels rely on what [`new`](Self::new) checks: every range lies within the buffer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StackLayout {
    layers: Vec<LayerLayout>,
    parameter_count: usize,
}

impl StackLayout {
    /// The layout of `layers` in a buffer of `parameter_count` numbers.
    ///
    /// # Panics
    /// If a layer's parameters do not lie within the buffer, or a layer's input is not as wide as the layer below it.
    pub fn new(layers: Vec<LayerLayout>, parameter_count: usize) -> Self {
        for (index, layer) in layers.iter().enumerate() {
            let end = layer
                .fan_in
                .checked_mul(layer.fan_out)
                .and_then(|count| count.checked_add(layer.weights_at));
            let bias_end = layer.bias_at.map_or(Some(0), |at| at.checked_add(layer.fan_out));
            assert!(
                end.is_some_and(|end| end <= parameter_count)
                    && bias_end.is_some_and(|end| end <= parameter_count)
                    && (index == 0 || layers[index - 1].fan_out == layer.fan_in),
                "the layout of layer {} does not fit into {parameter_count} parameters",
                index + 1
            );
        }
        Self {
            layers,
            parameter_count,
        }
    }

    /// The layers, the one nearest to the input first.
    #[inline(always)]
    pub fn layers(&self) -> &[LayerLayout] {
        &self.layers
    }

    /// The length of the buffer.
    #[inline(always)]
    pub fn parameter_count(&self) -> usize {
        self.parameter_count
    }
}

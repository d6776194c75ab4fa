//! The network: its architecture, and one flat buffer of parameters.
//!
//! Weights of all layers lie first, then the biases of all layers, so that weight decay is a prefix. The weights
//! of a layer are (fan_in, fan_out), row after row, so that z = x·W + b.

use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::kernels::aligned::Aligned;
use crate::scalar::Scalar;
use std::ops::Range;

/// The shape of a network: layer sizes, activations, bias or none, and where each layer's parameters lie.
///
/// ```
/// use pellucid::{Activation, Architecture};
/// let xor = Architecture::new(&[2, 3, 1], &[Activation::Sigmoid; 2], false)?;
/// assert_eq!(xor.parameter_count(), 2 * 3 + 3 * 1);
/// assert_eq!(xor.layer(1).fan_in, 3);
/// # Ok::<(), pellucid::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    layers: Vec<Layer>,
    weight_count: usize,
    parameter_count: usize,
}

/// One dense layer: a = f(x·W + b).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// How many numbers come in.
    pub fan_in: usize,
    /// How many units it has.
    pub fan_out: usize,
    /// What its units apply to their weighted sums.
    pub activation: Activation,
    weights_at: usize,
    bias_at: Option<usize>,
}

impl Layer {
    /// Where the weights, (fan_in, fan_out), lie in the parameters.
    pub fn weights(&self) -> Range<usize> {
        self.weights_at..self.weights_at + self.fan_in * self.fan_out
    }

    /// Where the weights begin in the parameters. `weights_at + fan_in * fan_out` is at most the architecture's number of
    /// parameters: kernels rely on it.
    #[inline(always)]
    pub(crate) fn weights_at(&self) -> usize {
        self.weights_at
    }

    /// Where the bias begins in the parameters, if the layer has one; for its end the same holds.
    #[inline(always)]
    pub(crate) fn bias_at(&self) -> Option<usize> {
        self.bias_at
    }

    /// Where the bias, (fan_out), lies in the parameters, if the layer has one.
    pub fn bias(&self) -> Option<Range<usize>> {
        self.bias_at.map(|at| at..at + self.fan_out)
    }
}

impl Architecture {
    /// An architecture from the sizes of its layers, the inputs first, and an activation for each layer after
    /// the inputs.
    ///
    /// # Errors
    /// [`Error::Architecture`] for fewer than two sizes, a size of zero, a number of activations other than
    /// one a layer, or more parameters than memory can address.
    pub fn new(sizes: &[usize], activations: &[Activation], bias: bool) -> Result<Self> {
        let refuse = |why: String| Err(Error::Architecture(why));
        if sizes.len() < 2 {
            return refuse(format!(
                "`layers` has {} size(s), but at least an input and an output size are needed, such as [2, 1]",
                sizes.len()
            ));
        }
        if let Some(zero) = sizes.iter().position(|&size| size == 0) {
            let name = if zero == 0 {
                "the input layer".to_string()
            } else {
                format!("layer {zero}")
            };
            return refuse(format!(
                "{name} of {sizes:?} has zero width; every layer needs at least one unit"
            ));
        }
        if activations.len() != sizes.len() - 1 {
            return refuse(format!(
                "{} activation(s) for {} layers; give one name for all, or one for each layer after the inputs",
                activations.len(),
                sizes.len() - 1
            ));
        }
        let counted = sizes
            .windows(2)
            .try_fold((0usize, 0usize), |(weights, biases), pair| {
                let weights = pair[0]
                    .checked_mul(pair[1])
                    .and_then(|count| weights.checked_add(count))?;
                Some((weights, biases.checked_add(pair[1])?))
            });
        let fits = |(weights, biases): &(usize, usize)| {
            weights
                .checked_add(*biases)
                .is_some_and(|count| count <= (isize::MAX as usize) / 8)
        };
        let Some((weight_count, bias_count)) = counted.filter(fits) else {
            return refuse(format!(
                "layers {sizes:?} have more weights than memory can address"
            ));
        };

        let mut layers = Vec::with_capacity(activations.len());
        let (mut weights_at, mut bias_at) = (0, weight_count);
        for (pair, &activation) in sizes.windows(2).zip(activations) {
            let (fan_in, fan_out) = (pair[0], pair[1]);
            layers.push(Layer {
                fan_in,
                fan_out,
                activation,
                weights_at,
                bias_at: bias.then_some(bias_at),
            });
            weights_at += fan_in * fan_out;
            bias_at += fan_out;
        }
        let parameter_count = weight_count + if bias { bias_count } else { 0 };
        Ok(Self {
            layers,
            weight_count,
            parameter_count,
        })
    }

    /// The layers, the first hidden one first, the output layer last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Layer `index`, counted from 0 at the first hidden layer.
    ///
    /// # Panics
    /// When there is no such layer.
    pub fn layer(&self, index: usize) -> Layer {
        self.layers[index]
    }

    /// How many features go in.
    pub fn input_width(&self) -> usize {
        self.layers[0].fan_in
    }

    /// How many outputs come out.
    pub fn output_width(&self) -> usize {
        self.layers[self.layers.len() - 1].fan_out
    }

    /// The last layer.
    pub fn output_layer(&self) -> Layer {
        self.layers[self.layers.len() - 1]
    }

    /// How many weights there are; they are the first parameters.
    pub fn weight_count(&self) -> usize {
        self.weight_count
    }

    /// How many parameters there are: weights and biases.
    pub fn parameter_count(&self) -> usize {
        self.parameter_count
    }

    /// The sizes, as in `784-128-10`.
    pub fn describe(&self) -> String {
        let mut text = self.input_width().to_string();
        for layer in &self.layers {
            text.push_str(&format!("-{}", layer.fan_out));
        }
        text
    }
}

/// An architecture and its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Network<T> {
    architecture: Architecture,
    parameters: Aligned<T>,
}

impl<T: Scalar> Network<T> {
    /// A network from its parameters: all weights, then all biases.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are not as many parameters as the architecture has.
    pub fn new(architecture: Architecture, parameters: Vec<T>) -> Result<Self> {
        if parameters.len() != architecture.parameter_count() {
            return Err(Error::Shape {
                what: format!("the parameter buffer of a {} network", architecture.describe()),
                found: format!("{} numbers", parameters.len()),
                expected: architecture.parameter_count().to_string(),
                hint: String::new(),
            });
        }
        Ok(Self {
            architecture,
            parameters: Aligned::of(&parameters),
        })
    }

    /// The shape.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// All weights, then all biases.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// All weights, then all biases, to be changed in place.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    /// The weights of layer `index`, (fan_in, fan_out).
    pub fn weights(&self, index: usize) -> &[T] {
        &self.parameters[self.architecture.layer(index).weights()]
    }

    /// The bias of layer `index`, (fan_out), if it has one.
    pub fn bias(&self, index: usize) -> Option<&[T]> {
        self.architecture
            .layer(index)
            .bias()
            .map(|range| &self.parameters[range])
    }

    /// The architecture, and the parameters to be changed.
    pub(crate) fn split_mut(&mut self) -> (&Architecture, &mut [T]) {
        (&self.architecture, &mut self.parameters)
    }

    /// The first layer, counted from 1, that holds a number which is not finite, and that number.
    pub fn first_non_finite_layer(&self) -> Option<(usize, f64)> {
        let layers = self.architecture.layers().iter().enumerate();
        layers.into_iter().find_map(|(index, layer)| {
            let weights = &self.parameters[layer.weights()];
            let bias = layer.bias().map_or(&[][..], |range| &self.parameters[range]);
            let bad = weights.iter().chain(bias).find(|value| !value.is_finite())?;
            Some((index + 1, bad.to_f64()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_lie_before_biases() {
        let net = Architecture::new(&[2, 3, 1], &[Activation::Relu; 2], true).unwrap();
        assert_eq!(net.layer(0).weights(), 0..6);
        assert_eq!(net.layer(1).weights(), 6..9);
        assert_eq!(net.layer(0).bias(), Some(9..12));
        assert_eq!(net.layer(1).bias(), Some(12..13));
        assert_eq!((net.weight_count(), net.parameter_count()), (9, 13));
    }

    #[test]
    fn impossible_shapes_are_refused() {
        for sizes in [
            &[][..],
            &[3],
            &[3, 0, 1],
            &[0, 1],
            &[usize::MAX, usize::MAX],
            &[1 << 31, 1 << 31],
        ] {
            let activations = vec![Activation::Relu; sizes.len().saturating_sub(1)];
            assert!(Architecture::new(sizes, &activations, true).is_err(), "{sizes:?}");
        }
        assert!(Architecture::new(&[2, 2], &[], true).is_err());
    }
}

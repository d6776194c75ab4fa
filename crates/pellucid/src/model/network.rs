//! The network: its architecture, and one flat buffer of parameters.
//!
//! Weights of all layers lie first, then the biases of all layers, so that weight decay is a prefix. The weights
//! of a layer are (fan_in, fan_out), row after row, so that z = x·W + b. Behind them lie gain and shift of each layer
//! that is normalised, and last the running means and variances of batch normalisation: whatever keeps, copies or averages
//! parameters keeps those too. Their gradient is 0, so that no optimizer moves them.

use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::normalisation::Normalisation;
use crate::scalar::Scalar;
use pellucid_kernels::aligned::Aligned;
use pellucid_kernels::layer::layout::{LayerLayout, StackLayout};
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
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    layers: Vec<Layer>,
    /// The same layers as the kernels see them.
    layout: StackLayout,
    weight_count: usize,
    /// Weights and biases.
    affine_count: usize,
    /// Those, gains and shifts.
    trained_count: usize,
    parameter_count: usize,
}

/// One dense layer: a = f(x·W + b), or f of what its normalisation makes of the sums.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layer {
    /// How many numbers come in.
    pub fan_in: usize,
    /// How many units it has.
    pub fan_out: usize,
    /// What its units apply to their weighted sums.
    pub activation: Activation,
    /// What it applies to its sums before they go on to the normalisation, or to the next layer.
    pub(crate) function_of_sums: Activation,
    weights_at: usize,
    bias_at: Option<usize>,
    normalised: Option<NormalisedLayer>,
}

/// Where what a normalised layer needs lies in the parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
struct NormalisedLayer {
    normalisation: Normalisation,
    gain_at: usize,
    statistics_at: usize,
}

impl Layer {
    /// Where the weights, (fan_in, fan_out), lie in the parameters.
    pub fn weights(&self) -> Range<usize> {
        self.weights_at..self.weights_at + self.fan_in * self.fan_out
    }

    /// Where the bias, (fan_out), lies in the parameters, if the layer has one.
    pub fn bias(&self) -> Option<Range<usize>> {
        self.bias_at.map(|at| at..at + self.fan_out)
    }

    /// How its sums are normalised, if they are.
    pub fn normalisation(&self) -> Option<Normalisation> {
        self.normalised.map(|normalised| normalised.normalisation)
    }

    /// Where the gain γ, (fan_out), lies in the parameters, if the layer is normalised.
    pub fn gain(&self) -> Option<Range<usize>> {
        let at = self.normalised?.gain_at;
        Some(at..at + self.fan_out)
    }

    /// Where the shift β, (fan_out), lies in the parameters, right behind the gain.
    pub fn shift(&self) -> Option<Range<usize>> {
        let at = self.normalised?.gain_at + self.fan_out;
        Some(at..at + self.fan_out)
    }

    /// Where the running means, (fan_out), and right behind them the running variances, (fan_out), lie in the parameters,
    /// if the layer keeps them.
    pub fn statistics(&self) -> Option<Range<usize>> {
        let NormalisedLayer {
            normalisation,
            statistics_at: at,
            ..
        } = self.normalised?;
        normalisation
            .keeps_statistics()
            .then_some(at..at + 2 * self.fan_out)
    }
}

fn kernel_layout(layers: &[Layer], parameter_count: usize) -> StackLayout {
    let layouts = layers.iter().map(|layer| LayerLayout {
        fan_in: layer.fan_in,
        fan_out: layer.fan_out,
        activation: layer.activation,
        weights_at: layer.weights_at,
        bias_at: layer.bias_at,
    });
    StackLayout::new(layouts.collect(), parameter_count)
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
                function_of_sums: activation,
                weights_at,
                bias_at: bias.then_some(bias_at),
                normalised: None,
            });
            weights_at += fan_in * fan_out;
            bias_at += fan_out;
        }
        let parameter_count = weight_count + if bias { bias_count } else { 0 };
        Ok(Self {
            layout: kernel_layout(&layers, parameter_count),
            layers,
            weight_count,
            affine_count: parameter_count,
            trained_count: parameter_count,
            parameter_count,
        })
    }

    /// The same, the sums of some layers normalised: one entry for each layer after the inputs.
    ///
    /// ```
    /// use pellucid::{Activation, Architecture, Normalisation};
    /// let plain = Architecture::new(&[4, 8, 3], &[Activation::Relu, Activation::Softmax], true)?;
    /// let normalised = plain.clone().normalised(&[Some(Normalisation::BATCH), None])?;
    /// // Gain and shift of eight units, and their running means and variances.
    /// assert_eq!(normalised.trained_count(), plain.parameter_count() + 16);
    /// assert_eq!(normalised.parameter_count(), plain.parameter_count() + 32);
    /// # Ok::<(), pellucid::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Architecture`]: not an entry for each layer, an ε or a momentum that makes no sense, layer normalisation of
    /// a single unit, which is 0 whatever comes in.
    pub fn normalised(mut self, of_layers: &[Option<Normalisation>]) -> Result<Self> {
        let refuse = |why: String| Err(Error::Architecture(why));
        if of_layers.len() != self.layers.len() {
            return refuse(format!(
                "{} normalisation(s) for {} layers; give one name for all hidden layers, or one for each layer after the \
                 inputs",
                of_layers.len(),
                self.layers.len()
            ));
        }
        for (index, (layer, normalisation)) in self.layers.iter().zip(of_layers).enumerate() {
            let (Some(Normalisation::Batch { epsilon, .. }) | Some(Normalisation::Layer { epsilon })) =
                *normalisation
            else {
                continue;
            };
            if !(epsilon > 0.0 && epsilon.is_finite()) {
                return refuse(format!(
                    "the normalisation of layer {} has epsilon = {epsilon}; a finite number above 0 is needed, such as 1e-5",
                    index + 1
                ));
            }
            match *normalisation {
                Some(Normalisation::Batch { momentum, .. }) if !(0.0..=1.0).contains(&momentum) => {
                    return refuse(format!(
                        "the normalisation of layer {} has momentum = {momentum}; 0 to 1 is needed, such as 0.1",
                        index + 1
                    ));
                }
                Some(Normalisation::Layer { .. }) if layer.fan_out == 1 => {
                    return refuse(format!(
                        "layer {} has a single unit, which layer normalisation makes 0 whatever comes in; give it more units, \
                         or normalise it by batches",
                        index + 1
                    ));
                }
                _ => {}
            }
        }
        let mut at = self.affine_count;
        for (layer, &normalisation) in self.layers.iter_mut().zip(of_layers) {
            layer.function_of_sums = match normalisation {
                Some(_) => Activation::Identity,
                None => layer.activation,
            };
            layer.normalised = normalisation.map(|normalisation| NormalisedLayer {
                normalisation,
                gain_at: at,
                statistics_at: 0,
            });
            at += layer.gain().map_or(0, |gain| 2 * gain.len());
        }
        self.trained_count = at;
        for layer in &mut self.layers {
            if let Some(normalised) = &mut layer.normalised
                && normalised.normalisation.keeps_statistics()
            {
                normalised.statistics_at = at;
                at += 2 * layer.fan_out;
            }
        }
        self.parameter_count = at;
        self.layout = kernel_layout(&self.layers, at);
        Ok(self)
    }

    /// Whether any layer is normalised.
    pub fn is_normalised(&self) -> bool {
        self.trained_count > self.affine_count
    }

    /// Gain 1 and shift 0, running means of 0 and running variances of 1, where layers are normalised.
    pub(crate) fn start_normalisation<T: Scalar>(&self, parameters: &mut [T]) {
        for layer in &self.layers {
            for range in layer.gain().into_iter().chain(
                layer
                    .statistics()
                    .map(|both| both.start + layer.fan_out..both.end),
            ) {
                parameters[range].fill(T::ONE);
            }
            for range in layer.shift().into_iter().chain(
                layer
                    .statistics()
                    .map(|both| both.start..both.start + layer.fan_out),
            ) {
                parameters[range].fill(T::ZERO);
            }
        }
    }

    /// The layers as the kernels see them.
    #[inline(always)]
    pub(crate) fn layout(&self) -> &StackLayout {
        &self.layout
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

    /// How many weights and biases there are; they are the first parameters.
    pub fn affine_count(&self) -> usize {
        self.affine_count
    }

    /// How many parameters are learnt: weights, biases, gains and shifts. They are the first.
    pub fn trained_count(&self) -> usize {
        self.trained_count
    }

    /// How many parameters there are: those that are learnt, and running means and variances.
    pub fn parameter_count(&self) -> usize {
        self.parameter_count
    }

    /// The sizes, as in `784-128-10`, and how layers are normalised, as in `784-128(batch)-10`.
    pub fn describe(&self) -> String {
        let mut text = self.input_width().to_string();
        for layer in &self.layers {
            text.push_str(&format!("-{}", layer.fan_out));
            if let Some(normalisation) = layer.normalisation() {
                text.push_str(&format!("({})", normalisation.name()));
            }
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
    /// A network from its parameters: all weights, then all biases, then what normalised layers need.
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
            parameters: Aligned::from_slice(&parameters),
        })
    }

    /// The shape.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// All weights, then all biases, then gain and shift of each normalised layer, then running means and variances.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The same, to be changed in place.
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

    /// The gain γ of layer `index`, (fan_out), if it is normalised.
    pub fn gain(&self, index: usize) -> Option<&[T]> {
        let range = self.architecture.layer(index).gain();
        range.map(|range| &self.parameters[range])
    }

    /// The shift β of layer `index`, (fan_out), if it is normalised.
    pub fn shift(&self, index: usize) -> Option<&[T]> {
        let range = self.architecture.layer(index).shift();
        range.map(|range| &self.parameters[range])
    }

    /// Running means and running variances of layer `index`, (fan_out) each, if it keeps them.
    pub fn statistics(&self, index: usize) -> Option<(&[T], &[T])> {
        let layer = self.architecture.layer(index);
        let range = layer.statistics();
        range.map(|range| self.parameters[range].split_at(layer.fan_out))
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
            let parts = [layer.bias(), layer.gain(), layer.shift(), layer.statistics()];
            let parts = parts
                .into_iter()
                .flatten()
                .flat_map(|range| &self.parameters[range]);
            let bad = weights.iter().chain(parts).find(|value| !value.is_finite())?;
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

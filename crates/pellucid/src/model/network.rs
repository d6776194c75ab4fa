//! Describes a network: its architecture, and one flat buffer of parameters.
//!
//! The buffer holds the weights of all layers, then the biases of all layers, so that weight decay applies to a prefix. The
//! weights of a layer are (fan_in, fan_out) in row-major order, so that z = x·W + b. Gain and shift of each normalised layer
//! follow, then the scales of the features where the network has them, and last the running means and variances of batch
//! normalisation, so that code that stores, copies or averages parameters includes them. Their gradient is 0, so that no
//! optimizer moves them.
//!
//! The factors of parametric activations stand before the scales, the parameters of embeddings behind them.
//!
//! The members of a network share its hidden layers. Each has scales of the features and an output layer of its own, in the
//! same places: those of the first member, then those of the second, and so on.

mod extended;

use super::embedding::EmbeddedPart;
use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::normalisation::Normalisation;
use crate::scalar::Scalar;
use pellucid_kernels::aligned::Aligned;
use pellucid_kernels::layer::layout::{LayerLayout, StackLayout};
use std::ops::Range;

/// The shape of a network: layer sizes, activations, biases, and the layout of the parameters.
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
    /// The number of features.
    input_width: usize,
    /// What the features become before the first layer; empty where they stay as they are.
    embedded_parts: Vec<EmbeddedPart>,
    /// Where the scales of the features begin.
    scales_at: usize,
    /// The same layers in the form of the kernels.
    layout: StackLayout,
    /// The number of weights and biases.
    affine_count: usize,
    /// Whether the first layer multiplies each feature by a trained scale.
    has_input_scales: bool,
    /// The number of members; 1 for a network that is not made of members.
    member_count: usize,
    /// The activation of the output layer, in which the outputs of members are averaged.
    averaged_in: Activation,
    /// The number of weights, biases, gains, shifts and scales.
    trained_count: usize,
    parameter_count: usize,
}

/// One dense layer: a = f(x·W + b), or a = f(n(x·W + b)) with a normalisation n.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layer {
    /// The number of inputs.
    pub fan_in: usize,
    /// The number of units.
    pub fan_out: usize,
    /// The activation function f.
    pub activation: Activation,
    /// The function of the pre-activations before the normalisation: the identity where the layer is normalised, else the
    /// activation function.
    pub(crate) pre_activation_function: Activation,
    /// How many weight matrices and biases it has: one for each member in the output layer of a network of members, else 1.
    copies: usize,
    weights_at: usize,
    bias_at: Option<usize>,
    normalised: Option<NormalisedLayer>,
    factors_at: Option<usize>,
}

/// The normalisation of a layer, and the positions of its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
struct NormalisedLayer {
    normalisation: Normalisation,
    gain_at: usize,
    statistics_at: usize,
}

impl Layer {
    /// The range of the weights, (fan_in, fan_out), in the parameters; (copies, fan_in, fan_out) where there are copies.
    pub fn weights(&self) -> Range<usize> {
        self.weights_at..self.weights_at + self.copies * self.fan_in * self.fan_out
    }

    /// The range of the bias, (fan_out), in the parameters, if the layer has one; (copies, fan_out) where there are copies.
    pub fn bias(&self) -> Option<Range<usize>> {
        self.bias_at.map(|at| at..at + self.copies * self.fan_out)
    }

    /// How many weight matrices and biases the layer has: one for each member in the output layer of a network of
    /// [members](Architecture::with_members), else 1.
    pub fn copies(&self) -> usize {
        self.copies
    }

    /// The range of the weights of copy `copy`, (fan_in, fan_out), in the parameters.
    pub fn weights_of(&self, copy: usize) -> Range<usize> {
        let count = self.fan_in * self.fan_out;
        let at = self.weights_at + copy * count;
        at..at + count
    }

    /// The range of the bias of copy `copy`, (fan_out), in the parameters, if the layer has one.
    pub fn bias_of(&self, copy: usize) -> Option<Range<usize>> {
        let at = self.bias_at? + copy * self.fan_out;
        Some(at..at + self.fan_out)
    }

    /// The range of the factors α, (fan_out), in the parameters, if the layer has parametric activations.
    pub fn activation_factors(&self) -> Option<Range<usize>> {
        self.factors_at.map(|at| at..at + self.fan_out)
    }

    /// The normalisation of the pre-activations, if the layer has one.
    pub fn normalisation(&self) -> Option<Normalisation> {
        self.normalised.map(|normalised| normalised.normalisation)
    }

    /// The range of the gain γ, (fan_out), in the parameters, if the layer is normalised.
    pub fn gain(&self) -> Option<Range<usize>> {
        let at = self.normalised?.gain_at;
        Some(at..at + self.fan_out)
    }

    /// The range of the shift β, (fan_out), in the parameters, directly after the gain.
    pub fn shift(&self) -> Option<Range<usize>> {
        let at = self.gain()?.end;
        Some(at..at + self.fan_out)
    }

    /// The range of the running means, (fan_out), and directly after them the running variances, (fan_out), in the
    /// parameters, if the layer has them.
    pub fn statistics(&self) -> Option<Range<usize>> {
        let normalised = self.normalised?;
        let range = normalised.statistics_at..normalised.statistics_at + 2 * self.fan_out;
        normalised.normalisation.keeps_statistics().then_some(range)
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
    /// one per layer, or more parameters than memory can address.
    pub fn new(sizes: &[usize], activations: &[Activation], bias: bool) -> Result<Self> {
        let refuse = |why: String| Err(Error::Architecture(why));
        if sizes.len() < 2 {
            return refuse(format!(
                "`layers` has {} size(s), but at least an input and an output size are needed, such as [2, 1]",
                sizes.len()
            ));
        }
        if let Some(zero) = sizes.iter().position(|&size| size == 0) {
            let name = match zero {
                0 => "the input layer".to_string(),
                _ => format!("layer {zero}"),
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
        let mut pairs = sizes.windows(2);
        let counted = pairs.try_fold((0usize, 0usize), |(weights, biases), pair| {
            let weights = weights.checked_add(pair[0].checked_mul(pair[1])?)?;
            Some((weights, biases.checked_add(pair[1])?))
        });
        let fits = |(weights, biases): &(usize, usize)| {
            let all = weights.checked_add(*biases);
            all.is_some_and(|count| count <= (isize::MAX as usize) / 8)
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
                pre_activation_function: activation,
                copies: 1,
                weights_at,
                bias_at: bias.then_some(bias_at),
                normalised: None,
                factors_at: None,
            });
            weights_at += fan_in * fan_out;
            bias_at += fan_out;
        }
        let parameter_count = weight_count + if bias { bias_count } else { 0 };
        Ok(Self {
            layout: kernel_layout(&layers, parameter_count),
            averaged_in: activations[activations.len() - 1],
            layers,
            input_width: sizes[0],
            embedded_parts: Vec::new(),
            scales_at: parameter_count,
            affine_count: parameter_count,
            has_input_scales: false,
            member_count: 1,
            trained_count: parameter_count,
            parameter_count,
        })
    }

    /// The same architecture with some layers normalised: one entry for each layer after the inputs.
    ///
    /// ```
    /// use pellucid::{Activation, Architecture, Normalisation};
    /// let plain = Architecture::new(&[4, 8, 3], &[Activation::Relu, Activation::Softmax], true)?;
    /// let normalised = plain.clone().normalised(&[Some(Normalisation::BATCH), None])?;
    /// // The gains and shifts of eight units, and their running means and variances.
    /// assert_eq!(normalised.trained_count(), plain.parameter_count() + 16);
    /// assert_eq!(normalised.parameter_count(), plain.parameter_count() + 32);
    /// # Ok::<(), pellucid::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Architecture`] when there is not one entry for each layer, for an ε or a momentum out of range, and for
    /// layer normalisation of a single unit, whose output is 0 for every input.
    pub fn normalised(mut self, per_layer: &[Option<Normalisation>]) -> Result<Self> {
        let refuse = |why: String| Err(Error::Architecture(why));
        if per_layer.len() != self.layers.len() {
            return refuse(format!(
                "{} normalisation(s) for {} layers; give one name for all hidden layers, or one for each layer after the \
                 inputs",
                per_layer.len(),
                self.layers.len()
            ));
        }
        for (number, (layer, normalisation)) in (1..).zip(self.layers.iter().zip(per_layer)) {
            let (epsilon, momentum, least_units) = match *normalisation {
                None => continue,
                Some(Normalisation::Batch { epsilon, momentum }) => (epsilon, momentum, 1),
                Some(Normalisation::Layer { epsilon }) => (epsilon, 0.0, 2),
            };
            if !(epsilon > 0.0 && epsilon.is_finite()) {
                return refuse(format!(
                    "the normalisation of layer {number} has epsilon = {epsilon}; it must be a finite number above 0, such as \
                     1e-5"
                ));
            }
            if !(0.0..=1.0).contains(&momentum) {
                return refuse(format!(
                    "the normalisation of layer {number} has momentum = {momentum}; it must lie between 0 and 1, such as 0.1"
                ));
            }
            if layer.fan_out < least_units {
                return refuse(format!(
                    "layer {number} has a single unit, for which layer normalisation outputs 0 for every input; give it more \
                     units, or use batch normalisation"
                ));
            }
        }
        for (layer, &normalisation) in self.layers.iter_mut().zip(per_layer) {
            layer.pre_activation_function = match normalisation {
                Some(_) => Activation::Identity,
                None => layer.activation,
            };
            layer.normalised = normalisation.map(|normalisation| NormalisedLayer {
                normalisation,
                gain_at: 0,
                statistics_at: 0,
            });
        }
        self.place_extras();
        Ok(self)
    }

    /// Sets the positions of all parameters.
    fn place_all(&mut self) {
        let mut at = 0;
        for layer in &mut self.layers {
            layer.weights_at = at;
            at = layer.weights().end;
        }
        for layer in &mut self.layers {
            layer.bias_at = layer.bias_at.map(|_| at);
            at = layer.bias().map_or(at, |bias| bias.end);
        }
        self.affine_count = at;
        self.place_extras();
    }

    /// The same architecture without the activation of its output layer, whose outputs then are its pre-activations, such as
    /// logits; of members those logits whose probabilities are the mean of the members'. The parameters have the same layout.
    #[must_use]
    pub fn without_output_activation(mut self) -> Self {
        if let Some(output) = self.layers.last_mut() {
            output.activation = Activation::Identity;
            output.pre_activation_function = Activation::Identity;
        }
        self.layout = kernel_layout(&self.layers, self.parameter_count);
        self
    }

    /// Sets the positions of all parameters after the biases.
    fn place_extras(&mut self) {
        let mut at = self.affine_count;
        for layer in &mut self.layers {
            if let Some(normalised) = &mut layer.normalised {
                normalised.gain_at = at;
                at += 2 * layer.fan_out;
            }
        }
        for layer in &mut self.layers {
            if let Some(factors_at) = &mut layer.factors_at {
                *factors_at = at;
                at += layer.fan_out;
            }
        }
        self.scales_at = at;
        if self.has_input_scales {
            at += self.member_count * self.layers[0].fan_in;
        }
        for (_, parameters) in self
            .embedded_parts
            .iter_mut()
            .filter_map(|part| part.embedding.as_mut())
        {
            *parameters = at..at + parameters.len();
            at = parameters.end;
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
    }

    /// Whether any layer is normalised.
    pub fn is_normalised(&self) -> bool {
        self.layers.iter().any(|layer| layer.normalised.is_some())
    }

    /// The layers in the form of the kernels.
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

    /// The number of features of a sample.
    pub fn input_width(&self) -> usize {
        self.input_width
    }

    /// The number of outputs.
    pub fn output_width(&self) -> usize {
        self.output_layer().fan_out
    }

    /// The last layer.
    pub fn output_layer(&self) -> Layer {
        self.layers[self.layers.len() - 1]
    }

    /// The number of weights; they are the first parameters.
    pub fn weight_count(&self) -> usize {
        self.output_layer().weights().end
    }

    /// The number of weights and biases; they are the first parameters.
    pub fn affine_count(&self) -> usize {
        self.affine_count
    }

    /// The number of trained parameters: weights, biases, gains, shifts and scales. They are the first parameters.
    pub fn trained_count(&self) -> usize {
        self.trained_count
    }

    /// The number of all parameters: the trained ones, and running means and variances.
    pub fn parameter_count(&self) -> usize {
        self.parameter_count
    }

    /// The sizes, such as `784-128-10`, with normalisations and scales, such as `784(scaled)-128(batch)-10`, and members, such
    /// as `784(scaled)-128-10 of 32 members`.
    pub fn describe(&self) -> String {
        let mut text = self.input_width().to_string();
        if !self.embedded_parts.is_empty() {
            text.push_str(&format!("({} embedded)", self.layers[0].fan_in));
        }
        if self.has_input_scales {
            text.push_str("(scaled)");
        }
        for layer in &self.layers {
            text.push_str(&format!("-{}", layer.fan_out));
            if let Some(normalisation) = layer.normalisation() {
                text.push_str(&format!("({})", normalisation.name()));
            }
        }
        if self.member_count > 1 {
            text.push_str(&format!(" of {} members", self.member_count));
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
    /// A network from its parameters: all weights, then all biases, then gains and shifts, scales, running statistics.
    ///
    /// # Errors
    /// [`Error::Shape`] when the number of parameters is not the architecture's.
    pub fn new(architecture: Architecture, parameters: Vec<T>) -> Result<Self> {
        let (found, expected) = (parameters.len(), architecture.parameter_count());
        if found != expected {
            let what = format!("the parameter buffer of a {} network", architecture.describe());
            return Err(Error::shape(what, format!("{found} numbers"), expected));
        }
        Ok(Self {
            architecture,
            parameters: Aligned::from_slice(&parameters),
        })
    }

    /// The architecture.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// All weights, then all biases, then gain and shift of each normalised layer, then the scales of the features, then
    /// running means and variances.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The parameters, mutable.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    /// The weights of layer `index`, (fan_in, fan_out); (copies, fan_in, fan_out) where the layer has copies.
    pub fn weights(&self, index: usize) -> &[T] {
        &self.parameters[self.architecture.layer(index).weights()]
    }

    /// The bias of layer `index`, (fan_out), if it has one; (copies, fan_out) where the layer has copies.
    pub fn bias(&self, index: usize) -> Option<&[T]> {
        self.part(self.architecture.layer(index).bias())
    }

    /// The scales of the features, (inputs), if the network has them; (members, inputs) of a network of members.
    pub fn input_scales(&self) -> Option<&[T]> {
        self.part(self.architecture.input_scales())
    }

    /// The gain γ of layer `index`, (fan_out), if it is normalised.
    pub fn gain(&self, index: usize) -> Option<&[T]> {
        self.part(self.architecture.layer(index).gain())
    }

    /// The shift β of layer `index`, (fan_out), if it is normalised.
    pub fn shift(&self, index: usize) -> Option<&[T]> {
        self.part(self.architecture.layer(index).shift())
    }

    /// The running means and running variances of layer `index`, (fan_out) each, if the layer has them.
    pub fn statistics(&self, index: usize) -> Option<(&[T], &[T])> {
        let layer = self.architecture.layer(index);
        Some(self.part(layer.statistics())?.split_at(layer.fan_out))
    }

    fn part(&self, range: Option<Range<usize>>) -> Option<&[T]> {
        Some(&self.parameters[range?])
    }

    /// The architecture, and the mutable parameters.
    pub(crate) fn split_mut(&mut self) -> (&Architecture, &mut [T]) {
        (&self.architecture, &mut self.parameters)
    }

    /// The first layer, counted from 1, with a parameter that is not finite, and that parameter.
    pub fn first_non_finite_layer(&self) -> Option<(usize, f64)> {
        let mut layers = self.architecture.layers().iter().enumerate();
        layers.find_map(|(index, layer)| {
            let others = [
                layer.bias(),
                layer.gain(),
                layer.shift(),
                layer.activation_factors(),
                layer.statistics(),
            ];
            let features = self.architecture.embedded_parts().iter();
            let embeddings = features.filter_map(|part| Some(part.embedding.as_ref()?.1.clone()));
            let before = embeddings
                .chain(self.architecture.input_scales())
                .filter(|_| index == 0);
            let ranges = std::iter::once(layer.weights())
                .chain(others.into_iter().flatten())
                .chain(before);
            let mut values = ranges.flat_map(|range| &self.parameters[range]);
            Some((index + 1, values.find(|value| !value.is_finite())?.to_f64()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_precede_biases() {
        let net = Architecture::new(&[2, 3, 1], &[Activation::Relu; 2], true).unwrap();
        assert_eq!(net.layer(0).weights(), 0..6);
        assert_eq!(net.layer(1).weights(), 6..9);
        assert_eq!(net.layer(0).bias(), Some(9..12));
        assert_eq!(net.layer(1).bias(), Some(12..13));
        assert_eq!((net.weight_count(), net.parameter_count()), (9, 13));
    }

    #[test]
    fn rejects_impossible_shapes() {
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

//! Embedded features in both passes.

use super::Target;
use super::input_scales::scale_rows;
use super::members::part;
use crate::model::embedding::EmbeddedPart;
use crate::model::network::Architecture;
use crate::scalar::Scalar;
use pellucid_kernels::embedding::{differentiate_category, embed_category};
use pellucid_kernels::layer::{self, Input, Scratch, Shape};
use pellucid_kernels::simd::{Isa, Task};

/// The arrays of embedded features.
#[derive(Debug, Clone, Default)]
pub(super) struct EmbeddedFeatures<T> {
    /// The features, (rows, inputs), where the batch does not have them as numbers.
    numbers: Vec<T>,
    /// The embedded features, (rows, fan_in of the first layer).
    pub(super) embedded: Vec<T>,
    /// ∂L/∂ of these.
    pub(super) outer: Vec<T>,
    /// The part of one member in these.
    of_member: Vec<T>,
    /// Cosines and sines, part after part, (rows, columns, frequencies) each.
    cosines: Vec<T>,
    sines: Vec<T>,
    scratch: Scratch<T>,
}

impl<T: Scalar> EmbeddedFeatures<T> {
    /// The arrays for batches of up to `capacity` rows; `None` for a network without embeddings.
    pub(super) fn new(architecture: &Architecture, capacity: usize) -> Option<Box<Self>> {
        let parts = architecture.embedded_parts();
        if parts.is_empty() {
            return None;
        }
        let embedded = vec![T::ZERO; capacity * architecture.layer(0).fan_in];
        let functions = vec![T::ZERO; capacity * parts.iter().map(frequencies).sum::<usize>()];
        Some(Box::new(Self {
            numbers: Vec::new(),
            outer: embedded.clone(),
            of_member: embedded.clone(),
            embedded,
            cosines: functions.clone(),
            sines: functions,
            scratch: Scratch::default(),
        }))
    }
}

/// The frequencies of all numbers of a part.
fn frequencies(part: &EmbeddedPart) -> usize {
    let periodic = part
        .embedding
        .as_ref()
        .and_then(|(embedding, _)| embedding.periodic());
    periodic.map_or(0, |periodic| periodic.columns * periodic.frequencies)
}

/// Computes the embedded features of a batch.
pub(super) struct EmbedFeatures<'a, T> {
    pub(super) architecture: &'a Architecture,
    pub(super) parameters: &'a [T],
    pub(super) input: Input<'a, T>,
    pub(super) rows: usize,
    pub(super) arrays: &'a mut EmbeddedFeatures<T>,
}

impl<T: Scalar> Task for EmbedFeatures<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            architecture,
            parameters,
            input,
            rows,
            arrays,
        } = self;
        let (inputs, width) = (architecture.input_width(), architecture.layer(0).fan_in);
        let x = match input {
            Input::Dense(numbers) => numbers,
            other => {
                arrays.numbers = other.to_vec();
                &arrays.numbers[..]
            }
        };
        let mut functions_at = 0;
        for piece in architecture.embedded_parts() {
            let count = frequencies(piece);
            let functions = functions_at..functions_at + rows * count;
            functions_at = functions.end;
            let x = x.chunks_exact(inputs).map(|row| &row[piece.features.clone()]);
            let to = arrays.embedded[..rows * width].chunks_exact_mut(width);
            let both = x.zip(to.map(|row| &mut row[piece.outputs.clone()]));
            let Some((embedding, range)) = &piece.embedding else {
                both.for_each(|(x, to)| to.copy_from_slice(x));
                continue;
            };
            let own = &parameters[range.clone()];
            match embedding.periodic() {
                None => {
                    for (x, to) in both {
                        to.fill(T::ZERO);
                        embed_category(own, x, to);
                    }
                }
                Some(periodic) => {
                    let own = periodic.split(own);
                    let cosines = arrays.cosines[functions.clone()].chunks_exact_mut(count);
                    let sines = arrays.sines[functions].chunks_exact_mut(count);
                    for ((x, to), functions) in both.zip(cosines.zip(sines)) {
                        periodic.embed(&own, x, functions, to);
                    }
                }
            }
        }
    }
}

/// Computes the derivatives of the parameters of embeddings, from the first layer's δ.
pub(super) struct DifferentiateEmbeddings<'a, 't, T> {
    pub(super) architecture: &'a Architecture,
    pub(super) target: &'a mut Target<'t, T>,
    pub(super) input: Input<'a, T>,
    /// The shape of the first layer for the rows of one member.
    pub(super) shape: Shape,
    /// δ of the first layer, (members, rows, fan_out).
    pub(super) delta: &'a [T],
    /// A buffer for the scaled weights of the first layer, if features are scaled.
    pub(super) scaled_weights: &'a mut [T],
    pub(super) arrays: &'a mut EmbeddedFeatures<T>,
}

impl<T: Scalar> Task for DifferentiateEmbeddings<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            architecture,
            target,
            input,
            shape,
            delta,
            scaled_weights,
            arrays,
        } = self;
        // Embeddings take their steps with an optimizer, which wants the gradient: `backward` sees to it.
        let Target::Gradient { parameters, gradient } = target else {
            return;
        };
        let (rows, width, inputs) = (shape.rows, shape.fan_in, architecture.input_width());
        let weights = &parameters[architecture.layer(0).weights()];
        for member in 0..architecture.member_count() {
            let weights = match architecture.input_scales() {
                Some(scales) => {
                    let scales = &parameters[scales][part(member, 1, width)];
                    scale_rows(weights, scales, scaled_weights);
                    &*scaled_weights
                }
                None => weights,
            };
            let delta = &delta[part(member, rows, shape.fan_out)];
            let of_member = &mut arrays.of_member[..rows * width];
            layer::input_delta::<I, T>(shape, delta, weights, of_member, &mut arrays.scratch);
            let outer = &mut arrays.outer[..rows * width];
            match member {
                0 => outer.copy_from_slice(of_member),
                _ => outer
                    .iter_mut()
                    .zip(of_member)
                    .for_each(|(sum, own)| *sum += *own),
            }
        }
        let x = match input {
            Input::Dense(numbers) => numbers,
            _ => &arrays.numbers[..],
        };
        let mut functions_at = 0;
        for piece in architecture.embedded_parts() {
            let count = frequencies(piece);
            let functions = functions_at..functions_at + rows * count;
            functions_at = functions.end;
            let Some((embedding, range)) = &piece.embedding else {
                continue;
            };
            let gradient = &mut gradient[range.clone()];
            gradient.fill(T::ZERO);
            let x = x.chunks_exact(inputs).map(|row| &row[piece.features.clone()]);
            let outer = arrays.outer[..rows * width].chunks_exact(width);
            let outer = outer.map(|row| &row[piece.outputs.clone()]);
            match embedding.periodic() {
                None => x
                    .zip(outer)
                    .for_each(|(x, outer)| differentiate_category(x, outer, gradient)),
                Some(periodic) => {
                    let own = periodic.split(&parameters[range.clone()]);
                    let mut gradient = periodic.split_mut(gradient);
                    let embedded = arrays.embedded[..rows * width].chunks_exact(width);
                    let embedded = embedded.map(|row| &row[piece.outputs.clone()]);
                    let cosines = arrays.cosines[functions.clone()].chunks_exact(count);
                    let sines = arrays.sines[functions].chunks_exact(count);
                    for ((x, both), functions) in x.zip(embedded.zip(outer)).zip(cosines.zip(sines)) {
                        periodic.differentiate(&own, x, functions, both, &mut gradient);
                    }
                }
            }
        }
    }
}

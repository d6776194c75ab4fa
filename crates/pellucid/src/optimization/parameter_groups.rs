//! Groups of parameters that an optimizer moves by learning rates of their own.

use crate::descriptor::{Range as Numbers, SettingError};
use crate::model::network::Architecture;
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The parameters that the optimizer moves, for the same network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parametrisation {
    /// The weights themselves: z = x·W + b.
    #[default]
    Standard,
    /// Weights that are √fan_in times as large: z = x·V/√fan_in + b with W = V/√fan_in. An optimizer with steps of about
    /// the learning rate, such as Adam, then changes z by as much in a wide layer as in a narrow one. (Jacot, Gabriel &
    /// Hongler, *Neural Tangent Kernel*, 2018.) Everything else sees W.
    Ntk,
}

/// The factors of the learning rate for the groups of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateFactors {
    /// For weights.
    #[serde(skip_serializing_if = "is_one")]
    pub weights: f64,
    /// For biases.
    #[serde(skip_serializing_if = "is_one")]
    pub biases: f64,
    /// For the scales of the features.
    #[serde(skip_serializing_if = "is_one")]
    pub input_scales: f64,
    /// For the parameters of embeddings.
    #[serde(skip_serializing_if = "is_one")]
    pub embeddings: f64,
    /// For the factors of parametric activations.
    #[serde(skip_serializing_if = "is_one")]
    pub activations: f64,
}

fn is_one(factor: &f64) -> bool {
    *factor == 1.0
}

impl Default for RateFactors {
    fn default() -> Self {
        Self {
            weights: 1.0,
            biases: 1.0,
            input_scales: 1.0,
            embeddings: 1.0,
            activations: 1.0,
        }
    }
}

impl RateFactors {
    /// Checks each factor.
    ///
    /// # Errors
    /// [`SettingError`] for the first that is below 0 or not finite.
    pub fn check(&self) -> Result<(), SettingError> {
        const RANGE: Numbers = Numbers::NOT_NEGATIVE.described("a finite number, 0 or more, is needed");
        RANGE.check("train.rate_factors.weights", &self.weights)?;
        RANGE.check("train.rate_factors.biases", &self.biases)?;
        RANGE.check("train.rate_factors.input_scales", &self.input_scales)?;
        RANGE.check("train.rate_factors.embeddings", &self.embeddings)?;
        RANGE.check("train.rate_factors.activations", &self.activations)
    }
}

/// Turns the parameters into those that the optimizer moves, and back, and changes the lengths of steps.
#[derive(Debug, Clone)]
pub(crate) struct ParameterGroups<T> {
    /// Weights, and the √fan_in by which those of the optimizer are larger.
    enlarged: Vec<(Range<usize>, f64)>,
    /// Parameters, and the factor of their steps.
    paced: Vec<(Range<usize>, T)>,
    /// The paced parameters before the step, group after group.
    before: Vec<T>,
}

impl<T: Scalar> ParameterGroups<T> {
    /// `None` where the optimizer moves the network's own parameters, all by the same rate.
    pub(crate) fn new(
        parametrisation: Parametrisation,
        factors: RateFactors,
        architecture: &Architecture,
    ) -> Option<Self> {
        let layers = || architecture.layers().iter();
        let biases = layers()
            .find_map(|layer| layer.bias())
            .map(|range| range.start..architecture.affine_count());
        let groups = [
            (Some(0..architecture.weight_count()), factors.weights),
            (biases, factors.biases),
            (architecture.input_scales(), factors.input_scales),
        ];
        let parts = architecture.embedded_parts().iter();
        let embeddings =
            parts.filter_map(|part| Some((Some(part.embedding.as_ref()?.1.clone()), factors.embeddings)));
        let activations = layers().map(|layer| (layer.activation_factors(), factors.activations));
        let groups = groups.into_iter().chain(embeddings).chain(activations);
        let paced = groups.filter(|(_, factor)| *factor != 1.0);
        let paced: Vec<_> = paced
            .filter_map(|(range, factor)| Some((range?, T::from_f64(factor))))
            .collect();
        let enlarged: Vec<_> = match parametrisation {
            Parametrisation::Standard => Vec::new(),
            Parametrisation::Ntk => layers()
                .map(|layer| (layer.weights(), (layer.fan_in as f64).sqrt()))
                .collect(),
        };
        (!paced.is_empty() || !enlarged.is_empty()).then_some(Self {
            enlarged,
            paced,
            before: Vec::new(),
        })
    }

    /// Turns the network's parameters and gradient into the optimizer's.
    #[inline(never)]
    pub(crate) fn before_step(&mut self, parameters: &mut [T], gradient: &mut [T]) {
        for (range, factor) in &self.enlarged {
            multiply(&mut parameters[range.clone()], T::from_f64(*factor));
            multiply(&mut gradient[range.clone()], T::from_f64(1.0 / factor));
        }
        self.before.clear();
        for (range, _) in &self.paced {
            self.before.extend_from_slice(&parameters[range.clone()]);
        }
    }

    /// Changes the lengths of the steps, and turns the optimizer's parameters into the network's.
    #[inline(never)]
    pub(crate) fn after_step(&mut self, parameters: &mut [T]) {
        let mut before = &self.before[..];
        for (range, factor) in &self.paced {
            let (of_group, rest) = before.split_at(range.len());
            before = rest;
            for (parameter, &before) in parameters[range.clone()].iter_mut().zip(of_group) {
                *parameter = before + *factor * (*parameter - before);
            }
        }
        for (range, factor) in &self.enlarged {
            multiply(&mut parameters[range.clone()], T::from_f64(1.0 / factor));
        }
    }
}

fn multiply<T: Scalar>(numbers: &mut [T], factor: T) {
    for number in numbers {
        *number *= factor;
    }
}

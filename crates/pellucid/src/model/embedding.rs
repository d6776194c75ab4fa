//! Embeddings of features: what the first layer gets in place of the features themselves.

use crate::error::{Error, Result};
use crate::numpy_random::RandomState;
use pellucid_kernels::embedding::Periodic;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How features become several numbers each, or together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingMethod {
    /// Each number x becomes x and a linear map of cos(2πc·x + b) for learnt frequencies c and phases b. (Holzmüller,
    /// Grinsztajn & Steinwart, *Better by Default*, 2024, section 3.)
    Pbld,
    /// Each number x becomes ReLU of a linear map of cos(2πc·x) and sin(2πc·x) for learnt frequencies c. (Gorishniy, Rubachev &
    /// Babenko, *On Embeddings for Numerical Features in Tabular Deep Learning*, 2022, section 3.3.)
    Plr,
    /// The features together become x·E, as where one of them is 1 for each level of a category, so that a row of E stands
    /// for a level.
    Linear,
}

impl EmbeddingMethod {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::Pbld, Self::Plr, Self::Linear];

    /// Its name in recipes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pbld => "pbld",
            Self::Plr => "plr",
            Self::Linear => "linear",
        }
    }
}

/// An embedding of consecutive features.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// How.
    pub method: EmbeddingMethod,
    /// The first of the features, counted from 1.
    pub first: usize,
    /// The last of them.
    pub last: usize,
    /// What each number becomes, or with `linear` all of them together; by default 4 with `pbld`, 8 with the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// The frequencies of each number; by default 16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequencies: Option<usize>,
    /// The standard deviation of the initial frequencies; by default 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sigma: Option<f64>,
}

impl Embedding {
    /// An embedding of the features `first` to `last`, counted from 1, with the usual settings.
    pub fn new(method: EmbeddingMethod, first: usize, last: usize) -> Self {
        Self {
            method,
            first,
            last,
            width: None,
            frequencies: None,
            sigma: None,
        }
    }

    /// The number of features.
    pub fn columns(&self) -> usize {
        (self.last + 1).saturating_sub(self.first)
    }

    /// The features, counted from 0.
    pub fn features(&self) -> Range<usize> {
        self.first.saturating_sub(1)..self.last
    }

    /// What each number becomes, or with `linear` all of them together.
    pub fn width(&self) -> usize {
        self.width.unwrap_or(match self.method {
            EmbeddingMethod::Pbld => 4,
            EmbeddingMethod::Plr | EmbeddingMethod::Linear => 8,
        })
    }

    /// What all features become together.
    pub fn output_width(&self) -> usize {
        match self.method {
            EmbeddingMethod::Linear => self.width(),
            EmbeddingMethod::Pbld | EmbeddingMethod::Plr => self.columns() * self.width(),
        }
    }

    /// The periodic functions and their map; `None` with `linear`.
    pub(crate) fn periodic(&self) -> Option<Periodic> {
        let is_plr = match self.method {
            EmbeddingMethod::Linear => return None,
            EmbeddingMethod::Pbld => false,
            EmbeddingMethod::Plr => true,
        };
        Some(Periodic {
            columns: self.columns(),
            frequencies: self.frequencies.unwrap_or(16),
            width: self.width(),
            sine: is_plr,
            keeps_number: !is_plr,
            rectifies: is_plr,
        })
    }

    /// The name and the shape of each array of its parameters, in the order of the buffer.
    pub fn arrays(&self) -> Vec<(&'static str, Vec<usize>)> {
        let Some(periodic) = self.periodic() else {
            return vec![("weight", vec![self.columns(), self.width()])];
        };
        let of_frequencies = vec![periodic.columns, periodic.frequencies];
        let map = vec![periodic.columns, periodic.functions(), periodic.outputs()];
        let bias = vec![periodic.columns, periodic.outputs()];
        let mut arrays = vec![("frequency", of_frequencies.clone())];
        if !periodic.sine {
            arrays.push(("phase", of_frequencies));
        }
        arrays.extend([("weight", map), ("bias", bias)]);
        arrays
    }

    /// The number of its parameters.
    pub fn parameter_count(&self) -> usize {
        self.arrays()
            .iter()
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum()
    }

    /// Checks what it says of the features of a network of `inputs`, as entry `index` of `network.embeddings`.
    ///
    /// # Errors
    /// [`Error::Architecture`].
    pub(crate) fn check(&self, index: usize, inputs: usize) -> Result<()> {
        let refuse = |why: String| Err(Error::Architecture(format!("`embeddings[{index}]` {why}")));
        if self.first == 0 || self.first > self.last || self.last > inputs {
            return refuse(format!(
                "embeds features {} to {}; features are counted from 1 to {inputs}, the first of them first",
                self.first, self.last
            ));
        }
        let least = if self.method == EmbeddingMethod::Pbld {
            2
        } else {
            1
        };
        const MOST: usize = 1 << 16;
        if !(least..=MOST).contains(&self.width()) {
            return refuse(format!(
                "has width = {}; {least} to {MOST} are possible",
                self.width()
            ));
        }
        let periodic = self.periodic();
        let frequencies = periodic.map_or(1, |periodic| periodic.frequencies);
        if !(1..=MOST).contains(&frequencies) {
            return refuse(format!(
                "has frequencies = {frequencies}; 1 to {MOST} are possible"
            ));
        }
        if periodic.is_none() && (self.frequencies.is_some() || self.sigma.is_some()) {
            return refuse(
                "has frequencies or sigma, which method = \"linear\" does not have; leave them out".into(),
            );
        }
        match self.sigma {
            Some(sigma) if !(sigma >= 0.0 && sigma.is_finite()) => refuse(format!(
                "has sigma = {sigma}; a finite number, 0 or more, is needed"
            )),
            _ => Ok(()),
        }
    }

    /// Draws initial values, of `parameter_count` numbers: frequencies normal with standard deviation `sigma`, phases uniform in
    /// ±π, the linear map uniform in ±1/√functions; with `linear` normal with standard deviation 1.
    pub(crate) fn draw(&self, values: &mut [f64], generator: &mut RandomState) {
        let Some(periodic) = self.periodic() else {
            return values.fill_with(|| generator.standard_normal());
        };
        let arrays = periodic.split_mut(values);
        let sigma = self.sigma.unwrap_or(0.1);
        let limit = 1.0 / (periodic.functions() as f64).sqrt();
        let pi = std::f64::consts::PI;
        arrays
            .frequencies
            .fill_with(|| sigma * generator.standard_normal());
        arrays.phases.fill_with(|| generator.uniform(-pi, pi));
        arrays.weights.fill_with(|| generator.uniform(-limit, limit));
        arrays.biases.fill_with(|| generator.uniform(-limit, limit));
    }
}

/// Consecutive features, and what they become in a row of embedded features.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddedPart {
    /// The features, counted from 0.
    pub features: Range<usize>,
    /// The places of what they become.
    pub outputs: Range<usize>,
    /// How they are embedded, and the range of its parameters in those of the network; `None` for features that stay as they
    /// are.
    pub embedding: Option<(Embedding, Range<usize>)>,
}

impl EmbeddedPart {
    /// The parts of rows of `inputs` features, in order, the parameters of the first embedding from 0 on.
    ///
    /// # Errors
    /// [`Error::Architecture`] for an embedding that makes no sense, or features that are embedded twice.
    pub(crate) fn all(embeddings: &[Embedding], inputs: usize) -> Result<Vec<Self>> {
        let mut sorted: Vec<_> = embeddings.iter().enumerate().collect();
        sorted.sort_by_key(|(_, embedding)| embedding.first);
        let (mut parts, mut feature, mut output, mut parameter) = (Vec::new(), 0, 0, 0);
        let mut add = |features: Range<usize>, width: usize, embedding| {
            if !features.is_empty() {
                let outputs = output..output + width;
                output = outputs.end;
                parts.push(Self {
                    features,
                    outputs,
                    embedding,
                });
            }
        };
        for (index, embedding) in sorted {
            embedding.check(index, inputs)?;
            let features = embedding.features();
            if features.start < feature {
                let first = embedding.first;
                return Err(Error::Architecture(format!(
                    "`embeddings[{index}]` embeds feature {first}, which another entry embeds too; leave it out of one of them"
                )));
            }
            add(feature..features.start, features.start - feature, None);
            feature = features.end;
            let count = embedding.parameter_count();
            add(
                features,
                embedding.output_width(),
                Some((*embedding, parameter..parameter + count)),
            );
            parameter += count;
        }
        add(feature..inputs, inputs - feature, None);
        Ok(parts)
    }

    /// The name, the shape and the range of each array of its parameters.
    pub fn arrays(&self) -> Vec<(&'static str, Vec<usize>, Range<usize>)> {
        let Some((embedding, parameters)) = &self.embedding else {
            return Vec::new();
        };
        let mut at = parameters.start;
        let placed = embedding.arrays().into_iter().map(|(name, shape)| {
            let start = at;
            at += shape.iter().product::<usize>();
            (name, shape, start..at)
        });
        placed.collect()
    }
}

//! The parts of a network's parameters: weights, biases, gain and shift of each layer, and the scales of the features.

use crate::model::network::Architecture;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;

/// The kind of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// W, (fan_in, fan_out).
    Weights,
    /// b, (fan_out).
    Biases,
    /// γ of a normalised layer, (fan_out).
    Gain,
    /// β of a normalised layer, (fan_out).
    Shift,
    /// s, the scales of the features, (inputs), of the first layer.
    InputScales,
    /// α of a layer with parametric activations, (fan_out).
    ActivationFactors,
    /// The parameters of an embedding of features, before the first layer, one array after the other.
    Embedding,
}

impl PartKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Biases => "biases",
            Self::Gain => "gain",
            Self::Shift => "shift",
            Self::InputScales => "input scales",
            Self::ActivationFactors => "activation factors",
            Self::Embedding => "embedding",
        }
    }
}

/// One part of the parameters: the weights, the biases, the gain, the shift or the input scales of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterPart {
    /// The layer, counted from 1 at the first hidden one.
    pub layer: usize,
    /// Its kind.
    pub kind: PartKind,
    /// The member, counted from 1, of a part that is one of several members' own.
    pub member: Option<usize>,
    /// Its range in the flat buffer, row-major.
    pub range: Range<usize>,
    /// The number of rows: fan_in for weights, else 1.
    pub rows: usize,
    /// The number of columns: fan_out; for input scales fan_in.
    pub columns: usize,
}

impl ParameterPart {
    /// All trained parts of a network, layer after layer.
    pub fn all(architecture: &Architecture) -> Vec<Self> {
        let layers = architecture.layers().iter().enumerate();
        let members = architecture.member_count();
        layers
            .flat_map(|(index, layer)| {
                let own = if members > 1 { layer.copies() } else { 1 };
                let of = move |kind, range: Option<Range<usize>>, rows, copies: usize| {
                    let length = range.as_ref().map_or(0, |range| range.len() / copies);
                    let parts = range.into_iter().flat_map(move |range| {
                        (0..copies).map(move |copy| {
                            let at = range.start + copy * length;
                            at..at + length
                        })
                    });
                    parts.enumerate().map(move |(copy, range)| Self {
                        layer: index + 1,
                        kind,
                        member: (copies > 1).then_some(copy + 1),
                        range,
                        rows,
                        columns: length / rows,
                    })
                };
                let scales = architecture.input_scales().filter(|_| index == 0);
                of(PartKind::Weights, Some(layer.weights()), layer.fan_in, own)
                    .chain(of(PartKind::Biases, layer.bias(), 1, own))
                    .chain(of(PartKind::Gain, layer.gain(), 1, 1))
                    .chain(of(PartKind::Shift, layer.shift(), 1, 1))
                    .chain(of(PartKind::ActivationFactors, layer.activation_factors(), 1, 1))
                    .chain(of(PartKind::InputScales, scales, 1, members))
                    .chain(embeddings(architecture).filter(move |_| index == 0))
            })
            .collect()
    }

    /// What it is called within its layer, such as `weights`, or `weights of member 2`.
    pub fn name(&self) -> String {
        match self.member {
            Some(member) => format!("{} of member {member}", self.kind.name()),
            None => self.kind.name().to_owned(),
        }
    }

    /// Row and column of the parameter with this index in the buffer.
    pub fn place(&self, index: usize) -> [usize; 2] {
        let at = index - self.range.start;
        [at / self.columns, at % self.columns]
    }
}

/// The embeddings, which are counted to the first layer.
fn embeddings(architecture: &Architecture) -> impl Iterator<Item = ParameterPart> {
    let parts = architecture.embedded_parts().iter();
    parts.filter_map(|part| {
        let (_, range) = part.embedding.as_ref()?;
        Some(ParameterPart {
            layer: 1,
            kind: PartKind::Embedding,
            member: None,
            range: range.clone(),
            rows: 1,
            columns: range.len(),
        })
    })
}

/// `layer 1's weights`.
impl fmt::Display for ParameterPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer {}'s {}", self.layer, self.name())
    }
}

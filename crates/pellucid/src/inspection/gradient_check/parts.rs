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
        let parts = layers.flat_map(|(index, layer)| {
            let of = move |kind, range: Option<Range<usize>>, rows| {
                range.map(|range| Self {
                    layer: index + 1,
                    kind,
                    columns: range.len() / rows,
                    range,
                    rows,
                })
            };
            let scales = architecture.input_scales().filter(|_| index == 0);
            [
                of(PartKind::Weights, Some(layer.weights()), layer.fan_in),
                of(PartKind::Biases, layer.bias(), 1),
                of(PartKind::Gain, layer.gain(), 1),
                of(PartKind::Shift, layer.shift(), 1),
                of(PartKind::InputScales, scales, 1),
            ]
        });
        parts.flatten().collect()
    }

    /// Row and column of the parameter with this index in the buffer.
    pub fn place(&self, index: usize) -> [usize; 2] {
        let at = index - self.range.start;
        [at / self.columns, at % self.columns]
    }
}

/// `layer 1's weights`.
impl fmt::Display for ParameterPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer {}'s {}", self.layer, self.kind.name())
    }
}

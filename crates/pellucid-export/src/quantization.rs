//! The integers of layers that are not computed in floating point.

use std::str::FromStr;

/// The integers that a form computes layers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quantization {
    /// Weights and activations of 8 bits.
    Int8,
    /// Weights and activations of 16 bits.
    Int16,
}

impl Quantization {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Int8, Self::Int16];

    /// Its name in commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Int16 => "int16",
        }
    }

    /// What it is, in a few words.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Int8 => "8-bit weights and activations, 32-bit sums",
            Self::Int16 => "16-bit weights and activations, 32-bit sums",
        }
    }

    /// The smallest and the largest integer.
    pub(crate) fn range(self) -> [f64; 2] {
        match self {
            Self::Int8 => [i8::MIN.into(), i8::MAX.into()],
            Self::Int16 => [i16::MIN.into(), i16::MAX.into()],
        }
    }

    /// The largest deviation that is accepted of usual rows, as a part of the largest answer or of 1.
    pub(crate) fn tolerance(self) -> f64 {
        match self {
            Self::Int8 => 0.1,
            Self::Int16 => 0.01,
        }
    }
}

impl FromStr for Quantization {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| "it is neither int8 nor int16".into())
    }
}

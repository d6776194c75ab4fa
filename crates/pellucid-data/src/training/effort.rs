//! How much time a training may take for a better model.

use super::presets::Preset;

/// A preset and a number of networks by how much they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effort {
    /// One plain network.
    Quick,
    /// One network of the default.
    Default,
    /// An ensemble of networks of the default.
    High,
}

/// The most networks of a high effort.
const NETWORKS: usize = 8;
/// The fewest rows for each network of a high effort.
const ROWS_OF_A_NETWORK: usize = 5;

impl Effort {
    /// Every effort.
    pub const ALL: [Self; 3] = [Self::Quick, Self::Default, Self::High];

    /// Its name, as `--effort` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Default => "default",
            Self::High => "high",
        }
    }

    /// One line that says what it is.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Quick => "--preset plain: a tenth of the default's time or less",
            Self::Default => "--preset default",
            Self::High => "--preset default --ensemble 8: nine times the default's time",
        }
    }

    /// The preset.
    pub const fn preset(self) -> Preset {
        match self {
            Self::Quick => Preset::Plain,
            Self::Default | Self::High => Preset::Default,
        }
    }

    /// The number of networks for so many rows, 0 for one network.
    pub(super) fn networks(self, rows: usize) -> usize {
        let networks = (rows / ROWS_OF_A_NETWORK).min(NETWORKS);
        if self == Self::High && networks > 1 {
            networks
        } else {
            0
        }
    }
}

//! The error type of the engine. Its messages say what a user can do.

use crate::descriptor::SettingError;

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The architecture cannot be built: too few layers, a layer of zero width, a wrong number of activations.
    #[error("the network cannot be built: {0}")]
    Architecture(String),

    /// Two shapes that must agree differ.
    #[error("{what} has {found}, but {expected} was expected{hint}")]
    Shape {
        /// What has the wrong shape, such as `layer 1's weights`.
        what: String,
        /// The shape that was found.
        found: String,
        /// The shape that was expected.
        expected: String,
        /// What to do about it, or an empty text. It begins with punctuation.
        hint: String,
    },

    /// A setting has an invalid value.
    #[error(transparent)]
    Setting(#[from] SettingError),

    /// An input number (a weight, a feature, a target) is NaN or infinite.
    #[error("{place} is {value}; every number must be finite")]
    NonFiniteInput {
        /// The position of the number.
        place: String,
        /// The number.
        value: f64,
    },

    /// The arrays of a training are larger than the available memory.
    #[error(
        "{what} needs {}, which is more than the available memory; use a smaller batch_size or fewer units",
        memory_text(*gigabytes)
    )]
    Memory {
        /// What needs it.
        what: String,
        /// How much it needs.
        gigabytes: f64,
    },

    /// A training needs more memory than there is.
    #[error(
        "the training needs {needed:.2} GB of memory beside its data, most of it ({of_largest:.2} GB) for {largest}, and \
         {available:.2} GB are available; use {advice}"
    )]
    TooMuchMemory {
        /// What it needs, in gigabytes.
        needed: f64,
        /// What most of it is for.
        largest: &'static str,
        /// How much that is, in gigabytes.
        of_largest: f64,
        /// What there is, in gigabytes.
        available: f64,
        /// What to change.
        advice: &'static str,
    },

    /// Training stopped because the loss was no longer finite; the parameters are those from before this batch.
    #[error(
        "the loss became {loss} in epoch {epoch}, batch {batch}: {origin}. \
         Training stopped there. \
         Try a smaller learning rate, or scale the inputs"
    )]
    NonFiniteLoss {
        /// The loss: NaN or an infinity.
        loss: f64,
        /// The epoch, counted from 1.
        epoch: u64,
        /// The batch within the epoch, counted from 1.
        batch: u64,
        /// The first layer, counted from 1, with a number that is not finite, or the output layer where only the loss of its
        /// outputs is not finite. `None` where only derivatives are not finite.
        layer: Option<usize>,
        /// The first position in the forward pass with a number that is not finite.
        origin: String,
    },

    /// Training ended with parameters that are not finite, although the loss was finite.
    #[error(
        "after epoch {epoch}, {origin}, though the loss still looks finite: training diverged. \
         Try a smaller learning rate, or scale the inputs"
    )]
    NonFiniteParameters {
        /// The last epoch, counted from 1.
        epoch: u64,
        /// The layer with such parameters, counted from 1.
        layer: Option<usize>,
        /// Which layer's parameters are not finite.
        origin: String,
    },

    /// A training cannot continue from a state.
    #[error("the training cannot continue from this state: {0}")]
    State(String),
}

impl Error {
    /// [`Error::Shape`] without advice: `what` has `found`, but `expected` was expected.
    pub fn shape(what: impl ToString, found: impl ToString, expected: impl ToString) -> Self {
        Self::Shape {
            what: what.to_string(),
            found: found.to_string(),
            expected: expected.to_string(),
            hint: String::new(),
        }
    }

    /// Whether training diverged: its loss, or its parameters, are no longer finite.
    pub fn is_divergence(&self) -> bool {
        matches!(
            self,
            Self::NonFiniteLoss { .. } | Self::NonFiniteParameters { .. }
        )
    }
}

/// An amount of memory, in the unit in which it is no less than a tenth.
fn memory_text(gigabytes: f64) -> String {
    let (amount, unit) = match gigabytes {
        many if many >= 0.1 => (many, "GB"),
        some if some >= 1e-4 => (some * 1e3, "MB"),
        few => (few * 1e6, "kB"),
    };
    format!("{amount:.1} {unit}")
}

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

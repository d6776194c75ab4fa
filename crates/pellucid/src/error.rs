//! Everything that can go wrong in the engine, said so that a user can act on it.

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The architecture cannot be built: too few layers, a layer of zero width, a wrong count of activations.
    #[error("the network cannot be built: {0}")]
    Architecture(String),

    /// Two things that must agree in shape do not.
    #[error("{what} has {found}, but {expected} was expected{hint}")]
    Shape {
        /// The thing whose shape is wrong, such as `layer 1's weights`.
        what: String,
        /// The shape that was found.
        found: String,
        /// The shape that was expected.
        expected: String,
        /// What to do about it, or nothing; begins with punctuation.
        hint: String,
    },

    /// A setting has a value that makes no sense.
    #[error("{key} = {found} cannot be used: {expected}")]
    Setting {
        /// The recipe's key, such as `train.learning_rate`.
        key: String,
        /// The value that was found.
        found: String,
        /// What a sensible value is.
        expected: String,
    },

    /// A number handed in (a weight, a feature, a target) is NaN or infinite.
    #[error("{place} is {value}; every number must be finite")]
    NonFiniteInput {
        /// Where it stands.
        place: String,
        /// The number.
        value: f64,
    },

    /// Training was stopped because the loss was no longer a finite number.
    #[error(
        "the loss became {loss} in epoch {epoch}, batch {batch}: {origin}. \
         Training stopped there; the parameters are those from before this batch. \
         Try a smaller learning rate, or scale the inputs"
    )]
    NonFiniteLoss {
        /// The loss: NaN or an infinity.
        loss: f64,
        /// The epoch, counted from 1.
        epoch: u64,
        /// The batch within the epoch, counted from 1.
        batch: u64,
        /// The layer, counted from 1, where a number was first not finite, or whose finite outputs have such a loss; none
        /// where only slopes are not.
        layer: Option<usize>,
        /// The first place in the forward pass where a number was not finite.
        origin: String,
    },

    /// Training ended with parameters that are not finite, although the loss was.
    #[error(
        "after epoch {epoch}, {origin}, though the loss still looks finite: training diverged. \
         Try a smaller learning rate, or scale the inputs"
    )]
    NonFiniteParameters {
        /// The last epoch, counted from 1.
        epoch: u64,
        /// That layer, counted from 1.
        layer: Option<usize>,
        /// Which layer's parameters are not finite.
        origin: String,
    },
}

impl Error {
    /// Whether training diverged: its loss, or its parameters, are no longer finite.
    pub fn is_divergence(&self) -> bool {
        matches!(
            self,
            Self::NonFiniteLoss { .. } | Self::NonFiniteParameters { .. }
        )
    }
}

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

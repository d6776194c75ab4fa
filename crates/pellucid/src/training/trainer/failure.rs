//! Reports the errors that stop a training: data that does not fit the network, and numbers that are not finite.

use super::Trainer;
use crate::data::dataset::Samples;
use crate::descriptor::SettingError;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::model::network::Architecture;
use crate::scalar::Scalar;

impl<T: Scalar> Trainer<T> {
    /// Checks that all parameters are finite.
    pub(super) fn check_parameters(&self) -> Result<()> {
        let found = self.network.first_non_finite_layer();
        match found.or_else(|| self.network().first_non_finite_layer()) {
            Some((layer, value)) => Err(Error::NonFiniteParameters {
                epoch: self.epoch,
                layer: Some(layer),
                origin: format!("layer {layer} holds a parameter that is {value}"),
            }),
            None => Ok(()),
        }
    }

    /// The error for a loss that is not finite; it names the first layer with a number that is not finite.
    #[cold]
    pub(super) fn non_finite_loss(&self, loss: f64, batch: u64) -> Error {
        let count = self.network.architecture().layers().len();
        let (layer, origin) = if let Some((layer, value)) = self.network.first_non_finite_layer() {
            (layer, format!("layer {layer} holds a parameter that is {value}"))
        } else if let Some(layer) = (1..=count).find(|layer| !self.workspace.is_finite(layer - 1)) {
            let origin = format!("layer {layer} is the first with numbers that are not finite");
            (layer, origin)
        } else {
            let origin = format!("the outputs (layer {count}) are finite, but their loss is not");
            (count, origin)
        };
        Error::NonFiniteLoss {
            loss,
            epoch: self.epoch + 1,
            batch: batch + 1,
            layer: Some(layer),
            origin,
        }
    }
}

/// The error for a schedule that follows the validation loss in a run without held-out rows.
pub(super) fn no_validation_loss() -> Error {
    let expected =
        "this run has no held-out rows for a validation loss; hold some out, or set it to \"training\"";
    SettingError::new("train.schedule.loss", "\"validation\"", expected).into()
}

/// Checks that a data set can train a network with a loss.
///
/// # Errors
/// [`Error::Shape`] or [`Error::Setting`], which name both sides.
pub fn check_fit<T, S>(architecture: &Architecture, loss: Loss, data: &S) -> Result<()>
where
    T: Scalar,
    S: Samples<T> + ?Sized,
{
    let check = |what: &str, (found, numbers): (usize, &str), (place, units): (&str, usize)| {
        if found == units {
            return Ok(());
        }
        Err(Error::Shape {
            what: what.into(),
            found: format!("{found} {numbers}"),
            expected: format!(
                "{units}, the network's {place} layer ({}),",
                architecture.describe()
            ),
            hint: format!("; make {found} the {place} number of network.layers"),
        })
    };
    let (inputs, outputs) = (architecture.input_width(), architecture.output_width());
    check(
        "a row of the data",
        (data.columns(), "features"),
        ("first", inputs),
    )?;
    check(
        "a target of the data",
        (data.width(), "numbers"),
        ("last", outputs),
    )?;
    let (lowest, highest, called) = loss.targets();
    if (lowest, highest) != (f64::NEG_INFINITY, f64::INFINITY)
        && let Some((row, found)) = data.target_outside(lowest, highest)
    {
        let expected = format!(
            "its targets are {called}, but the target of row {} is {found}; a squared error takes any number",
            row + 1
        );
        return Err(SettingError::new("train.loss", format!("\"{}\"", loss.name()), expected).into());
    }
    Ok(())
}

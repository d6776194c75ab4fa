//! Reads and writes a loss in a recipe: its name, or a table with its settings.

use super::Loss;
use crate::name_or_table;
use serde::{Deserialize, Serialize};

/// A loss's name, or a table with its settings; [`Loss`] documents them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct LossRecipe {
    /// The loss.
    pub name: LossName,
    /// `huber`: the |d| at which the quadratic part ends and the linear part begins; default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<f64>,
    /// `quantile`: the quantile, above 0 and below 1; default 0.5, the median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
}

name_or_table!(LossRecipe of LossName, "the name of a loss, or a table with its name and settings");

/// The losses; [`Loss`] documents them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossName {
    SquaredError,
    #[default]
    HalfSquaredError,
    HalfMeanSquaredError,
    AbsoluteError,
    Huber,
    LogCosh,
    PoissonDeviance,
    HalfPoissonDeviance,
    Quantile,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    KullbackLeibler,
    Hinge,
}

impl TryFrom<LossRecipe> for Loss {
    type Error = String;

    fn try_from(recipe: LossRecipe) -> Result<Self, String> {
        let LossRecipe {
            name,
            delta,
            quantile,
        } = recipe;
        if let Some(delta) = delta
            && (name != LossName::Huber || !(delta > 0.0 && delta.is_finite()))
        {
            return Err(format!(
                "`delta` = {delta} cannot be used: it is for `huber`, and above 0"
            ));
        }
        if let Some(quantile) = quantile
            && (name != LossName::Quantile || !(quantile > 0.0 && quantile < 1.0))
        {
            return Err(format!(
                "`quantile` = {quantile} cannot be used: it is for `quantile`, above 0 and below 1"
            ));
        }
        Ok(match name {
            LossName::SquaredError => Loss::SquaredError,
            LossName::HalfSquaredError => Loss::HalfSquaredError,
            LossName::HalfMeanSquaredError => Loss::HalfMeanSquaredError,
            LossName::AbsoluteError => Loss::AbsoluteError,
            LossName::Huber => Loss::Huber {
                delta: delta.unwrap_or(1.0),
            },
            LossName::LogCosh => Loss::LogCosh,
            LossName::PoissonDeviance => Loss::PoissonDeviance,
            LossName::HalfPoissonDeviance => Loss::HalfPoissonDeviance,
            LossName::Quantile => Loss::Quantile {
                quantile: quantile.unwrap_or(0.5),
            },
            LossName::BinaryCrossEntropy => Loss::BinaryCrossEntropy,
            LossName::CategoricalCrossEntropy => Loss::CategoricalCrossEntropy,
            LossName::KullbackLeibler => Loss::KullbackLeibler,
            LossName::Hinge => Loss::Hinge,
        })
    }
}

impl TryFrom<Loss> for LossRecipe {
    type Error = String;

    fn try_from(loss: Loss) -> Result<Self, String> {
        let name = match loss {
            Loss::SquaredError => LossName::SquaredError,
            Loss::HalfSquaredError => LossName::HalfSquaredError,
            Loss::HalfMeanSquaredError => LossName::HalfMeanSquaredError,
            Loss::AbsoluteError => LossName::AbsoluteError,
            Loss::Huber { delta } => {
                return Ok(Self {
                    delta: (delta != 1.0).then_some(delta),
                    ..LossName::Huber.into()
                });
            }
            Loss::LogCosh => LossName::LogCosh,
            Loss::PoissonDeviance => LossName::PoissonDeviance,
            Loss::HalfPoissonDeviance => LossName::HalfPoissonDeviance,
            Loss::Quantile { quantile } => {
                return Ok(Self {
                    quantile: (quantile != 0.5).then_some(quantile),
                    ..LossName::Quantile.into()
                });
            }
            Loss::BinaryCrossEntropy => LossName::BinaryCrossEntropy,
            Loss::CategoricalCrossEntropy => LossName::CategoricalCrossEntropy,
            Loss::KullbackLeibler => LossName::KullbackLeibler,
            Loss::Hinge => LossName::Hinge,
            Loss::Custom(custom) => {
                let name = custom.name();
                return Err(format!(
                    "the loss `{name}` is a custom loss of the program, which a recipe cannot name"
                ));
            }
        };
        Ok(name.into())
    }
}

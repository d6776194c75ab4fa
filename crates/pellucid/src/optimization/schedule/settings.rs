//! A schedule's settings: what a recipe says of them, and what they are where it says nothing.

use super::Schedule;
use crate::error::{Error, Result};
use crate::recipe::{ScheduleName, ScheduleRecipe};

/// What a setting may be, and how that is said.
type Range = (fn(f64) -> bool, &'static str);

const PART_OF_STEPS: Range = (is_fraction, "a fraction of the steps is needed, 0 to 1");
const PART_OF_RATE: Range = (is_fraction, "a fraction of the learning rate is needed, 0 to 1");
const FACTOR: Range = (|x| x > 0.0 && x < 1.0, "a factor above 0 and below 1 is needed");
const POWER: Range = (|x| x > 0.0 && x.is_finite(), "a power above 0 is needed");
const EPOCHS: Range = (|x| x >= 1.0, "at least 1 epoch is needed");
const MULTIPLIER: Range = (|x| x >= 1.0, "1 or more is needed");
const ANY_COUNT: Range = (|_| true, "");
const NOT_NEGATIVE: Range = (
    |x| x >= 0.0 && x.is_finite(),
    "a finite number, 0 or more, is needed",
);

fn is_fraction(number: f64) -> bool {
    (0.0..=1.0).contains(&number)
}

impl Schedule {
    /// The schedule that a recipe asks for.
    ///
    /// # Errors
    /// [`Error::Setting`] for a key that the schedule does not read, or a value that makes no sense.
    pub fn of(recipe: &ScheduleRecipe) -> Result<Self> {
        check_keys(recipe)?;
        let warmup = recipe.warmup.unwrap_or(0.0);
        let end = recipe.end.unwrap_or(0.0);
        let patience = recipe.patience.unwrap_or(10);
        let threshold = recipe.threshold.unwrap_or(1e-4);
        let loss = recipe.loss.unwrap_or_default();
        Ok(match recipe.name {
            ScheduleName::Constant => Self::Constant { warmup },
            ScheduleName::Linear => Self::Linear { warmup, end },
            ScheduleName::Polynomial => Self::Polynomial {
                warmup,
                power: recipe.power.unwrap_or(1.0),
                end,
            },
            ScheduleName::Step => Self::Step {
                warmup,
                every: recipe.every.unwrap_or(10),
                factor: recipe.factor.unwrap_or(0.1),
            },
            ScheduleName::Exponential => Self::Exponential {
                warmup,
                factor: recipe.factor.unwrap_or(0.95),
            },
            ScheduleName::InverseScaling => Self::InverseScaling {
                warmup,
                power: recipe.power.unwrap_or(0.5),
            },
            ScheduleName::Cosine => Self::Cosine { warmup, end },
            ScheduleName::CosineRestarts => Self::CosineRestarts {
                warmup,
                period: recipe.period.unwrap_or(10),
                multiplier: recipe.multiplier.unwrap_or(2),
                end,
            },
            // PyTorch's div_factor is 25, its final_div_factor 10,000.
            ScheduleName::OneCycle => Self::OneCycle {
                warmup: recipe.warmup.unwrap_or(0.3),
                start: recipe.start.unwrap_or(1.0 / 25.0),
                end: recipe.end.unwrap_or(1.0 / 250_000.0),
            },
            ScheduleName::ReduceOnPlateau => Self::ReduceOnPlateau {
                warmup,
                factor: recipe.factor.unwrap_or(0.1),
                patience,
                threshold,
                threshold_mode: recipe.threshold_mode.unwrap_or_default(),
                cooldown: recipe.cooldown.unwrap_or(0),
                least_rate: recipe.least_rate.unwrap_or(0.0),
                loss,
            },
            ScheduleName::Adaptive => Self::Adaptive {
                warmup,
                patience,
                threshold,
                loss,
            },
        })
    }
}

/// A key that the schedule does not read is a mistake, not a wish.
fn check_keys(recipe: &ScheduleRecipe) -> Result<()> {
    use ScheduleName::{
        Adaptive, Cosine, CosineRestarts, Exponential, InverseScaling, Linear, OneCycle, Polynomial,
        ReduceOnPlateau, Step,
    };
    let name = recipe.name;
    let is = |names: &[ScheduleName]| names.contains(&name);
    let count = |number: Option<u64>| number.map(|number| number as f64);
    let goes_by_loss = is(&[ReduceOnPlateau, Adaptive]);
    let falls = is(&[Linear, Polynomial, Cosine, CosineRestarts, OneCycle]);
    let multiplies = is(&[Step, Exponential, ReduceOnPlateau]);
    let numbers = [
        ("warmup", recipe.warmup, true, PART_OF_STEPS),
        ("start", recipe.start, is(&[OneCycle]), PART_OF_RATE),
        ("end", recipe.end, falls, PART_OF_RATE),
        ("every", count(recipe.every), is(&[Step]), EPOCHS),
        ("factor", recipe.factor, multiplies, FACTOR),
        ("power", recipe.power, is(&[Polynomial, InverseScaling]), POWER),
        ("period", count(recipe.period), is(&[CosineRestarts]), EPOCHS),
        (
            "multiplier",
            count(recipe.multiplier),
            is(&[CosineRestarts]),
            MULTIPLIER,
        ),
        ("patience", count(recipe.patience), goes_by_loss, ANY_COUNT),
        ("threshold", recipe.threshold, goes_by_loss, NOT_NEGATIVE),
        (
            "cooldown",
            count(recipe.cooldown),
            is(&[ReduceOnPlateau]),
            ANY_COUNT,
        ),
        (
            "least_rate",
            recipe.least_rate,
            is(&[ReduceOnPlateau]),
            NOT_NEGATIVE,
        ),
    ];
    let refuse = |key: &str, found: String, expected: String| {
        Err(Error::Setting {
            key: format!("train.schedule.{key}"),
            found,
            expected,
        })
    };
    let not_used = || format!("train.schedule.name = \"{}\" does not use it", name.name());
    for (key, value, is_read, (is_valid, range)) in numbers {
        let Some(value) = value else { continue };
        if !is_read {
            return refuse(key, value.to_string(), not_used());
        }
        if !is_valid(value) {
            return refuse(key, value.to_string(), range.into());
        }
    }
    if let Some(mode) = recipe.threshold_mode.filter(|_| name != ReduceOnPlateau) {
        return refuse("threshold_mode", written(&mode), not_used());
    }
    if let Some(loss) = recipe.loss.filter(|_| !goes_by_loss) {
        return refuse("loss", written(&loss), not_used());
    }
    Ok(())
}

/// A word as recipes write it.
fn written(word: &impl serde::Serialize) -> String {
    toml::Value::try_from(word).map_or_else(|_| String::new(), |value| value.to_string())
}

//! A finding.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Units of a bounded function are at its flat ends.
    SaturatedUnits,
    /// Rectifiers put out the same, and learn nothing, whatever comes in.
    DeadUnits,
    /// Units of a layer begin alike, and stay so.
    SymmetricUnits,
    /// Gradients fade on their way down.
    VanishingGradients,
    /// Gradients grow on their way down.
    ExplodingGradients,
    /// The loss, or a parameter, became NaN or infinite.
    Diverged,
    /// The loss is higher at the end than it was.
    LossRising,
    /// The loss goes up and down and gets nowhere.
    Oscillation,
    /// The loss stays where it is, because steps are too small.
    LossStuck,
    /// Columns of the input are on scales too far from each other.
    UnscaledInputs,
    /// Targets that the output activation cannot give.
    TargetsOutOfRange,
    /// The rows are almost all of one class, and the network always answers with it.
    ConstantPredictor,
    /// Held-out rows fare worse while training rows fare better.
    Overfitting,
    /// Rows are far from what the network was trained on.
    UnfamiliarInputs,
}

impl FindingKind {
    /// A few words for it.
    pub fn title(self) -> &'static str {
        match self {
            Self::SaturatedUnits => "saturated units",
            Self::DeadUnits => "dead units",
            Self::SymmetricUnits => "units that are all alike",
            Self::VanishingGradients => "vanishing gradients",
            Self::ExplodingGradients => "exploding gradients",
            Self::Diverged => "the training diverged",
            Self::LossRising => "the loss rises",
            Self::Oscillation => "the loss oscillates",
            Self::LossStuck => "the loss is stuck",
            Self::UnscaledInputs => "inputs on different scales",
            Self::TargetsOutOfRange => "targets out of reach",
            Self::ConstantPredictor => "always the same class",
            Self::Overfitting => "overfitting",
            Self::UnfamiliarInputs => "unfamiliar inputs",
        }
    }
}

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The result may be used, and could be better.
    Warning,
    /// What is named does not learn, or the run came to nothing.
    Fault,
}

/// Something that is wrong with a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// The layer, counted from 1 at the first hidden one, where there is one to be named.
    pub layer: Option<usize>,
    /// How grave it is.
    pub severity: Severity,
    /// What was seen, with its numbers.
    pub seen: String,
    /// Why it matters.
    pub why: String,
    /// What to try.
    pub try_this: String,
}

impl Finding {
    /// All of it in one line.
    pub fn sentence(&self) -> String {
        let Self {
            kind,
            seen,
            why,
            try_this,
            ..
        } = self;
        format!("{}: {seen}. {why}. {try_this}", kind.title())
    }
}

/// Three lines: what was seen, why it matters, what to try.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}\n  why: {}\n  try: {}",
            self.kind.title(),
            self.seen,
            self.why,
            self.try_this
        )
    }
}

/// A number to three digits.
pub(super) fn short(number: f64) -> String {
    match number.abs() {
        0.0 => "0".into(),
        size if !(1e-3..1e5).contains(&size) => format!("{number:.2e}"),
        size => {
            let digits = 2 - size.log10().floor() as i32;
            let text = format!("{number:.*}", digits.max(0) as usize);
            match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').into(),
                false => text,
            }
        }
    }
}

/// A share from 0 to 1 as a percentage.
pub(super) fn percent(share: f64) -> String {
    match share {
        share if share > 0.0 && share < 0.01 => format!("{:.1}%", 100.0 * share),
        share if share > 0.99 && share < 1.0 => format!("{:.1}%", 100.0 * share),
        share => format!("{:.0}%", 100.0 * share),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let shown = [0.0, 1.0, -2.5, 0.12345, 123.456, 43210.0, 1e-7, 1.5e9].map(short);
        assert_eq!(
            shown,
            ["0", "1", "-2.5", "0.123", "123", "43210", "1.00e-7", "1.50e9"]
        );
        assert_eq!([0.5, 0.004, 0.9932].map(percent), ["50%", "0.4%", "99.3%"]);
    }
}

//! A finding: one thing that is wrong with a training.

use pellucid_kernels::simd::elementary;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Units of a bounded function are at its flat ends.
    SaturatedUnits,
    /// Rectifiers have the same output for every input, and do not learn.
    DeadUnits,
    /// Units of a layer begin with equal weights, and stay equal.
    SymmetricUnits,
    /// Gradients vanish from the output down.
    VanishingGradients,
    /// Gradients explode from the output down.
    ExplodingGradients,
    /// The loss, or a parameter, became NaN or infinite.
    Diverged,
    /// The loss is higher at the end than at the beginning.
    LossRising,
    /// The loss rises and falls without progress.
    Oscillation,
    /// Units stopped learning, because the steps are too large.
    LearningRateTooHigh,
    /// The loss hardly changes, because the steps are too small.
    LossStuck,
    /// The scales of the input columns differ too much.
    UnscaledInputs,
    /// Targets are outside the range of the output activation.
    TargetsOutOfRange,
    /// Almost all rows are of one class, and the network always predicts it.
    ConstantPredictor,
    /// The loss of held-out rows rises while that of training rows falls.
    Overfitting,
    /// Rows are far from the training data.
    UnfamiliarInputs,
    /// A column of a table decides the target alone.
    LeakingColumn,
    /// A column of a table has a number that stands for something else, such as -9999 for a missing value.
    SentinelValues,
    /// A few values of a column of a table are so far out that the others hardly differ.
    ExtremeValues,
    /// A column of a table is left out although most of its cells are numbers or dates.
    LeftOutColumn,
    /// Predictions are no better than a constant.
    NoBetterThanConstant,
}

impl FindingKind {
    /// The title of a finding of this kind.
    pub fn title(self) -> &'static str {
        match self {
            Self::SaturatedUnits => "saturated units",
            Self::DeadUnits => "dead units",
            Self::SymmetricUnits => "equal units",
            Self::VanishingGradients => "vanishing gradients",
            Self::ExplodingGradients => "exploding gradients",
            Self::Diverged => "the training diverged",
            Self::LossRising => "the loss rises",
            Self::Oscillation => "the loss oscillates",
            Self::LearningRateTooHigh => "the learning rate is too high",
            Self::LossStuck => "the loss is stuck",
            Self::UnscaledInputs => "inputs on different scales",
            Self::TargetsOutOfRange => "targets out of range",
            Self::ConstantPredictor => "constant predictions",
            Self::Overfitting => "overfitting",
            Self::UnfamiliarInputs => "unfamiliar inputs",
            Self::LeakingColumn => "a column that decides the target",
            Self::SentinelValues => "a number that stands for something else",
            Self::ExtremeValues => "extreme values",
            Self::LeftOutColumn => "a column of numbers or dates left out",
            Self::NoBetterThanConstant => "no better than a constant",
        }
    }

    /// A finding of this kind: what was seen, why it matters, what to try.
    pub(super) fn found(
        self,
        severity: Severity,
        seen: String,
        why: impl Into<String>,
        try_this: impl Into<String>,
    ) -> Finding {
        Finding {
            kind: self,
            layer: None,
            severity,
            seen,
            why: why.into(),
            try_this: try_this.into(),
        }
    }
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The result is usable, but could be better.
    Warning,
    /// A part of the network does not learn, or the run failed.
    Fault,
}

/// One thing that is wrong with a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its kind.
    pub kind: FindingKind,
    /// The layer, counted from 1 at the first hidden one, where the finding is about one.
    pub layer: Option<usize>,
    /// Its severity.
    pub severity: Severity,
    /// What was seen, with its numbers.
    pub seen: String,
    /// Why it matters.
    pub why: String,
    /// What to try.
    pub try_this: String,
}

impl Finding {
    /// The whole finding in one line.
    pub fn sentence(&self) -> String {
        let (seen, why, try_this) = (&self.seen, &self.why, &self.try_this);
        format!("{}: {seen}. {why}. {try_this}", self.kind.title())
    }

    /// The same about layer `index`, counted from 0.
    pub(super) fn in_layer(self, index: usize) -> Self {
        let layer = Some(index + 1);
        Self { layer, ..self }
    }
}

/// Three lines: what was seen, why it matters, what to try.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seen, why, try_this) = (&self.seen, &self.why, &self.try_this);
        write!(
            f,
            "{}: {seen}\n  why: {why}\n  try: {try_this}",
            self.kind.title()
        )
    }
}

/// A number with three significant digits.
pub(super) fn short(number: f64) -> String {
    match number.abs() {
        0.0 => "0".into(),
        size if !(1e-3..1e5).contains(&size) => format!("{number:.2e}"),
        size => {
            let digits = 2 - elementary::log10(size).floor() as i32;
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
        share if (share > 0.0 && share < 0.01) || (share > 0.99 && share < 1.0) => {
            format!("{:.1}%", 100.0 * share)
        }
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

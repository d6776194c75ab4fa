//! What a recipe can choose: the descriptor of a choice, with its names, formula, paper and settings, and how choices are
//! read and written.
//!
//! [`choice!`](crate::choice) declares an enum whose variants hold their settings, each variant beside its descriptor. Recipes, help,
//! documentation, explanation, checks and Python read the descriptors; nothing repeats what they say.

mod choice;
mod reading;

pub use reading::{Choice, OrNone, SettingValue, Settings, read};

use std::ops::Bound::{self, Excluded, Included, Unbounded};
use std::ops::RangeBounds;

/// One thing that a recipe can choose, such as an activation or an optimizer.
#[derive(Debug, Clone, Copy)]
pub struct Descriptor {
    /// The name in recipes and records.
    pub name: &'static str,
    /// Other names that recipes accept.
    pub aliases: &'static [&'static str],
    /// The name in texts, such as `RMSProp`.
    pub title: &'static str,
    /// What it computes.
    pub formula: Formula,
    /// Where it comes from: author, title, year. Empty where it has no single source.
    pub paper: &'static str,
}

impl Descriptor {
    /// A choice of this name and title, still without a formula.
    pub const fn new(name: &'static str, title: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            title,
            formula: Formula::new("", ""),
            paper: "",
        }
    }

    /// The same with other names.
    pub const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// The same with its formula, as text and in LaTeX.
    pub const fn formula(self, plain: &'static str, latex: &'static str) -> Self {
        let formula = Formula::new(plain, latex);
        Self { formula, ..self }
    }

    /// The same with its paper.
    pub const fn paper(self, paper: &'static str) -> Self {
        Self { paper, ..self }
    }
}

impl AsRef<Descriptor> for Descriptor {
    fn as_ref(&self) -> &Descriptor {
        self
    }
}

/// A formula, as text and in LaTeX.
#[derive(Debug, Clone, Copy)]
pub struct Formula {
    /// One line of text, such as `1/(1 + e⁻ᶻ)`.
    pub plain: &'static str,
    /// The part of LaTeX that reports can draw.
    pub latex: &'static str,
}

impl Formula {
    /// A formula as text and in LaTeX.
    pub const fn new(plain: &'static str, latex: &'static str) -> Self {
        Self { plain, latex }
    }
}

/// One setting of a choice.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The key in recipes.
    pub key: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// The numbers it may be.
    pub range: Range,
    /// Whether a recipe must give it, because it has no default.
    pub is_required: bool,
}

impl Setting {
    /// A setting that is a number in a range, still without a key.
    pub const fn number(range: Range, meaning: &'static str) -> Self {
        Self {
            key: "",
            meaning,
            range,
            is_required: false,
        }
    }

    /// A setting that is not a number: a truth value, a name or a list.
    pub const fn other(meaning: &'static str) -> Self {
        Self::number(Range::ANY, meaning)
    }

    /// The same with its key.
    pub const fn named(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// The same, which a recipe must give.
    pub const fn required(self) -> Self {
        Self {
            is_required: true,
            ..self
        }
    }
}

/// The numbers that a setting may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The lowest number.
    pub low: Bound<f64>,
    /// The highest number.
    pub high: Bound<f64>,
    /// The range in words, for messages.
    pub expected: &'static str,
}

impl Range {
    /// Any number, even NaN.
    pub const ANY: Self = Self::new(Unbounded, Unbounded, "a number is needed");
    /// Any finite number.
    pub const FINITE: Self = Self::between(f64::NEG_INFINITY, f64::INFINITY, "a finite number is needed");
    /// 0 to 1, both included.
    pub const FRACTION: Self = Self::new(Included(0.0), Included(1.0), "a number is needed, 0 to 1");
    /// From 0 to below 1.
    pub const BELOW_ONE: Self = Self::new(
        Included(0.0),
        Excluded(1.0),
        "a number is needed, 0 or more, below 1",
    );
    /// Above 0, and finite.
    pub const POSITIVE: Self = Self::between(0.0, f64::INFINITY, "a number is needed, above 0");
    /// 0 or more, and finite.
    pub const NOT_NEGATIVE: Self = Self::at_least(0.0, "a number is needed, 0 or more");
    /// A whole number, 1 or more.
    pub const COUNT: Self = Self::at_least(1.0, "a whole number is needed, 1 or more");

    /// The numbers from one bound to another.
    pub const fn new(low: Bound<f64>, high: Bound<f64>, expected: &'static str) -> Self {
        Self { low, high, expected }
    }

    /// The numbers between two, both excluded.
    pub const fn between(low: f64, high: f64, expected: &'static str) -> Self {
        Self::new(Excluded(low), Excluded(high), expected)
    }

    const fn at_least(low: f64, expected: &'static str) -> Self {
        Self::new(Included(low), Excluded(f64::INFINITY), expected)
    }

    /// The same numbers in other words.
    pub const fn described(self, expected: &'static str) -> Self {
        Self { expected, ..self }
    }

    /// Checks the value of the setting `key`; a value that is not a number is in every range.
    ///
    /// # Errors
    /// [`SettingError`] when it is not in the range.
    pub fn check(&self, key: &str, value: &dyn SettingValue) -> Result<(), SettingError> {
        match value.number() {
            Some(number) if !(self.low, self.high).contains(&number) => {
                Err(SettingError::new(key, value.text(), self.expected))
            }
            _ => Ok(()),
        }
    }
}

/// A setting whose value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The recipe's key, such as `train.optimizer.momentum`.
    pub key: String,
    /// The value that was found.
    pub found: String,
    /// What a usable value is.
    pub expected: String,
}

impl SettingError {
    /// The setting `key` holds `found`, and `expected` says what it may hold.
    pub fn new(key: impl Into<String>, found: impl ToString, expected: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            found: found.to_string(),
            expected: expected.into(),
        }
    }
}

impl std::fmt::Display for SettingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, found, expected } = self;
        write!(f, "{key} = {found} cannot be used: {expected}")
    }
}

impl std::error::Error for SettingError {}

/// Whether two names are the same: `-` and `_` are alike.
pub fn is_same_name(one: &str, other: &str) -> bool {
    let byte = |byte: u8| if byte == b'-' { b'_' } else { byte };
    one.len() == other.len() && one.bytes().map(byte).eq(other.bytes().map(byte))
}

/// The error of a deserializer for a name that is not among the known ones.
pub fn unknown_name<E: serde::de::Error>(name: &str, known: &[&str]) -> E {
    E::custom(reading::unknown("variant", name, known))
}

/// The known name nearest to a misspelt one, where one is near enough to be meant: at most half of its characters differ.
///
/// ```
/// assert_eq!(pellucid_kernels::descriptor::nearest("sigmiod", ["tanh", "sigmoid"]), Some("sigmoid"));
/// assert_eq!(pellucid_kernels::descriptor::nearest("wave", ["tanh", "sigmoid"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |known: &str| {
        let simple = |text: &str| text.trim().to_lowercase().replace('-', "_");
        strsim::damerau_levenshtein(&simple(name), &simple(known))
    };
    let near = known.into_iter().map(|known| (distance(known), known));
    near.filter(|(distance, known)| *distance <= name.len().max(known.len()) / 2)
        .min()
        .map(|(_, known)| known)
}

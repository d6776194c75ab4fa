//! What a recipe can choose: the descriptor of a choice, with its names, formula, paper and settings, and how choices are
//! read and written.
//!
//! [`choice!`](crate::choice) declares an enum whose variants hold their settings, each variant beside its descriptor. Recipes, help,
//! documentation, explanation, checks and Python read the descriptors; nothing repeats what they say.

mod choice;
mod reading;

pub use reading::{Choice, OrNone, SettingValue, Settings, read};

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
    /// A setting that is a number in a range.
    pub const fn number(key: &'static str, range: Range, meaning: &'static str) -> Self {
        Self {
            key,
            meaning,
            range,
            is_required: false,
        }
    }

    /// A setting that is not a number: a truth value, a name or a list.
    pub const fn other(key: &'static str, meaning: &'static str) -> Self {
        Self::number(key, Range::ANY, meaning)
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
    pub low: f64,
    /// Whether the lowest number itself is allowed.
    pub includes_low: bool,
    /// The highest number.
    pub high: f64,
    /// Whether the highest number itself is allowed.
    pub includes_high: bool,
    /// The range in words, for messages.
    pub expected: &'static str,
}

impl Range {
    /// Any number.
    pub const ANY: Self = Self {
        low: f64::NEG_INFINITY,
        includes_low: true,
        high: f64::INFINITY,
        includes_high: true,
        expected: "a number is needed",
    };
    /// Any finite number.
    pub const FINITE: Self = Self::between(f64::NEG_INFINITY, f64::INFINITY, "a finite number is needed");
    /// 0 to 1, both included.
    pub const FRACTION: Self = Self::between(0.0, 1.0, "a number is needed, 0 to 1").including_both();
    /// From 0 to below 1.
    pub const BELOW_ONE: Self =
        Self::between(0.0, 1.0, "a number is needed, 0 or more, below 1").including_low();
    /// Above 0, and finite.
    pub const POSITIVE: Self = Self::between(0.0, f64::INFINITY, "a number is needed, above 0");
    /// 0 or more, and finite.
    pub const NOT_NEGATIVE: Self =
        Self::between(0.0, f64::INFINITY, "a number is needed, 0 or more").including_low();
    /// A whole number, 1 or more.
    pub const COUNT: Self =
        Self::between(1.0, f64::INFINITY, "a whole number is needed, 1 or more").including_low();

    /// The numbers between two, both excluded.
    pub const fn between(low: f64, high: f64, expected: &'static str) -> Self {
        Self {
            low,
            includes_low: false,
            high,
            includes_high: false,
            expected,
        }
    }

    /// The same with its lowest number.
    pub const fn including_low(self) -> Self {
        Self {
            includes_low: true,
            ..self
        }
    }

    /// The same with its lowest and its highest number.
    pub const fn including_both(self) -> Self {
        Self {
            includes_high: true,
            ..self.including_low()
        }
    }

    /// The same numbers in other words.
    pub const fn described(self, expected: &'static str) -> Self {
        Self { expected, ..self }
    }

    /// Whether a number is in the range. Only [`ANY`](Self::ANY) has a NaN.
    pub fn contains(&self, number: f64) -> bool {
        let above = number > self.low || (self.includes_low && number == self.low);
        let below = number < self.high || (self.includes_high && number == self.high);
        (above && below) || *self == Self::ANY
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

impl std::fmt::Display for SettingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} = {} cannot be used: {}",
            self.key, self.found, self.expected
        )
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
    reading::unknown("variant", name, known)
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

//! The space of a search: the settings that vary, and how a value is drawn.

use crate::error::{Result, setting};
use pellucid::elementary;
use pellucid::numpy_random::RandomState;
use std::fmt;

/// The settings that a search varies, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Space {
    /// One for each setting.
    pub parameters: Vec<Parameter>,
}

/// A setting and its possible values.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// `hidden`, `activation`, or a recipe's key such as `train.learning_rate`.
    pub key: String,
    /// Its possible values.
    pub range: SettingRange,
}

/// The possible values of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingRange {
    /// Any number of a range.
    Numbers(NumberRange),
    /// One of these.
    Choice(Vec<String>),
}

/// A range of numbers, drawn uniformly, or so that equal ratios are equally likely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberRange {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Whether only whole numbers are drawn. Their absolute value is below 2^52.
    pub is_whole: bool,
    /// Whether equal ratios are equally likely.
    pub is_logarithmic: bool,
}

impl Space {
    /// A space of lines such as `train.learning_rate=log:1e-4..1e-1`, `train.dropout=0..0.5`,
    /// `train.epochs=int:10..100` or `hidden=64,128,"128,64"`.
    ///
    /// # Errors
    /// [`DataError::Engine`](crate::DataError::Engine): a line is not of this form, a range is empty, or a setting is there
    /// twice.
    pub fn from_lines<S: AsRef<str>>(lines: &[S]) -> Result<Self> {
        let mut space = Self::default();
        for line in lines {
            space.add(line.as_ref())?;
        }
        Ok(space)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// As [`Space::from_lines`].
    pub fn add(&mut self, line: &str) -> Result<()> {
        let (key, range) = line.split_once('=').ok_or_else(|| {
            let example = "train.learning_rate=log:1e-4..1e-1 or hidden=64,128,\"128,64\"";
            setting("--vary", line, format!("expected KEY=VALUES, such as {example}"))
        })?;
        let (key, range) = (key.trim(), range.trim());
        let refused = |problem| setting(&format!("--vary {key}"), range, problem);
        self.insert(key, SettingRange::parse(range).map_err(refused)?)
    }

    /// The lines of which [`Space::from_lines`] makes this space.
    pub fn lines(&self) -> Vec<String> {
        self.parameters.iter().map(ToString::to_string).collect()
    }

    pub(super) fn insert(&mut self, key: &str, range: SettingRange) -> Result<()> {
        let key = full_name(key);
        if key.is_empty() {
            let expected = "a setting's name is expected before the =";
            return Err(setting("--vary", "=", expected));
        }
        let refused = |problem: String| setting(&key, range.to_string(), problem);
        range.check().map_err(refused)?;
        if self.parameters.iter().any(|parameter| parameter.key == key) {
            return Err(refused("it varies already; name it once".into()));
        }
        self.parameters.push(Parameter { key, range });
        Ok(())
    }
}

/// `learning_rate` is short for `train.learning_rate`; `hidden` and `activation` are not settings of a recipe.
fn full_name(key: &str) -> String {
    match ["", "hidden", "activation"].contains(&key) || key.contains('.') {
        true => key.to_string(),
        false => format!("train.{key}"),
    }
}

impl SettingRange {
    /// Reads `LOW..HIGH`, `log:LOW..HIGH`, `int:LOW..HIGH`, `int-log:LOW..HIGH` or values with commas.
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("nothing to choose from; give values with commas, or a range such as 0..0.5".into());
        }
        for (prefix, _, is_whole, is_logarithmic) in NumberRange::KINDS {
            let is_choice = prefix.is_empty() && (!text.contains("..") || text.contains([',', '"']));
            if let Some(ends) = text.strip_prefix(prefix).filter(|_| !is_choice) {
                let (low, high) = ends
                    .split_once("..")
                    .ok_or("a range has two ends with .. between them, such as 1e-4..1e-1")?;
                let range = NumberRange::parse(low.trim(), high.trim(), is_whole, is_logarithmic);
                return range.map(Self::Numbers);
            }
        }
        choices(text).map(Self::Choice)
    }

    /// Refuses an empty range.
    fn check(&self) -> Result<(), String> {
        let values = match self {
            Self::Numbers(range) => return range.check(),
            Self::Choice(values) => values,
        };
        if values.is_empty() {
            return Err("nothing to choose from; give at least one value".into());
        }
        let repeated = (1..values.len()).find(|&at| values[..at].contains(&values[at]));
        repeated.map_or(Ok(()), |at| Err(format!("{} is there twice", values[at])))
    }

    /// Draws a value, as it is written in a recipe.
    pub(super) fn draw(&self, generator: &mut RandomState) -> String {
        match self {
            Self::Numbers(range) => range.draw(generator),
            Self::Choice(values) => {
                let at = (generator.random_sample() * values.len() as f64) as usize;
                values[at.min(values.len() - 1)].clone()
            }
        }
    }

    /// Values that show whether all can be used: the ends, or each choice.
    pub(super) fn samples(&self) -> Vec<String> {
        match self {
            Self::Numbers(range) => vec![range.spell(range.low), range.spell(range.high)],
            Self::Choice(values) => values.clone(),
        }
    }
}

impl NumberRange {
    /// The prefix of a range in a line, its key in TOML, whether its numbers are whole, and whether it is logarithmic.
    pub(super) const KINDS: [(&str, &str, bool, bool); 4] = [
        ("log:", "log", false, true),
        ("int:", "integer", true, false),
        ("int-log:", "log_integer", true, true),
        ("", "uniform", false, false),
    ];

    pub(super) fn parse(low: &str, high: &str, is_whole: bool, is_logarithmic: bool) -> Result<Self, String> {
        // Doubles hold every whole number below 2^52.
        let whole = |text: &str| text.parse::<i64>().ok().filter(|value| value.abs() < 1 << 52);
        let number = |text: &str| {
            let (value, expected) = match is_whole {
                true => (whole(text).map(|value| value as f64), "whole number"),
                false => (text.parse().ok(), "number"),
            };
            value.ok_or_else(|| format!("`{text}` is no {expected}"))
        };
        Ok(Self {
            low: number(low)?,
            high: number(high)?,
            is_whole,
            is_logarithmic,
        })
    }

    fn check(&self) -> Result<(), String> {
        let Self { low, high, .. } = self;
        match self {
            _ if !(low.is_finite() && high.is_finite()) => Err("both ends must be finite".into()),
            _ if low >= high => Err(format!(
                "the lower end, {low}, must be less than the upper, {high}"
            )),
            _ if self.is_logarithmic && *low <= 0.0 => Err("a logarithmic range lies above 0".into()),
            _ => Ok(()),
        }
    }

    fn draw(&self, generator: &mut RandomState) -> String {
        let Self { low, high, .. } = *self;
        let sample = generator.random_sample();
        let logarithmic = |from: f64, to: f64| {
            let low = elementary::ln(from);
            elementary::exp(low + (elementary::ln(to) - low) * sample)
        };
        let value = match (self.is_whole, self.is_logarithmic) {
            (true, false) => low + (sample * (high - low + 1.0)).floor(),
            // Each whole number has the interval from half below it to half above it.
            (true, true) => logarithmic(low - 0.5, high + 0.5).round(),
            (false, is_logarithmic) => {
                let value = match is_logarithmic {
                    true => logarithmic(low, high),
                    false => low + (high - low) * sample,
                };
                // Three digits are enough to read and to compare.
                format!("{value:.2e}").parse().unwrap_or(value)
            }
        };
        self.spell(value.clamp(low, high))
    }

    fn spell(&self, value: f64) -> String {
        match self.is_whole {
            true => (value as i64).to_string(),
            false => spelled(value),
        }
    }
}

/// The text that TOML reads as a floating-point number.
fn spelled(value: f64) -> String {
    let text = value.to_string();
    match value.abs() {
        0.0 => "0.0".into(),
        1e-3..1e6 if text.contains('.') => text,
        1e-3..1e6 => text + ".0",
        _ => format!("{value:e}"),
    }
}

/// Values with commas between them. A value that contains commas stands in quotes, or is a list or a table in brackets,
/// which keeps its quotes.
fn choices(text: &str) -> Result<Vec<String>, String> {
    let mut values = vec![String::new()];
    let (mut quoted, mut depth) = (false, 0_usize);
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => {
                depth = depth.checked_sub(1).ok_or("a bracket ends that did not begin")?;
            }
            ',' if !quoted && depth == 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(value) = values.last_mut().filter(|_| character != '"' || depth > 0) {
            value.push(character);
        }
    }
    if quoted {
        return Err("a quote has no end".into());
    }
    if depth > 0 {
        return Err("a bracket has no end".into());
    }
    let values: Vec<String> = values.iter().map(|value| value.trim().to_string()).collect();
    match values.iter().any(String::is_empty) {
        true => Err("a value is empty: two commas stand side by side, or one at an end".into()),
        false => Ok(values),
    }
}

impl fmt::Display for SettingRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbers(range) => {
                let kind = NumberRange::KINDS.into_iter();
                let mut kind = kind.filter(|kind| (kind.2, kind.3) == (range.is_whole, range.is_logarithmic));
                let prefix = kind.next().map_or("", |kind| kind.0);
                write!(f, "{prefix}{}..{}", range.low, range.high)
            }
            Self::Choice(values) => {
                let has_brackets = |value: &String| value.starts_with(['[', '{']);
                let quoted = |value: &String| match value.contains(',') && !has_brackets(value) {
                    true => format!("\"{value}\""),
                    false => value.clone(),
                };
                f.write_str(&values.iter().map(quoted).collect::<Vec<_>>().join(","))
            }
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.range)
    }
}

#[cfg(test)]
mod tests;

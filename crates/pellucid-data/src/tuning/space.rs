//! What a search may vary, and how a value is drawn.

use super::{setting, space_file};
use crate::error::{DataError, Result};
use pellucid::numpy_random::RandomState;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The settings that a search varies, in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Space {
    /// One a setting.
    pub parameters: Vec<Parameter>,
}

/// A setting and what it may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// `hidden`, `activation`, or a recipe's key such as `train.learning_rate`.
    pub key: String,
    /// What it may be.
    pub range: Range,
}

/// What a setting may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// Any number between two, all alike.
    Uniform(f64, f64),
    /// Any number between two, all ratios alike.
    Log(f64, f64),
    /// Any whole number from one to another.
    Integer(i64, i64),
    /// Any whole number from one to another, all ratios alike.
    LogInteger(i64, i64),
    /// One of these.
    Choice(Vec<String>),
}

impl Space {
    /// A space of lines such as `train.learning_rate=log:1e-4..1e-1`, `train.dropout=0..0.5`,
    /// `train.epochs=int:10..100` or `hidden=64,128,"128,64"`.
    ///
    /// # Errors
    /// [`DataError::Engine`] with a line that is none, a range that is empty, or a setting that is there twice.
    pub fn of<S: AsRef<str>>(lines: &[S]) -> Result<Self> {
        let mut space = Self::default();
        for line in lines {
            space.add(line.as_ref())?;
        }
        Ok(space)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// As [`Space::of`].
    pub fn add(&mut self, line: &str) -> Result<()> {
        let Some((key, range)) = line.split_once('=') else {
            let expected =
                "expected KEY=VALUES, such as train.learning_rate=log:1e-4..1e-1 or hidden=64,128,\"128,64\"";
            return Err(setting("--vary", line, expected));
        };
        let range = Range::parse(range.trim())
            .map_err(|problem| setting(&format!("--vary {}", key.trim()), range.trim(), problem))?;
        self.insert(key.trim(), range)
    }

    /// Reads a space from TOML; `origin` names the text in messages.
    ///
    /// # Errors
    /// As [`Space::of`], and for text that is no TOML.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self> {
        space_file::read(text, origin)
    }

    pub(super) fn insert(&mut self, key: &str, range: Range) -> Result<()> {
        let key = full_name(key);
        if key.is_empty() {
            return Err(setting(
                "--vary",
                "=",
                "a setting's name is expected before the =",
            ));
        }
        range
            .check()
            .map_err(|problem| setting(&key, range.to_string(), problem))?;
        if self.parameters.iter().any(|parameter| parameter.key == key) {
            return Err(setting(&key, range.to_string(), "it varies already; say it once"));
        }
        self.parameters.push(Parameter { key, range });
        Ok(())
    }
}

/// `learning_rate` is `train.learning_rate`; `hidden` and `activation` are names of their own.
fn full_name(key: &str) -> String {
    match key {
        "" | "hidden" | "activation" => key.to_string(),
        _ if key.contains('.') => key.to_string(),
        _ => format!("train.{key}"),
    }
}

impl Range {
    /// Reads `LOW..HIGH`, `log:LOW..HIGH`, `int:LOW..HIGH`, `int-log:LOW..HIGH` or values with commas.
    fn parse(text: &str) -> std::result::Result<Self, String> {
        if text.is_empty() {
            return Err("nothing to choose from; give values with commas, or a range such as 0..0.5".into());
        }
        let kinds = [("log:", 'l'), ("int:", 'i'), ("int-log:", 'j')];
        let kind = kinds
            .iter()
            .find_map(|(prefix, kind)| Some((*kind, text.strip_prefix(prefix)?)));
        match (kind, text.split_once("..")) {
            (Some(('l', ends)), _) => real_ends(ends).map(|(low, high)| Range::Log(low, high)),
            (Some(('i', ends)), _) => whole_ends(ends).map(|(low, high)| Range::Integer(low, high)),
            (Some((_, ends)), _) => whole_ends(ends).map(|(low, high)| Range::LogInteger(low, high)),
            (None, Some(_)) if !text.contains([',', '"']) => {
                real_ends(text).map(|(low, high)| Range::Uniform(low, high))
            }
            _ => choices(text).map(Range::Choice),
        }
    }

    /// What is wrong with it, as a message.
    pub(super) fn check(&self) -> std::result::Result<(), String> {
        let backwards = |low: String, high: String| {
            Err(format!(
                "the lower end, {low}, must be less than the upper, {high}"
            ))
        };
        match self {
            Range::Uniform(low, high) | Range::Log(low, high) if !(low.is_finite() && high.is_finite()) => {
                Err("both ends must be finite".into())
            }
            Range::Uniform(low, high) | Range::Log(low, high) if low >= high => {
                backwards(low.to_string(), high.to_string())
            }
            Range::Integer(low, high) | Range::LogInteger(low, high) if low >= high => {
                backwards(low.to_string(), high.to_string())
            }
            Range::Log(low, _) if *low <= 0.0 => Err("a logarithmic range lies above 0".into()),
            Range::LogInteger(low, _) if *low <= 0 => Err("a logarithmic range lies above 0".into()),
            Range::Choice(values) if values.is_empty() => {
                Err("nothing to choose from; give at least one value".into())
            }
            Range::Choice(values) => match values
                .iter()
                .enumerate()
                .find(|(at, v)| values[..*at].contains(v))
            {
                Some((_, twice)) => Err(format!("{twice} is there twice")),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Draws a value, as it is written in a recipe.
    pub(super) fn draw(&self, generator: &mut RandomState) -> String {
        let real = |value: f64, low: f64, high: f64| {
            // Three digits are as many as anybody reads, and as many as matter.
            let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
            rounded.clamp(low, high)
        };
        match self {
            Range::Uniform(low, high) => {
                let value = low + (high - low) * generator.random_sample();
                spelled(real(value, *low, *high))
            }
            Range::Log(low, high) => {
                let (from, to) = (low.ln(), high.ln());
                let value = (from + (to - from) * generator.random_sample()).exp();
                spelled(real(value, *low, *high))
            }
            Range::Integer(low, high) => {
                let count = (high - low) as f64 + 1.0;
                let value = low + (generator.random_sample() * count) as i64;
                value.clamp(*low, *high).to_string()
            }
            Range::LogInteger(low, high) => {
                // Each whole number has the room from half below it to half above it.
                let (from, to) = ((*low as f64 - 0.5).ln(), (*high as f64 + 0.5).ln());
                let value = (from + (to - from) * generator.random_sample()).exp().round() as i64;
                value.clamp(*low, *high).to_string()
            }
            Range::Choice(values) => {
                let at = (generator.random_sample() * values.len() as f64) as usize;
                values[at.min(values.len() - 1)].clone()
            }
        }
    }

    /// Values that show whether all can be used: the ends, or each choice.
    pub(super) fn samples(&self) -> Vec<String> {
        match self {
            Range::Uniform(low, high) | Range::Log(low, high) => vec![spelled(*low), spelled(*high)],
            Range::Integer(low, high) | Range::LogInteger(low, high) => {
                vec![low.to_string(), high.to_string()]
            }
            Range::Choice(values) => values.clone(),
        }
    }

    /// Whether ratios matter, and not differences.
    pub fn is_logarithmic(&self) -> bool {
        matches!(self, Range::Log(..) | Range::LogInteger(..))
    }
}

/// As TOML reads a number that is not whole.
fn spelled(value: f64) -> String {
    let text = value.to_string();
    match value.abs() {
        0.0 => "0.0".into(),
        1e-3..1e6 if text.contains('.') => text,
        1e-3..1e6 => text + ".0",
        _ => format!("{value:e}"),
    }
}

fn ends(text: &str) -> std::result::Result<(&str, &str), String> {
    text.split_once("..")
        .map(|(low, high)| (low.trim(), high.trim()))
        .ok_or_else(|| "a range has two ends with .. between them, such as 1e-4..1e-1".to_string())
}

fn real_ends(text: &str) -> std::result::Result<(f64, f64), String> {
    let (low, high) = ends(text)?;
    let number = |text: &str| text.parse::<f64>().map_err(|_| format!("`{text}` is no number"));
    Ok((number(low)?, number(high)?))
}

fn whole_ends(text: &str) -> std::result::Result<(i64, i64), String> {
    let (low, high) = ends(text)?;
    // Beyond this neither doubles nor anybody counts.
    let number = |text: &str| {
        let whole = text.parse::<i64>().ok().filter(|value| value.abs() < 1 << 52);
        whole.ok_or_else(|| format!("`{text}` is no whole number"))
    };
    Ok((number(low)?, number(high)?))
}

/// Values with commas between them; one that has commas itself stands in quotes, or is a list or a table in brackets,
/// whose quotes are its own.
fn choices(text: &str) -> std::result::Result<Vec<String>, String> {
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

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Range::Uniform(low, high) => write!(f, "{low}..{high}"),
            Range::Log(low, high) => write!(f, "log:{low}..{high}"),
            Range::Integer(low, high) => write!(f, "int:{low}..{high}"),
            Range::LogInteger(low, high) => write!(f, "int-log:{low}..{high}"),
            Range::Choice(values) => {
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

/// A space is written line by line where it is compared.
impl From<&Space> for Vec<String> {
    fn from(space: &Space) -> Self {
        space.parameters.iter().map(ToString::to_string).collect()
    }
}

impl TryFrom<Vec<String>> for Space {
    type Error = DataError;

    fn try_from(lines: Vec<String>) -> Result<Self> {
        Self::of(&lines)
    }
}

#[cfg(test)]
mod tests;

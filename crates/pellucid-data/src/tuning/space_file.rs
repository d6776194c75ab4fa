//! Reads the space of a search from a TOML file.
//!
//! ```toml
//! hidden = [[64], [128, 64]]
//! activation = ["relu", "tanh"]
//!
//! [train]
//! learning_rate = { log = [1e-4, 1e-1] }
//! dropout = { uniform = [0, 0.5] }
//! batch_size = { log_integer = [16, 256] }
//! optimizer = ["adam", "sgd"]
//! ```

use super::space::{NumberRange, SettingRange, Space};
use crate::error::{Result, setting};
use pellucid::recipe::check_depth;
use toml::{Table, Value};

impl Space {
    /// Reads a space from TOML; `origin` names the text in messages.
    ///
    /// # Errors
    /// As [`Space::from_lines`]; the text is not TOML.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self> {
        check_depth(text).map_err(|(byte, problem)| {
            let line = text[..text.floor_char_boundary(byte)].matches('\n').count() + 1;
            setting(origin, format!("(line {line})"), problem)
        })?;
        let table: Table = toml::from_str(text)
            .map_err(|error| setting(origin, "(no TOML)", error.to_string().trim_end().to_string()))?;
        let mut space = Space::default();
        add(&mut space, "", &table, origin)?;
        match space.parameters.is_empty() {
            true => Err(setting(origin, "(nothing)", "it names no setting")),
            false => Ok(space),
        }
    }
}

fn add(space: &mut Space, within: &str, table: &Table, origin: &str) -> Result<()> {
    for (name, value) in table {
        let key = match within {
            "" => name.clone(),
            within => format!("{within}.{name}"),
        };
        let wrong = |problem: String| setting(&format!("{origin}, {key}"), value.to_string(), problem);
        match value {
            Value::Table(inner) => {
                let mut kinds = NumberRange::KINDS.into_iter();
                let kind = kinds.find(|kind| inner.len() == 1 && inner.contains_key(kind.1));
                match kind {
                    Some(kind) => space.insert(&key, range(kind, &inner[kind.1]).map_err(wrong)?)?,
                    None => add(space, &key, inner, origin)?,
                }
            }
            Value::Array(values) => {
                let values = values.iter().map(spelled).collect();
                space.insert(&key, SettingRange::Choice(values))?;
            }
            _ => {
                let kinds = "uniform, log, integer or log_integer";
                return Err(wrong(format!(
                    "expected a list of values, or a range such as {{ log = [1e-4, 1e-1] }}: {kinds}"
                )));
            }
        }
    }
    Ok(())
}

/// The text of a value in a recipe's `--set`; the sizes of hidden layers with commas.
fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(sizes) if sizes.is_empty() => "none".into(),
        Value::Array(sizes) if sizes.iter().all(Value::is_integer) => sizes
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(","),
        other => other.to_string(),
    }
}

fn range(
    (_, kind, is_whole, is_logarithmic): (&str, &str, bool, bool),
    ends: &Value,
) -> Result<SettingRange, String> {
    let Some([low, high]) = ends.as_array().map(Vec::as_slice) else {
        return Err(format!("{kind} is a list of two ends, such as [1, 10]"));
    };
    let range = NumberRange::parse(&low.to_string(), &high.to_string(), is_whole, is_logarithmic);
    range.map(SettingRange::Numbers)
}

#[cfg(test)]
mod tests;

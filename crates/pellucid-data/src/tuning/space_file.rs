//! A space in a TOML file.
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

use super::setting;
use super::space::{Range, Space};
use crate::error::Result;
use toml::{Table, Value};

pub(super) fn read(text: &str, origin: &str) -> Result<Space> {
    let table: Table = toml::from_str(text)
        .map_err(|error| setting(origin, "(no TOML)", error.to_string().trim_end().to_string()))?;
    let mut space = Space::default();
    add(&mut space, "", &table, origin)?;
    if space.parameters.is_empty() {
        return Err(setting(
            origin,
            "(nothing)",
            "it says of no setting what it may be",
        ));
    }
    Ok(space)
}

const KINDS: [&str; 4] = ["uniform", "log", "integer", "log_integer"];

fn add(space: &mut Space, within: &str, table: &Table, origin: &str) -> Result<()> {
    for (name, value) in table {
        let key = match within {
            "" => name.clone(),
            within => format!("{within}.{name}"),
        };
        let wrong = |problem: String| setting(&format!("{origin}, {key}"), value.to_string(), problem);
        match value {
            Value::Table(inner) if inner.len() == 1 && KINDS.iter().any(|kind| inner.contains_key(*kind)) => {
                let range = range(inner).map_err(wrong)?;
                space.insert(&key, range)?;
            }
            Value::Table(inner) => add(space, &key, inner, origin)?,
            Value::Array(values) => {
                let values = values.iter().map(spelled).collect();
                space.insert(&key, Range::Choice(values))?;
            }
            _ => {
                return Err(wrong(
                    "expected a list of values, or a range such as { log = [1e-4, 1e-1] }: uniform, log, integer or \
                     log_integer"
                        .into(),
                ));
            }
        }
    }
    Ok(())
}

/// As it is written in a recipe's `--set`; the sizes of hidden layers with commas.
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

fn range(table: &Table) -> std::result::Result<Range, String> {
    let (kind, ends) = table.iter().next().ok_or("an empty table is no range")?;
    let ends = match ends {
        Value::Array(ends) if ends.len() == 2 => ends,
        _ => return Err(format!("{kind} is a list of two ends, such as [1, 10]")),
    };
    let real = |at: usize| match &ends[at] {
        Value::Float(value) => Ok(*value),
        Value::Integer(value) => Ok(*value as f64),
        other => Err(format!("{other} is no number")),
    };
    let whole = |at: usize| match &ends[at] {
        Value::Integer(value) if value.abs() < 1 << 52 => Ok(*value),
        other => Err(format!("{other} is no whole number")),
    };
    Ok(match kind.as_str() {
        "uniform" => Range::Uniform(real(0)?, real(1)?),
        "log" => Range::Log(real(0)?, real(1)?),
        "integer" => Range::Integer(whole(0)?, whole(1)?),
        _ => Range::LogInteger(whole(0)?, whole(1)?),
    })
}

#[cfg(test)]
mod tests;

//! Which columns are features, which are targets.

use super::error::{listed, problem};
use crate::error::{DataError, Result};
use crate::table::{Column, Table};
use serde::{Deserialize, Serialize};

/// Columns by name, as a user asks for them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnChoice {
    /// What is to be predicted: at least one column.
    pub target: Vec<String>,
    /// The only features; where empty, all columns that are nothing else.
    pub only: Vec<String>,
    /// Columns that are not features.
    pub drop: Vec<String>,
    /// The column that names each row, and is no feature.
    pub id: Option<String>,
    /// The column that says what each row counts for in training, and is no feature.
    pub weight: Option<String>,
}

/// Columns by name, each found in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenColumns {
    /// The features, in the order of the table. At least one.
    pub features: Vec<String>,
    /// Whether the user named the features, so that one which looks like an identifier stays.
    pub asked_for: bool,
    /// The targets, in the order in which they were asked for. At least one.
    pub targets: Vec<String>,
    /// The column that names each row.
    pub id: Option<String>,
    /// The column that says what each row counts for.
    pub weight: Option<String>,
}

/// Finds the columns that a user asks for.
///
/// # Errors
/// [`DataError::Preparation`]: a column that is not there, with the nearest name that is; no target; a target that is
/// dropped or named twice; one column in two roles; two columns of one name; no feature left.
pub fn choose_columns(table: &Table, choice: &ColumnChoice) -> Result<ChosenColumns> {
    let ColumnChoice {
        target,
        only,
        drop,
        id,
        weight,
    } = choice;
    let wrong = |message: String| problem(&table.source, message);
    let names = || table.columns.iter().map(|column| column.name.as_str());
    if let Some(twice) = twice(names()) {
        return Err(wrong(format!(
            "two columns are called `{twice}`; give each column a name of its own"
        )));
    }
    let asked = [("target", target), ("only", only), ("drop", drop)];
    let asked = asked
        .iter()
        .flat_map(|(role, names)| names.iter().map(move |name| (*role, name)));
    let single = [("id", id), ("weight", weight)];
    let single = single
        .iter()
        .flat_map(|(role, name)| name.iter().map(move |name| (*role, name)));
    for (role, name) in asked.chain(single) {
        if table.column(name).is_none() {
            let present = format!("there is no column `{name}`, which is asked for as {role}");
            return Err(wrong(present + &suggestion(table, name)));
        }
    }
    let clash = |name: &String, first: &str, second: &str| {
        Err(wrong(format!(
            "column `{name}` is asked for as {first} and as {second}; choose one"
        )))
    };
    if target.is_empty() {
        return Err(wrong(format!(
            "no target is named; choose the column to be predicted: {}",
            listed(names())
        )));
    }
    if let Some(twice) = twice(target.iter().map(String::as_str)) {
        return clash(&twice.to_owned(), "target", "target again");
    }
    for name in target {
        if drop.contains(name) {
            return clash(name, "target", "drop");
        }
        if id.as_ref() == Some(name) {
            return clash(name, "target", "id");
        }
    }
    if let Some(name) = weight {
        let roles = [("target", target), ("only", only), ("drop", drop)];
        if let Some((role, _)) = roles.iter().find(|(_, names)| names.contains(name)) {
            return clash(name, role, "weight");
        }
        if id.as_ref() == Some(name) {
            return clash(name, "id", "weight");
        }
    }
    if let Some(name) = only
        .iter()
        .find(|name| drop.contains(name) || id.as_ref() == Some(*name))
    {
        return clash(name, "only", if drop.contains(name) { "drop" } else { "id" });
    }
    let is_feature = |name: &String| {
        !target.contains(name)
            && !drop.contains(name)
            && id.as_ref() != Some(name)
            && weight.as_ref() != Some(name)
            && (only.is_empty() || only.contains(name))
    };
    let features: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let features: Vec<String> = features.into_iter().filter(is_feature).collect();
    if features.is_empty() {
        return Err(wrong(
            "no column is left as a feature; at least one beside the target is needed".into(),
        ));
    }
    Ok(ChosenColumns {
        features,
        asked_for: !only.is_empty(),
        targets: target.clone(),
        id: id.clone(),
        weight: weight.clone(),
    })
}

/// The column of a name that the model was trained on.
pub(super) fn find<'a>(table: &'a Table, name: &str, role: &str) -> Result<&'a Column, DataError> {
    table.column(name).ok_or_else(|| {
        let missing = format!("there is no column `{name}`, a {role} of the training data");
        problem(&table.source, missing + &suggestion(table, name))
    })
}

fn twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = std::collections::HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

/// The nearest name, or all of them where none is near.
fn suggestion(table: &Table, name: &str) -> String {
    let distance =
        |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &known.trim().to_lowercase());
    let names = || table.columns.iter().map(|column| column.name.as_str());
    let nearest = names().map(|known| (distance(known), known)).min();
    match nearest {
        Some((distance, known)) if distance <= name.len().max(known.len()) / 2 => {
            format!("; did you mean `{known}`?")
        }
        _ => format!("; there are {}", listed(names())),
    }
}

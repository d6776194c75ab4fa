//! The choice of features, targets, identifier and weight among the columns of a table.

use super::error::listed;
use super::named::{check_present, first_repeated, suggestion};
use super::reading::TableReading;
use crate::error::{DataError, Result, problem};
use crate::table::{Column, Table};
use pellucid::recipe::DateFeature;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Columns by name, as a user names them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnChoice {
    /// The columns to predict, at least one.
    pub target: Vec<String>,
    /// The only features; if empty, all columns that have no other role.
    pub only: Vec<String>,
    /// Columns that are not features.
    pub drop: Vec<String>,
    /// Columns that are words, also if they look like numbers.
    pub categorical: Vec<String>,
    /// Columns that are numbers.
    pub numeric: Vec<String>,
    /// Columns that are dates.
    pub date: Vec<String>,
    /// Columns of free text, which are not features.
    pub text: Vec<String>,
    /// The column that names each row, which is not a feature.
    pub id: Option<String>,
    /// The column of the weight of each row in training, which is not a feature.
    pub weight: Option<String>,
    /// The column of groups that a split keeps together, which is not a feature.
    pub group: Option<String>,
    /// The column of times by which rows are split, which is not a feature.
    pub time: Option<String>,
}

/// Columns by name, each found in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenColumns {
    /// The features, in the order of the table. At least one.
    pub features: Vec<String>,
    /// The features that the user named; one that looks like an identifier is then kept.
    pub named: Vec<String>,
    /// The targets, in the order of the request. At least one.
    pub targets: Vec<String>,
    /// How the columns of the table are read; it is kept with the preparation.
    pub reading: TableReading,
    /// What dates become; if empty, every feature that differs among the training rows.
    pub date_features: Vec<DateFeature>,
}

/// Finds the columns that a user names.
///
/// # Errors
/// A column is not there (the message suggests the nearest name); there is no target; a target is dropped or named twice;
/// one column has two roles; two columns have one name; no feature is left.
pub fn choose_columns(table: &Table, choice: &ColumnChoice) -> Result<ChosenColumns> {
    let ColumnChoice {
        target,
        only,
        drop,
        text,
        id,
        weight,
        group,
        time,
        categorical,
        numeric,
        date,
    } = choice;
    let wrong = |message: String| problem(&table.source, message);
    let names = table.names();
    if let Some(twice) = first_repeated(&names) {
        return Err(wrong(format!(
            "two columns are called `{twice}`; give each column a different name"
        )));
    }
    // A column has one role, but a target may be among the only features, an id among the dropped columns, and group and time
    // may be either.
    let roles: [(&str, &[String]); 8] = [
        ("target", target),
        ("only", only),
        ("drop", drop),
        ("text", text),
        ("id", id.as_slice()),
        ("weight", weight.as_slice()),
        ("group", group.as_slice()),
        ("time", time.as_slice()),
    ];
    check_present(table, &roles)?;
    if target.is_empty() {
        let names = listed(&names);
        return Err(wrong(format!(
            "no target is named; choose the column to predict: {names}"
        )));
    }
    let clash = |name: &str, first: &str, second: &str| {
        Err(wrong(format!(
            "column `{name}` is requested as {first} and as {second}; choose one"
        )))
    };
    if let Some(twice) = first_repeated(target) {
        return clash(twice, "target", "target again");
    }
    let sets: Vec<HashSet<&str>> = roles
        .iter()
        .map(|(_, names)| names.iter().map(String::as_str).collect())
        .collect();
    for (at, (second, names)) in roles.iter().enumerate() {
        for ((first, _), earlier) in roles[..at].iter().zip(&sets) {
            if let Some(name) = names.iter().find(|name| earlier.contains(name.as_str()))
                && (*first, *second) != ("target", "only")
                && (*first, *second) != ("drop", "id")
                && !(["drop", "id"].contains(first) && ["group", "time"].contains(second))
            {
                return clash(name, first, second);
            }
        }
    }
    let is_feature = |name: &String| {
        let mut of_roles = roles.iter().zip(&sets);
        let has_other_role = of_roles
            .clone()
            .any(|((role, _), names)| *role != "only" && names.contains(name.as_str()));
        let is_among_only =
            of_roles.any(|((role, _), names)| *role == "only" && names.contains(name.as_str()));
        !has_other_role && (only.is_empty() || is_among_only)
    };
    let features: Vec<String> = names.into_iter().filter(is_feature).collect();
    if features.is_empty() {
        return Err(wrong(
            "no column is left as a feature; at least one besides the target is needed".into(),
        ));
    }
    Ok(ChosenColumns {
        features,
        named: [only, categorical, numeric, date].map(Vec::as_slice).concat(),
        targets: target.clone(),
        reading: TableReading::default(),
        date_features: Vec::new(),
    })
}

/// The columns of these names that the model was trained on, in this order.
pub(super) fn find_all<'a>(
    table: &'a Table,
    names: impl IntoIterator<Item = &'a String>,
    role: &str,
) -> Result<Vec<&'a Column>> {
    let positions = table.positions();
    let found = names.into_iter().map(|name| match positions.get(name.as_str()) {
        Some(&position) => Ok(&table.columns[position]),
        None => find(table, name, role),
    });
    found.collect()
}

/// The column of a name that the model was trained on.
pub(super) fn find<'a>(table: &'a Table, name: &str, role: &str) -> Result<&'a Column> {
    table.column(name).ok_or_else(|| missing(table, name, role))
}

/// The error of a table without a column that the model was trained on.
pub(super) fn missing(table: &Table, name: &str, role: &str) -> DataError {
    let missing = format!("there is no column `{name}`, a {role} of the training data");
    problem(&table.source, missing + &suggestion(table, name))
}

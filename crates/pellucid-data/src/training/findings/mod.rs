//! Findings about a table and its training: columns that are not what they seem, and a model that learnt nothing.
//!
//! The engine's diagnosis reads the numbers that a network is given; these look at the columns they are made of.

mod constant;
mod extremes;
mod leak;
mod left_out;

pub(super) use constant::no_better_than_constant;

use crate::table::{Table, Values};
use pellucid::inspection::diagnosis::{Finding, FindingKind, Severity};

/// The findings about the columns of the training rows: the features, and those that are left out.
pub(super) fn of_columns(
    table: &Table,
    rows: &[u32],
    features: &[String],
    targets: &[String],
    left_out: &[String],
) -> Vec<Finding> {
    let positions = table.positions();
    let column = |name: &String| Some(&table.columns[*positions.get(name.as_str())?]);
    let columns: Vec<_> = features.iter().filter_map(column).collect();
    let mut findings = Vec::new();
    // The only feature is what the target is to be learnt from.
    if let ([target], 2..) = (targets, columns.len())
        && let Some(target) = table.column(target)
    {
        findings.extend(
            columns
                .iter()
                .filter_map(|column| leak::find(column, target, rows)),
        );
    }
    let numbers = columns.iter().filter_map(|column| match &column.values {
        Values::Numbers(numbers) => Some((column.name.as_str(), numbers)),
        _ => None,
    });
    findings.extend(numbers.flat_map(|(name, numbers)| extremes::find(name, numbers, rows)));
    let left_out = left_out.iter().filter_map(column);
    findings.extend(left_out.filter_map(|column| left_out::find(column, rows)));
    findings
}

fn warning(kind: FindingKind, seen: String, why: impl Into<String>, try_this: impl Into<String>) -> Finding {
    Finding {
        kind,
        layer: None,
        severity: Severity::Warning,
        seen,
        why: why.into(),
        try_this: try_this.into(),
    }
}

#[cfg(test)]
mod tests;

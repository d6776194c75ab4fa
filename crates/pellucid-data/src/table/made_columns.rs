//! Columns of built-in tables, from their values.

use super::columns::{Categories, Column, Values};

pub(super) fn numbers(name: &str, values: Vec<f64>) -> Column {
    Column::new(name, Values::Numbers(values))
}

/// `names` are sorted, as in all categories.
pub(super) fn categories(name: &str, names: &[&str], codes: Vec<u32>) -> Column {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    Column::new(name, Values::Categories(Categories { names, codes }))
}

/// Columns from values in row-major order.
pub(super) fn columns_of(names: &[&str], values: impl Iterator<Item = f64>) -> Vec<Column> {
    let mut columns = vec![Vec::new(); names.len()];
    for (index, value) in values.enumerate() {
        columns[index % names.len()].push(value);
    }
    let named = names.iter().zip(columns);
    named.map(|(name, values)| numbers(name, values)).collect()
}

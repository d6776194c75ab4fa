//! Names of columns that a table has, and the nearest to those that it has not.

use super::error::listed;
use crate::error::{Result, problem};
use crate::table::Table;
use pellucid::descriptor::nearest;

/// Refuses names that no column has, with the nearest that one has.
pub(super) fn check_present(table: &Table, roles: &[(&str, &[String])]) -> Result<()> {
    let positions = table.positions();
    for (role, names) in roles {
        if let Some(name) = names.iter().find(|name| !positions.contains_key(name.as_str())) {
            let present = format!("there is no column `{name}`, which is requested as {role}");
            return Err(problem(&table.source, present + &suggestion(table, name)));
        }
    }
    Ok(())
}

/// The first name that is there twice.
pub(super) fn first_repeated(names: &[String]) -> Option<&str> {
    let mut seen = std::collections::HashSet::new();
    names.iter().map(String::as_str).find(|name| !seen.insert(*name))
}

/// The nearest name, or all names if none is near.
pub(super) fn suggestion(table: &Table, name: &str) -> String {
    let names = table.names();
    match nearest(name, names.iter().map(String::as_str)) {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => format!("; there are {}", listed(&names)),
    }
}

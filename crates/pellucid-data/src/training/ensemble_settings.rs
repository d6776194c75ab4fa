//! The settings of an ensemble.

use crate::error::{Result, setting};
use pellucid::recipe::Recipe;

/// The largest number of networks.
const MOST_MEMBERS: usize = 100;

/// The key of the number of networks.
pub(super) const KEY: &str = "data.table.ensemble";

/// Refuses settings that an ensemble cannot have.
pub(super) fn check_ensemble(recipe: &Recipe) -> Result<()> {
    let Some(table) = recipe.data.table.as_ref().filter(|table| table.ensemble != 0) else {
        return Ok(());
    };
    if !(2..=MOST_MEMBERS).contains(&table.ensemble) {
        let expected = format!("from 2 to {MOST_MEMBERS} networks make an ensemble, 0 none");
        return Err(setting(KEY, table.ensemble, expected));
    }
    if table.refit {
        let expected = "every row of an ensemble is trained on by all networks but one; leave it out";
        return Err(setting("data.table.refit", true, expected));
    }
    Ok(())
}

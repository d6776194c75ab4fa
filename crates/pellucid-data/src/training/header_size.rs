//! Whether the header of a model's file can hold the columns of a table, before the training.

use super::plan::Plan;
use crate::error::{Result, problem};
use crate::model_file::format::{LARGEST_HEADER, bytes_in_header};

/// So many columns are in no danger: names have limits.
const FEW_COLUMNS: usize = 20_000;
/// What else is in the header, such as recipe and history.
const RESERVE: u64 = 2_000_000;

impl Plan<'_> {
    /// Refuses tables of so many columns that the model could not be written after the training.
    ///
    /// # Errors
    /// The file's header would be larger than the format allows; the columns cannot be prepared.
    pub fn check_header_size(&self) -> Result<()> {
        let columns = self.chosen.features.len();
        if columns <= FEW_COLUMNS {
            return Ok(());
        }
        let (preparation, _) = self.preparation(&self.rows)?;
        let counted = || -> std::io::Result<u64> {
            Ok(bytes_in_header(&preparation)? + bytes_in_header(&preparation.feature_names())?)
        };
        let bytes = counted().map_err(|error| problem(&self.table.source, error.to_string()))?;
        let (needed, allowed) = (bytes.div_ceil(1_000_000), LARGEST_HEADER / 1_000_000);
        match bytes + RESERVE > LARGEST_HEADER {
            false => Ok(()),
            true => Err(problem(
                &self.table.source,
                format!(
                    "the model could not be written: names and settings of {columns} columns take {needed} MB, and the header of \
                     a safetensors file has at most {allowed}; leave columns out with --drop, or name those to use with \
                     --features"
                ),
            )),
        }
    }
}

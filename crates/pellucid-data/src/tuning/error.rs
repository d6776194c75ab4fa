//! Refused settings of a search.

use crate::error::DataError;

/// The setting `key` cannot be `found`.
pub(super) fn setting(key: &str, found: impl Into<String>, expected: impl Into<String>) -> DataError {
    DataError::Engine(pellucid::Error::Setting {
        key: key.into(),
        found: found.into(),
        expected: expected.into(),
    })
}

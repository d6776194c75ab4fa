//! Rows as people send them: JSON objects, JSON lines, CSV, or any other table that is read.

use super::rows::{Rows, check_known};
use crate::failure::Failure;
use crate::model::{REQUEST, ServedModel};
use pellucid_data::TableSource;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One JSON object.
    Object,
    /// A JSON array of objects.
    Array,
    /// A JSON object a line.
    Lines,
    /// CSV with a header.
    Csv,
}

impl Layout {
    /// How a body is written, by its type where that says it, and else by its first character.
    pub(crate) fn of_body(content_type: Option<&str>, body: &[u8]) -> Self {
        let is_lines = content_type.is_some_and(|kind| Self::of_type(kind) == Some(Self::Lines));
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        match first {
            Some(b'[') => Self::Array,
            Some(b'{') if is_lines => Self::Lines,
            Some(b'{') => Self::Object,
            _ => Self::Csv,
        }
    }

    /// The first layout that a list of types, such as the header `accept`, names.
    pub(crate) fn of_type(types: &str) -> Option<Self> {
        types.split(',').find_map(|one| {
            let kind = one.split(';').next().unwrap_or_default().trim();
            match kind.to_ascii_lowercase().as_str() {
                "text/csv" => Some(Self::Csv),
                "application/x-ndjson" | "application/jsonl" | "application/json-lines" => Some(Self::Lines),
                _ => None,
            }
        })
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Object | Self::Array => "application/json",
            Self::Lines => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// The rows of a body; the reader of tables recognises how they are written.
pub(crate) fn read_text(body: &[u8], model: &ServedModel, most_bytes: usize) -> Result<Rows, Failure> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Failure::wrong(
            "the body is empty; send rows as JSON objects, such as {\"COLUMN\": VALUE}, or as CSV with a header",
        ));
    }
    let source = TableSource::Memory {
        name: REQUEST.into(),
        bytes: body.into(),
    };
    let rows = Rows::of_source(&source, model, most_bytes)?;
    if let Rows::Chunks(chunks) = &rows {
        check_known(&chunks.names(), model)?;
    }
    Ok(rows)
}

//! How a file of text is read, as Python asks for it.

use crate::arrays::Refused;
use pellucid_data::{Delimiter, MaxExpansion, Ragged, ReadOptions, comment_character};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    delimiter: Option<String>,
    header: Option<bool>,
    encoding: Option<String>,
    comment: Option<String>,
    skip_rows: Option<u64>,
    pad: bool,
    max_expansion: Option<u64>,
}

/// The options that JSON asks for.
pub(crate) fn options(asked: &str) -> PyResult<ReadOptions> {
    let asked: Asked = serde_json::from_str(asked).refused()?;
    Ok(ReadOptions {
        delimiter: parsed("delimiter", asked.delimiter, str::parse::<Delimiter>)?,
        header: asked.header,
        encoding: parsed("encoding", asked.encoding, str::parse)?,
        comment: parsed("comment", asked.comment, comment_character)?,
        skip_rows: asked.skip_rows,
        ragged: if asked.pad { Ragged::Pad } else { Ragged::Error },
        max_expansion: asked
            .max_expansion
            .map(MaxExpansion::of_ratio)
            .unwrap_or_default(),
        ..ReadOptions::default()
    })
}

fn parsed<T>(
    parameter: &str,
    text: Option<String>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> PyResult<Option<T>> {
    let parsed = text.map(|text| {
        parse(&text).map_err(|problem| PyValueError::new_err(format!("{parameter} = {text:?}: {problem}")))
    });
    parsed.transpose()
}

/// The options of a file for a model or a request, which decides how cells are read.
pub(crate) fn merged(of_file: &ReadOptions, of_cells: &ReadOptions) -> ReadOptions {
    ReadOptions {
        separators: of_cells.separators,
        keep_na_words: of_cells.keep_na_words,
        ..*of_file
    }
}

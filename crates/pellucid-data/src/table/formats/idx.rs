//! IDX: images as a column per pixel.

use super::super::columns::{Column, Values};
use super::super::format::{Contents, Format, ReadOptions};
use super::super::limits::check_count;
use super::super::names::numbered_names;
use super::super::source::OpenSource;
use super::super::words::Words;
use crate::files::{FileError, IdxArray, parse_idx, read_idx_pair_within};
use std::path::Path;

/// An array of bytes; of images, with the labels that lie beside them.
pub(super) struct Idx;

impl Format for Idx {
    fn name(&self) -> &'static str {
        "IDX"
    }

    fn recognises(&self, prefix: &[u8]) -> bool {
        matches!(prefix, [0, 0, 8..=14, ..])
    }

    fn read(&self, source: OpenSource, options: &ReadOptions) -> Result<Contents, FileError> {
        let path = source.path.clone();
        // There are no labels beside the standard input.
        if source.seekable.is_some() || path.is_file() {
            match read_idx_pair_within(&path, options.max_expansion) {
                Ok((images, labels)) => {
                    let mut columns = pixels(&images, &path)?;
                    columns.push(Column::new("label", classes(&labels)));
                    return Ok(columns.into());
                }
                // Other arrays than images, or images alone.
                Err(FileError::NotAPair { .. }) => (),
                Err(error) => return Err(error),
            }
        }
        Ok(pixels(&parse_idx(source.into_reader(), &path)?, &path)?.into())
    }
}

/// A column for each element of what the first dimension counts.
fn pixels(array: &IdxArray, path: &Path) -> Result<Vec<Column>, FileError> {
    let columns = array.values.len() / array.shape[0];
    check_count(path, columns)?;
    let column = |(column, name): (usize, String)| {
        let values = array.values.iter().skip(column).step_by(columns);
        let values = values.map(|&value| f64::from(value)).collect();
        Column::new(name, Values::Numbers(values))
    };
    Ok(numbered_names(columns)
        .into_iter()
        .enumerate()
        .map(column)
        .collect())
}

/// Classes by their digits, sorted as words.
fn classes(labels: &[u8]) -> Values {
    let mut words = Words::default();
    for label in labels {
        words.push(&label.to_string());
    }
    Values::Categories(words.finish())
}

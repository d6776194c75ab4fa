//! Rows of a table as a network takes them, and predictions for rows that are composed of them.

use crate::error::{DataError, Result, problem};
use crate::model_file::AnyNetwork;
use crate::preparation::{Counts, Predictions, Preparation, Transform};
use crate::table::Table;
use crate::training::{in_f32, in_f64, mean_outputs};
use pellucid::data::dataset::{BatchBuffers, Rows, Samples};
use pellucid::data::matrix::Matrix;
use pellucid::{Input, Network, Scalar};
use std::num::NonZeroUsize;
use std::ops::Range;

/// Rows of a table, prepared for a network and kept in memory: a number of the network's precision for each feature.
#[derive(Debug)]
pub struct PreparedRows<'a> {
    features: AnyFeatures<'a>,
    preparation: &'a Preparation,
    threads: NonZeroUsize,
    /// The table of the first rows, for messages.
    source: String,
    rows: usize,
    /// The features of each source column, as a range of a row.
    blocks: Vec<Range<usize>>,
}

/// The networks, whose outputs are averaged, and features of their precision, (rows, width), row after row.
#[derive(Debug)]
enum AnyFeatures<'a> {
    F32(Vec<&'a Network<f32>>, Vec<f32>),
    F64(Vec<&'a Network<f64>>, Vec<f64>),
}

impl<'a> PreparedRows<'a> {
    /// No rows yet, for a model of one network or of several, which take the features that the preparation makes.
    ///
    /// # Panics
    /// Without a network.
    pub fn new(networks: &[&'a AnyNetwork], preparation: &'a Preparation, threads: NonZeroUsize) -> Self {
        let mut start = 0;
        let block = |width: usize| {
            let block = start..start + width;
            start = block.end;
            block
        };
        let widths = preparation
            .columns()
            .iter()
            .map(|column| column.transform.width());
        Self {
            features: match networks[0] {
                AnyNetwork::F32(_) => AnyFeatures::F32(in_f32(networks), Vec::new()),
                AnyNetwork::F64(_) => AnyFeatures::F64(in_f64(networks), Vec::new()),
            },
            preparation,
            threads,
            source: String::new(),
            rows: 0,
            blocks: widths.map(block).collect(),
        }
    }

    /// Prepares further rows. What was unusual in them is counted.
    ///
    /// # Errors
    /// As [`Preparation::transform`].
    pub fn append(&mut self, table: &Table, rows: &[u32]) -> Result<Counts> {
        let counts = match &mut self.features {
            AnyFeatures::F32(_, features) => append(features, self.preparation, table, rows)?,
            AnyFeatures::F64(_, features) => append(features, self.preparation, table, rows)?,
        };
        if self.source.is_empty() {
            self.source.clone_from(&table.source);
        }
        self.rows += rows.len();
        Ok(counts)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The source columns by name, in the order of the training table.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.preparation
            .columns()
            .iter()
            .map(|column| column.name.as_str())
    }

    /// Whether a source column holds dates.
    ///
    /// # Panics
    /// There is no such column.
    pub fn is_date(&self, column: usize) -> bool {
        matches!(self.preparation.columns()[column].transform, Transform::Date(_))
    }

    /// Whether all features of a source column are the same in every row.
    ///
    /// # Panics
    /// There is no such column.
    pub fn is_constant(&self, column: usize) -> bool {
        let (block, width) = (self.blocks[column].clone(), self.width());
        match &self.features {
            AnyFeatures::F32(_, features) => is_constant(features, width, block),
            AnyFeatures::F64(_, features) => is_constant(features, width, block),
        }
    }

    /// The predictions for the rows as they are.
    ///
    /// # Errors
    /// The network's outputs are not those of the targets; a prediction is not finite.
    pub fn predictions(&self) -> Result<Predictions> {
        self.predict_composed(self.rows, |row, _| row)
    }

    /// The predictions for `rows` rows that are composed of these: row `row` has the features of source column `column` from
    /// row `from(row, column)`.
    ///
    /// # Errors
    /// As [`predictions`](Self::predictions).
    ///
    /// # Panics
    /// A row that `from` names is not there.
    pub fn predict_composed(
        &self,
        rows: usize,
        from: impl Fn(usize, usize) -> usize + Sync,
    ) -> Result<Predictions> {
        match &self.features {
            AnyFeatures::F32(networks, features) => self.predict(networks, features, rows, &from),
            AnyFeatures::F64(networks, features) => self.predict(networks, features, rows, &from),
        }
    }

    fn predict<T: Scalar>(
        &self,
        networks: &[&Network<T>],
        features: &[T],
        rows: usize,
        from: &(impl Fn(usize, usize) -> usize + Sync),
    ) -> Result<Predictions> {
        let composed = ComposedRows {
            features,
            blocks: &self.blocks,
            rows,
            from,
        };
        let outputs = mean_outputs(networks, &composed, rows, self.threads);
        let outputs = Matrix::new(rows, networks[0].architecture().output_width(), outputs)?;
        let predictions = self.preparation.target().decode(&outputs)?;
        match predictions.values().values().iter().all(|value| value.is_finite()) {
            true => Ok(predictions),
            false => Err(self.problem(
                "a prediction is not finite, because numbers of its row are too large for the network; correct them, or leave \
                 them empty where the value is not known",
            )),
        }
    }

    /// The error of these rows.
    pub(super) fn problem(&self, message: impl Into<String>) -> DataError {
        problem(&self.source, message)
    }

    fn width(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.end)
    }
}

fn append<T: Scalar>(
    features: &mut Vec<T>,
    preparation: &Preparation,
    table: &Table,
    rows: &[u32],
) -> Result<Counts> {
    let (further, counts) = preparation.transform::<T>(table, rows)?;
    features.extend_from_slice(further.values());
    Ok(counts)
}

fn is_constant<T: Scalar>(features: &[T], width: usize, block: Range<usize>) -> bool {
    let mut rows = features.chunks_exact(width.max(1)).map(|row| &row[block.clone()]);
    let first = rows.next();
    rows.all(|row| Some(row) == first)
}

/// Rows whose source columns come from different prepared rows; each is made when a batch needs it.
struct ComposedRows<'a, T, F> {
    features: &'a [T],
    blocks: &'a [Range<usize>],
    rows: usize,
    from: &'a F,
}

impl<T: Scalar, F: Fn(usize, usize) -> usize> ComposedRows<'_, T, F> {
    fn push(&self, row: usize, to: &mut Vec<T>) {
        let width = Samples::columns(self);
        for (column, block) in self.blocks.iter().enumerate() {
            let start = (self.from)(row, column) * width;
            to.extend_from_slice(&self.features[start + block.start..start + block.end]);
        }
    }
}

impl<T: Scalar, F: Fn(usize, usize) -> usize> Samples<T> for ComposedRows<'_, T, F> {
    fn rows(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.blocks.last().map_or(0, |block| block.end)
    }

    fn width(&self) -> usize {
        0
    }

    fn target_outside(&self, _: f64, _: f64) -> Option<(usize, f64)> {
        None
    }

    fn gather<'a>(&'a self, rows: Rows<'_>, buffers: &'a mut BatchBuffers<T>) -> (Input<'a, T>, &'a [T]) {
        buffers.dense.clear();
        match rows {
            Rows::Range(start, end) => (start..end).for_each(|row| self.push(row, &mut buffers.dense)),
            Rows::Picked(picked) => picked
                .iter()
                .for_each(|&row| self.push(row as usize, &mut buffers.dense)),
        }
        (Input::Dense(&buffers.dense), &[])
    }
}

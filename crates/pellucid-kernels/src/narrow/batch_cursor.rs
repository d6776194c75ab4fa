//! Batch cursor: the position of a run of training steps in its data, with the next row, the steps taken and the epoch
//! loss.

/// Batches of the same number of rows, in the order of the data, epoch after epoch.
pub struct BatchCursor {
    /// The first row of the next batch.
    start: usize,
    batch_rows: usize,
    /// Rows of the data; a multiple of `batch_rows`.
    pub(super) rows: usize,
    steps: u64,
    taken: u64,
    /// The loss of the epoch so far; 0 before its first step.
    epoch_loss: f64,
}

impl BatchCursor {
    /// `steps` steps, from the batch that begins with row `start` on, over data of `rows` rows.
    ///
    /// # Panics
    /// If there is no such batch, or if the last batch of an epoch would be smaller.
    pub fn new(start: usize, batch_rows: usize, rows: usize, steps: u64, epoch_loss: f64) -> Self {
        assert!(
            start < rows && rows.is_multiple_of(batch_rows) && start.is_multiple_of(batch_rows),
            "there is no batch of {batch_rows} rows at row {start} of {rows}"
        );
        Self {
            start,
            batch_rows,
            rows,
            steps,
            taken: 0,
            epoch_loss,
        }
    }

    /// A single step, on all rows.
    #[inline(always)]
    pub(crate) fn one_step(rows: usize) -> Self {
        Self {
            start: 0,
            batch_rows: rows,
            rows,
            steps: 1,
            taken: 0,
            epoch_loss: 0.0,
        }
    }

    /// The first row of the next batch.
    #[inline(always)]
    pub fn start(&self) -> usize {
        self.start
    }

    /// The number of rows of a batch.
    #[inline(always)]
    pub fn batch_rows(&self) -> usize {
        self.batch_rows
    }

    /// The first row of the batch after the next.
    #[inline(always)]
    pub(crate) fn start_after(&self) -> usize {
        let start = self.start + self.batch_rows;
        if start == self.rows { 0 } else { start }
    }

    /// Moves to the next batch, after a step with this loss.
    #[inline(always)]
    pub fn advance(&mut self, loss: f64) {
        self.start = self.start_after();
        self.epoch_loss = if self.start == 0 {
            0.0
        } else {
            self.epoch_loss + loss
        };
        self.taken += 1;
    }

    /// Whether all steps are taken.
    #[inline(always)]
    pub fn is_done(&self) -> bool {
        self.taken == self.steps
    }

    /// The number of steps taken, and the loss of the epoch so far.
    pub fn taken(&self) -> (u64, f64) {
        (self.taken, self.epoch_loss)
    }
}

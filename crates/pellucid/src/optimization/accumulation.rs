//! Accumulates the gradients of several batches, which make one step together, as one batch of all their rows would.

use crate::error::Result;
use crate::loss::Reduction;
use crate::scalar::Scalar;
use crate::state::State;
use pellucid_kernels::aligned::Aligned;

/// The gradients of the batches since the last step.
#[derive(Debug, Clone)]
pub(crate) struct Accumulation<T> {
    sum: Aligned<T>,
    reduction: Reduction,
    /// The batches of a step. The last step of an epoch has the remaining ones.
    batches_of_step: u64,
    batches: u64,
    rows: usize,
    rows_of_epoch: Option<usize>,
    seen_of_epoch: usize,
    steps: u64,
}

impl<T: Scalar> Accumulation<T> {
    /// Accumulates `batches_of_step` batches; nothing where every batch makes a step.
    pub(crate) fn new(batches_of_step: u64, reduction: Reduction, parameter_count: usize) -> Option<Self> {
        (batches_of_step > 1).then(|| Self {
            sum: Aligned::zeros(parameter_count),
            reduction,
            batches_of_step,
            batches: 0,
            rows: 0,
            rows_of_epoch: None,
            seen_of_epoch: 0,
            steps: 0,
        })
    }

    /// Adds the gradients so far to a state.
    pub(crate) fn save(&self, state: &mut State) {
        let counts = [
            self.batches,
            self.rows as u64,
            self.rows_of_epoch.unwrap_or(0) as u64,
            self.seen_of_epoch as u64,
            self.steps,
        ];
        state.put_numbers("accumulation", &self.sum);
        state.put_counts("accumulation/counts", &counts);
    }

    /// Continues from a state.
    pub(crate) fn load(&mut self, state: &State) -> Result<()> {
        let [batches, rows, rows_of_epoch, seen_of_epoch, steps] = state.count("accumulation/counts")?;
        (self.batches, self.rows, self.steps) = (batches, rows as usize, steps);
        self.rows_of_epoch = (rows_of_epoch > 0).then_some(rows_of_epoch as usize);
        self.seen_of_epoch = seen_of_epoch as usize;
        state.copy_numbers("accumulation", &mut self.sum)
    }

    /// The completed steps.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Begins with epochs of so many rows; accumulated gradients are discarded.
    pub(crate) fn begin(&mut self, rows_of_epoch: usize) {
        self.rows_of_epoch = Some(rows_of_epoch);
        self.seen_of_epoch = 0;
        self.forget();
    }

    fn forget(&mut self) {
        self.sum.fill(T::ZERO);
        (self.batches, self.rows) = (0, 0);
    }

    /// Adds the gradient of a batch of so many rows. Whether that completes a step: then `gradient` becomes that of all
    /// rows since the step before.
    #[inline(never)]
    pub(crate) fn add(&mut self, gradient: &mut [T], rows: usize) -> bool {
        // A mean over a batch's rows becomes a sum again, so that rows count alike in batches of different sizes.
        let weight = |rows: usize| match self.reduction {
            Reduction::Mean | Reduction::WeightedMean => T::from_f64(rows as f64),
            Reduction::Sum => T::ONE,
        };
        let (share, whole) = (weight(rows), weight(self.rows + rows));
        for (sum, &derivative) in self.sum.iter_mut().zip(&*gradient) {
            *sum += share * derivative;
        }
        self.batches += 1;
        self.rows += rows;
        self.seen_of_epoch += rows;
        let ends_epoch = self.rows_of_epoch == Some(self.seen_of_epoch);
        if ends_epoch {
            self.seen_of_epoch = 0;
        }
        if self.batches < self.batches_of_step && !ends_epoch {
            return false;
        }
        for (derivative, &sum) in gradient.iter_mut().zip(&*self.sum) {
            *derivative = sum / whole;
        }
        self.forget();
        self.steps += 1;
        true
    }
}

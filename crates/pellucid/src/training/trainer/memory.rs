//! Checks that the arrays of a training fit into memory before they are allocated.

use crate::error::{Error, Result};
use crate::model::network::Architecture;
use pellucid_kernels::allocation::tried;
use std::hint::black_box;

/// Checks that the allocator grants the arrays of a pass on batches of `rows` rows, at once and for a moment.
///
/// # Errors
/// [`Error::Memory`] where it does not.
pub(super) fn check_batch<T>(architecture: &Architecture, rows: usize, has_dropout: bool) -> Result<()> {
    let units: usize = architecture.layers().iter().map(|layer| layer.fan_out).sum();
    let units = units.saturating_mul(architecture.member_count());
    // z, a and δ of every unit; a dropout factor and their product besides.
    let arrays = if has_dropout { 5 } else { 3 };
    check::<T>(units.saturating_mul(rows).saturating_mul(arrays), || {
        let network = architecture.describe();
        format!("a batch of {rows} rows through {network}")
    })
}

/// Checks that the allocator grants the gradient and the memory of the optimizer, at most four numbers a parameter.
///
/// # Errors
/// [`Error::Memory`] where it does not.
pub(super) fn check_parameters<T>(architecture: &Architecture) -> Result<()> {
    let count = architecture.parameter_count();
    check::<T>(count.saturating_mul(4), || {
        let network = architecture.describe();
        format!("training {network}, with {count} parameters,")
    })
}

fn check<T>(numbers: usize, what: impl FnOnce() -> String) -> Result<()> {
    let mut probe: Vec<T> = Vec::new();
    let granted = tried(|| probe.try_reserve_exact(numbers));
    // Without this, the compiler may leave out an allocation that nothing uses.
    black_box(&probe);
    granted.map_err(|_| Error::Memory {
        what: what(),
        gigabytes: numbers as f64 * size_of::<T>() as f64 / 1e9,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;

    #[test]
    fn more_than_any_memory_is_refused_with_its_size() {
        let architecture = Architecture::new(&[2, 1000, 1], &[Activation::Tanh; 2], true).expect("a network");
        assert!(check_batch::<f64>(&architecture, 1000, true).is_ok());
        assert!(check_parameters::<f64>(&architecture).is_ok());
        let refused =
            check_batch::<f64>(&architecture, usize::MAX / 2, false).expect_err("no machine has it");
        let message = refused.to_string();
        assert!(message.contains("rows through 2-1000-1"), "{message}");
        assert!(
            message.contains("GB") && message.contains("batch_size"),
            "{message}"
        );
    }
}

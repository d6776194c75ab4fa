//! Mean and standard deviation of numbers.

/// Mean and standard deviation over all values, as `numpy.std`; exactly 0 where they are all equal.
pub(crate) fn mean_and_std(values: impl ExactSizeIterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.len() as f64;
    let first = values.clone().next().unwrap_or(0.0);
    if values.clone().all(|value| value == first) {
        return (first, 0.0);
    }
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

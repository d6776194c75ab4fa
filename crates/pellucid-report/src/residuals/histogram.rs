//! Counts numbers in bins of equal width.

/// The counts of consecutive bins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Histogram {
    pub(crate) from: f64,
    /// The width of a bin.
    pub(crate) width: f64,
    pub(crate) counts: Vec<usize>,
}

impl Histogram {
    /// Counts finite numbers in 5 to 60 bins of width 2·IQR/∛n: D. Freedman and P. Diaconis, "On the histogram as a
    /// density estimator", 1981. `None` without numbers.
    pub(crate) fn from_values(values: Vec<f64>) -> Option<Self> {
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        let span = high - low;
        if !(span.is_finite() && span > 0.0) {
            let width = if low == 0.0 { 1.0 } else { low.abs() * 0.2 };
            return Some(Self {
                from: low - width / 2.0,
                width,
                counts: vec![sorted.len()],
            });
        }
        let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part).round() as usize];
        let wished = 2.0 * (at(0.75) - at(0.25)) / (sorted.len() as f64).cbrt();
        let bins = if wished > 0.0 { span / wished } else { 60.0 };
        let bins = bins.clamp(5.0, 60.0).ceil() as usize;
        let width = span / bins as f64;
        let mut counts = vec![0; bins];
        for value in sorted {
            counts[(((value - low) / width) as usize).min(bins - 1)] += 1;
        }
        Some(Self {
            from: low,
            width,
            counts,
        })
    }

    /// The bins: lower end, upper end, count.
    pub(crate) fn bins(&self) -> impl Iterator<Item = (f64, f64, usize)> {
        self.counts.iter().enumerate().map(|(at, &count)| {
            let from = self.from + at as f64 * self.width;
            (from, from + self.width, count)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_is_counted_once_in_its_bin(values in prop::collection::vec(-1e3..1e3f64, 1..300)) {
            let histogram = Histogram::from_values(values.clone()).unwrap();
            prop_assert_eq!(histogram.counts.iter().sum::<usize>(), values.len());
            for (from, to, count) in histogram.bins() {
                let margin = 1e-9 * (1.0 + from.abs());
                let within = values.iter().filter(|v| (from - margin..=to + margin).contains(*v)).count();
                prop_assert!(count <= within, "{} in {}..{}", count, from, to);
            }
        }
    }

    #[test]
    fn equal_numbers_have_one_bin() {
        let histogram = Histogram::from_values(vec![3.0; 7]).unwrap();
        assert_eq!(histogram.counts, [7]);
        assert!(Histogram::from_values(Vec::new()).is_none());
    }
}

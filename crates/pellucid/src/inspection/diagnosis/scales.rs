//! Detects input columns on different scales.

use super::facts::{Facts, FeatureFacts};
use super::finding::{Finding, FindingKind, Severity, short};

/// The largest ratio of two columns' standard deviations. The curvatures of the loss are as their squares, so that at 100
/// the largest stable rate of one column is 10,000 times too small for the other (LeCun et al.,
/// *Efficient BackProp*, 1998, sections 4.3 and 5.1).
const RATIO: f64 = 100.0;

/// A column that is 0 except in a few rows, as a pixel at the edge, has a small standard deviation on any scale; its scale is
/// at least this part of its range. The standard deviation of up to some thousand normal numbers is more, that of uniform
/// numbers 0.29 of the range.
const OF_RANGE: f64 = 0.1;

/// Constant columns and columns of two values, such as words have, are ignored.
pub(super) fn find(facts: &Facts<'_>) -> Option<Finding> {
    let varies = |feature: &&FeatureFacts| feature.deviation > 0.0 && !feature.is_indicator;
    let scale = |feature: &FeatureFacts| feature.deviation.max(OF_RANGE * (feature.high - feature.low));
    let columns = facts.data?.features.iter().filter(varies);
    let least = columns.clone().min_by(|a, b| scale(a).total_cmp(&scale(b)))?;
    let most = columns.max_by(|a, b| a.deviation.total_cmp(&b.deviation))?;
    if most.deviation / scale(least) < RATIO {
        return None;
    }
    let ratio = short(most.deviation / least.deviation);
    let (most, least) = (most.range(), least.range());
    Some(FindingKind::UnscaledInputs.found(
        Severity::Warning,
        format!("{most}, {least}: the ratio of their standard deviations is {ratio}"),
        "the learning rate that suits the widest column is too small for the narrowest by the square of this ratio, so the \
         network hardly learns from it",
        "standardise the columns (data.standardise = true; --scale standardize for a table)",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recipe;
    use crate::data::dataset::{Dataset, Features, Targets};
    use crate::data::matrix::Matrix;
    use crate::inspection::diagnosis::{DataFacts, NetworkFacts};

    /// The findings of a first column between 0 and 1, and a second that is `of_row`.
    fn found(of_row: impl Fn(usize) -> f64) -> Option<Finding> {
        let inputs: Vec<Vec<f64>> = (0..1000)
            .map(|row| vec![f64::from(row as u32 % 7) / 6.0, of_row(row)])
            .collect();
        let targets = Matrix::from_rows("targets", &vec![vec![0.0]; 1000]).unwrap();
        let inputs = Matrix::from_rows("inputs", &inputs).unwrap();
        let data = Dataset::<f64>::new(Features::Dense(inputs), Targets::Dense(targets)).unwrap();
        let network = NetworkFacts {
            layers: Vec::new(),
            predicted_counts: None,
        };
        let recipe = Recipe::built_in("xor-sgd").unwrap();
        find(&Facts::before(
            &recipe,
            &DataFacts::from_data(&data, &[]),
            &network,
        ))
    }

    #[test]
    fn a_column_that_is_rarely_nonzero_is_not_on_another_scale() {
        let seldom = |scale: f64| move |row: usize| if row < 2 { scale * (row + 1) as f64 } else { 0.0 };
        assert_eq!(found(seldom(0.03)), None);
        assert!(found(seldom(1e-4)).is_some());
        assert!(found(|row| (row % 5) as f64 * 1e-3).is_some());
        assert_eq!(found(|row| (row % 5) as f64 * 1e-2), None);
    }
}

//! Columns of the input on different scales.

use super::facts::{Facts, FeatureFacts};
use super::finding::{Finding, FindingKind, Severity, short};

/// How many times another's a column's standard deviation may be. The steepest and the flattest direction of the loss are
/// as the squares of it, so that at 100 a rate the one bears is 10,000 times too small for the other (LeCun et al.,
/// *Efficient BackProp*, 1998, sections 4.3 and 5.1).
const RATIO: f64 = 100.0;

/// Columns that never vary and columns of two values, such as words have, are left out of it.
pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(data) = facts.data else {
        return Vec::new();
    };
    let varies = |feature: &&FeatureFacts| feature.deviation > 0.0 && !feature.is_indicator;
    let by_deviation = |a: &&FeatureFacts, b: &&FeatureFacts| a.deviation.total_cmp(&b.deviation);
    let columns = || data.features.iter().filter(varies);
    let (Some(least), Some(most)) = (columns().min_by(by_deviation), columns().max_by(by_deviation)) else {
        return Vec::new();
    };
    let ratio = most.deviation / least.deviation;
    if ratio < RATIO {
        return Vec::new();
    }
    let range = |feature: &FeatureFacts| {
        format!(
            "{} reaches from {} to {}",
            feature.name,
            short(feature.low),
            short(feature.high)
        )
    };
    vec![Finding {
        kind: FindingKind::UnscaledInputs,
        layer: None,
        severity: Severity::Warning,
        seen: format!(
            "{}, {}: their standard deviations are as {} to 1",
            range(most),
            range(least),
            short(ratio)
        ),
        why: "the rate that the widest column bears is the square of that too small for the narrowest, which is hardly \
              learnt from"
            .into(),
        try_this: "standardise the columns (data.standardise = true; --scale standardize for a table)".into(),
    }]
}

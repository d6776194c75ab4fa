//! Median and band of several numbers, such as the losses of several seeds.

use super::json;
use serde::Serialize;

/// The range of a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Band {
    /// From the lowest to the highest number, of fewer than ten.
    #[serde(rename = "lowest to highest")]
    Extremes,
    /// From the 10th to the 90th percentile, interpolated linearly as NumPy's `percentile` does.
    #[serde(rename = "10th to 90th percentile")]
    Tenths,
}

impl Band {
    /// The band of so many seeds: [`Band::Tenths`] from ten on.
    pub fn for_seeds(seeds: usize) -> Self {
        if seeds < 10 { Self::Extremes } else { Self::Tenths }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Extremes => "lowest to highest",
            Self::Tenths => "10th to 90th percentile",
        }
    }
}

/// Median and band of several numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the numbers are no higher.
    #[serde(serialize_with = "json::number")]
    pub median: f64,
    /// The band's lower end.
    #[serde(serialize_with = "json::number")]
    pub low: f64,
    /// The band's upper end.
    #[serde(serialize_with = "json::number")]
    pub high: f64,
}

impl Spread {
    /// Median and band of these numbers. Among several, one that is not finite counts as infinite: a loss that has
    /// diverged, a target that is not reached. A single number is its own median and band.
    ///
    /// ```
    /// use pellucid_report::{Band, Spread};
    ///
    /// let spread = Spread::from_numbers([3.0, 1.0, f64::NAN], Band::Extremes);
    /// assert_eq!((spread.low, spread.median, spread.high), (1.0, 3.0, f64::INFINITY));
    /// ```
    pub fn from_numbers(numbers: impl IntoIterator<Item = f64>, band: Band) -> Self {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        if sorted.len() > 1 {
            let not_finite = sorted.iter_mut().filter(|number| !number.is_finite());
            not_finite.for_each(|number| *number = f64::INFINITY);
        }
        sorted.sort_by(f64::total_cmp);
        let (low, high) = match band {
            Band::Extremes => (0.0, 1.0),
            Band::Tenths => (0.1, 0.9),
        };
        Self {
            median: quantile(&sorted, 0.5),
            low: quantile(&sorted, low),
            high: quantile(&sorted, high),
        }
    }
}

/// Interpolated linearly between the two neighbouring numbers; NaN without numbers.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part * sorted.len().saturating_sub(1) as f64;
    let below = place.floor() as usize;
    let rest = place - below as f64;
    match (sorted.get(below), sorted.get(below + 1)) {
        (Some(&low), Some(&high)) if rest > 0.0 && low < high => low + rest * (high - low),
        (Some(&low), _) => low,
        (None, _) => f64::NAN,
    }
}

/// Median and band of each epoch over several runs' losses. A run that ended in a finite loss before the longest keeps it;
/// one that diverged stays above all others.
pub fn spread_of_runs<'a>(runs: impl Iterator<Item = &'a [f64]> + Clone, band: Band) -> Vec<Spread> {
    let epochs = runs.clone().map(<[f64]>::len).max().unwrap_or(0);
    let at = |run: &[f64], epoch: usize| run.get(epoch).or(run.last()).copied().unwrap_or(f64::NAN);
    (0..epochs)
        .map(|epoch| Spread::from_numbers(runs.clone().map(|run| at(run, epoch)), band))
        .collect()
}

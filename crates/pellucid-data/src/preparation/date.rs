//! The transform of a date column: year, parts that return as sine and cosine, and days since 1970.

use super::number::{NumberFit, NumberTransform};
use crate::table::CivilDate;
use pellucid::recipe::DateFeature;
use pellucid::{Scalar, elementary};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// What a date becomes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateTransform {
    /// The features, in order.
    pub parts: Vec<DatePart>,
    /// Whether a last feature is 1 where the value is missing: if it is missing in some training row.
    pub marks_missing: bool,
}

/// A part of a date, as features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatePart {
    /// What it is.
    pub feature: DateFeature,
    /// How it is scaled, if it is a number; otherwise it is a sine and a cosine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberTransform>,
}

const DAY: f64 = 86_400.0;

const FEATURES: [DateFeature; 6] = [
    DateFeature::Year,
    DateFeature::Month,
    DateFeature::Weekday,
    DateFeature::DayOfYear,
    DateFeature::Hour,
    DateFeature::Elapsed,
];

/// The name of a part in the names of features.
fn name(feature: DateFeature) -> &'static str {
    match feature {
        DateFeature::Year => "year",
        DateFeature::Month => "month",
        DateFeature::Weekday => "weekday",
        DateFeature::DayOfYear => "day of year",
        DateFeature::Hour => "hour",
        DateFeature::Elapsed => "elapsed days",
    }
}

/// A part of the date of this number of seconds since 1970: a number, or the part of its period that has passed.
fn part(feature: DateFeature, seconds: f64) -> f64 {
    let days = (seconds / DAY).floor();
    let date = CivilDate::from_days(days as i64);
    let first_day = |year| {
        CivilDate {
            year,
            month: 1,
            day: 1,
        }
        .days()
    };
    match feature {
        DateFeature::Year => date.year as f64,
        DateFeature::Month => (date.month - 1) as f64 / 12.0,
        // 1970 began on a Thursday, and weeks begin on Monday.
        DateFeature::Weekday => (days + 3.0).rem_euclid(7.0) / 7.0,
        DateFeature::DayOfYear => {
            let length = first_day(date.year + 1) - first_day(date.year);
            (date.days() - first_day(date.year)) as f64 / length as f64
        }
        DateFeature::Hour => seconds / DAY - days,
        DateFeature::Elapsed => seconds / DAY,
    }
}

impl DateTransform {
    /// Fits to training rows: seconds since 1970, NaN where missing. With no features requested, those that differ. `None`
    /// if none does.
    pub(super) fn fit(seconds: &[f64], requested: &[DateFeature], fit: &NumberFit) -> Option<Self> {
        let known = || seconds.iter().copied().filter(|value| !value.is_nan());
        let first = known().next()?;
        let differs = |feature: &DateFeature| {
            let of_first = part(*feature, first);
            known().any(|value| part(*feature, value) != of_first)
        };
        let features: Vec<DateFeature> = match requested {
            [] => FEATURES.into_iter().filter(differs).collect(),
            requested => requested.to_vec(),
        };
        let mut parts = Vec::new();
        for feature in features {
            let number = match feature {
                DateFeature::Year | DateFeature::Elapsed => {
                    let values: Vec<f64> = seconds
                        .iter()
                        .map(|&value| {
                            if value.is_nan() {
                                value
                            } else {
                                part(feature, value)
                            }
                        })
                        .collect();
                    let fitted = NumberTransform::fit(&values, fit)?;
                    if fitted.encoded_width() == 0 {
                        continue;
                    }
                    Some(NumberTransform {
                        marks_missing: false,
                        ..fitted
                    })
                }
                _ => None,
            };
            parts.push(DatePart { feature, number });
        }
        (!parts.is_empty()).then_some(Self {
            parts,
            marks_missing: seconds.iter().any(|value| value.is_nan()),
        })
    }

    /// Whether its numbers make sense, as those of a file of one's own making may not.
    pub(super) fn is_consistent(&self) -> bool {
        let numbers = self.parts.iter().filter_map(|part| part.number.as_ref());
        numbers.into_iter().all(NumberTransform::is_consistent)
    }

    pub(super) fn width(&self) -> usize {
        let of_parts: usize = self
            .parts
            .iter()
            .map(|part| part.number.as_ref().map_or(2, NumberTransform::width))
            .sum();
        of_parts + usize::from(self.marks_missing)
    }

    pub(super) fn feature_names(&self, column: &str) -> Vec<String> {
        let mut names = Vec::new();
        for part in &self.parts {
            let name = name(part.feature);
            match &part.number {
                Some(number) => names.extend(number.feature_names(&format!("{column} {name}"))),
                None => names.extend(["sine", "cosine"].map(|wave| format!("{column} {name} {wave}"))),
            }
        }
        names.extend(self.marks_missing.then(|| format!("{column} is missing")));
        names
    }

    /// Writes a row's features, and counts a missing value and one outside the training rows' dates. `None` if a number is
    /// too large for this precision.
    pub(super) fn write<T: Scalar>(
        &self,
        seconds: f64,
        features: &mut [T],
        counts: &mut super::ColumnCounts,
    ) -> Option<()> {
        let missing = seconds.is_nan();
        let mut at = 0;
        // A column counts a row once, whichever of its numbers are far out.
        let mut of_parts = super::ColumnCounts::default();
        for DatePart { feature, number } in &self.parts {
            match number {
                Some(number) => {
                    let value = if missing { seconds } else { part(*feature, seconds) };
                    let width = number.width();
                    number.write(value, &mut features[at..at + width], &mut of_parts)?;
                    at += width;
                }
                None => {
                    if !missing {
                        let angle = TAU * part(*feature, seconds);
                        features[at] = T::from_f64(elementary::sin(angle));
                        features[at + 1] = T::from_f64(elementary::cos(angle));
                    }
                    at += 2;
                }
            }
        }
        if self.marks_missing {
            features[at] = if missing { T::ONE } else { T::ZERO };
        }
        counts.missing += usize::from(missing);
        counts.outside += usize::from(of_parts.outside > 0);
        Some(())
    }
}

#[cfg(test)]
mod tests;

//! The features of a date: year, parts that return as sine and cosine, and days since 1970.

use super::builder::Builder;
use super::scaling::scale_one;
use super::{Function, Operator, Test, Value};
use pellucid::recipe::DateFeature;
use pellucid_data::preparation::DateTransform;
use std::f64::consts::TAU;

const DAY: f64 = 86_400.0;
/// Further off, a double no longer counts days.
const FURTHEST: f64 = (1_u64 << 52) as f64;

/// The features of a number of seconds since 1970, NaN where it is missing.
pub(super) fn date_parts(builder: &mut Builder, date: &DateTransform, seconds: Value) -> Value {
    let elapsed = builder.with_number(Operator::Divide, seconds, DAY);
    let days = builder.apply(Function::Floor, elapsed);
    let mut civil = None;
    let mut features = Vec::new();
    for part in &date.parts {
        let needs_civil = matches!(
            part.feature,
            DateFeature::Year | DateFeature::Month | DateFeature::DayOfYear
        );
        let civil = needs_civil.then(|| *civil.get_or_insert_with(|| Civil::of_days(builder, days)));
        let value = match (part.feature, civil) {
            (DateFeature::Year, Some(civil)) => civil.year,
            (DateFeature::Month, Some(civil)) => {
                let month = builder.with_number(Operator::Subtract, civil.month, 1.0);
                builder.with_number(Operator::Divide, month, 12.0)
            }
            (DateFeature::DayOfYear, Some(civil)) => {
                let first = first_day(builder, civil.year);
                let next_year = builder.with_number(Operator::Add, civil.year, 1.0);
                let next = first_day(builder, next_year);
                let length = builder.combine(Operator::Subtract, next, first);
                let since = builder.combine(Operator::Subtract, civil.days, first);
                builder.combine(Operator::Divide, since, length)
            }
            (DateFeature::Weekday, _) => {
                // 1970 began on a Thursday, and weeks begin on Monday.
                let since_monday = builder.with_number(Operator::Add, days, 3.0);
                let weeks = floor_divided(builder, since_monday, 7.0);
                let whole = builder.with_number(Operator::Multiply, weeks, 7.0);
                let weekday = builder.combine(Operator::Subtract, since_monday, whole);
                builder.with_number(Operator::Divide, weekday, 7.0)
            }
            (DateFeature::Hour, _) => builder.combine(Operator::Subtract, elapsed, days),
            (DateFeature::Elapsed | DateFeature::Year | DateFeature::Month | DateFeature::DayOfYear, _) => {
                elapsed
            }
        };
        match &part.number {
            Some(number) => {
                // The smaller and the larger of two numbers hide a NaN in some languages.
                let value = builder.select(Test::Missing(seconds), seconds, value);
                features.push(scale_one(builder, number, value));
            }
            None => {
                let angle = builder.with_number(Operator::Multiply, value, TAU);
                let zero = builder.like(seconds, vec![0.0]);
                for function in [Function::Sine, Function::Cosine] {
                    let wave = builder.apply(function, angle);
                    features.push(builder.select(Test::Missing(seconds), zero, wave));
                }
            }
        }
    }
    if date.marks_missing {
        features.push(builder.select_numbers(Test::Missing(seconds), 1.0, 0.0));
    }
    builder.join(features)
}

/// A date in the Gregorian calendar.
#[derive(Clone, Copy)]
struct Civil {
    year: Value,
    /// From 1.
    month: Value,
    /// Days since 1970, within what doubles count.
    days: Value,
}

/// ⌊x/divisor⌋.
fn floor_divided(builder: &mut Builder, x: Value, divisor: f64) -> Value {
    let quotient = builder.with_number(Operator::Divide, x, divisor);
    builder.apply(Function::Floor, quotient)
}

impl Civil {
    /// The date of a number of days since 1970-01-01. Years begin in March, so that the leap day is their last.
    fn of_days(builder: &mut Builder, days: Value) -> Self {
        let days = builder.within(days, -FURTHEST, FURTHEST);
        let since_era = builder.with_number(Operator::Add, days, 719_468.0);
        let era = floor_divided(builder, since_era, 146_097.0);
        let before = builder.with_number(Operator::Multiply, era, 146_097.0);
        let day_of_era = builder.combine(Operator::Subtract, since_era, before);
        let mut counted = day_of_era;
        for (operator, length) in [
            (Operator::Subtract, 1460.0),
            (Operator::Add, 36_524.0),
            (Operator::Subtract, 146_096.0),
        ] {
            let leaps = floor_divided(builder, day_of_era, length);
            counted = builder.combine(operator, counted, leaps);
        }
        let year_of_era = floor_divided(builder, counted, 365.0);
        let start = day_of_year_zero(builder, year_of_era);
        let day_of_year = builder.combine(Operator::Subtract, day_of_era, start);
        let five = builder.with_number(Operator::Multiply, day_of_year, 5.0);
        let five = builder.with_number(Operator::Add, five, 2.0);
        let from_march = floor_divided(builder, five, 153.0);
        let ten = builder.like(from_march, vec![10.0]);
        let shift = builder.select_numbers(Test::Less(from_march, ten), 3.0, -9.0);
        let month = builder.combine(Operator::Add, from_march, shift);
        let two = builder.like(month, vec![2.0]);
        let next_year = builder.select_numbers(Test::AtMost(month, two), 1.0, 0.0);
        let years = builder.with_number(Operator::Multiply, era, 400.0);
        let year = builder.combine(Operator::Add, years, year_of_era);
        let year = builder.combine(Operator::Add, year, next_year);
        Self { year, month, days }
    }
}

/// The days of the years of an era before a year of it.
fn day_of_year_zero(builder: &mut Builder, year_of_era: Value) -> Value {
    let days = builder.with_number(Operator::Multiply, year_of_era, 365.0);
    let leap = floor_divided(builder, year_of_era, 4.0);
    let days = builder.combine(Operator::Add, days, leap);
    let centuries = floor_divided(builder, year_of_era, 100.0);
    builder.combine(Operator::Subtract, days, centuries)
}

/// Days from 1970-01-01 to the first of January of a year.
fn first_day(builder: &mut Builder, year: Value) -> Value {
    // The year that began in the March before.
    let year = builder.with_number(Operator::Subtract, year, 1.0);
    let era = floor_divided(builder, year, 400.0);
    let before = builder.with_number(Operator::Multiply, era, 400.0);
    let year_of_era = builder.combine(Operator::Subtract, year, before);
    let of_eras = builder.with_number(Operator::Multiply, era, 146_097.0);
    let of_years = day_of_year_zero(builder, year_of_era);
    let days = builder.combine(Operator::Add, of_eras, of_years);
    // January begins 306 days after March.
    builder.with_number(Operator::Add, days, 306.0 - 719_468.0)
}

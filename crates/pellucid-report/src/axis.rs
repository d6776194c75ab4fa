//! Maps numbers to places along an axis: its range, its ticks and their labels.

use crate::label::{self, Notation};

/// How an axis maps numbers to places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scale {
    /// Equal differences are equally long.
    #[default]
    Linear,
    /// Equal ratios are equally long. Zero and negative values are left out, and the picture says how many; with no
    /// positive value at all the picture falls back to [`Scale::Linear`], and says so.
    Log,
}

/// One axis of a chart: the range it covers and the marks along it.
#[derive(Debug)]
pub(crate) struct Axis {
    scale: Scale,
    /// The ends of the range; on a logarithmic axis their decimal logarithms.
    low: f64,
    high: f64,
    pub(crate) ticks: Vec<Tick>,
}

/// A mark along an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    /// How far along the axis, 0 to 1.
    pub(crate) fraction: f64,
    /// Minor ticks mostly have none.
    pub(crate) label: Option<String>,
    pub(crate) major: bool,
}

/// The smallest and largest of some numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Extent {
    /// The range of these numbers; `None` without numbers.
    pub(crate) fn spanning(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let each = values.into_iter().map(|value| Self {
            low: value,
            high: value,
        });
        each.reduce(|extent, value| Self {
            low: extent.low.min(value.low),
            high: extent.high.max(value.high),
        })
    }
}

/// Half of `high - low`: the whole may be larger than a double can hold.
fn half_span(low: f64, high: f64) -> f64 {
    high / 2.0 - low / 2.0
}

impl Axis {
    /// An axis across, for epochs and the like: from edge to edge, a linear one from 0 if that is near. On a logarithmic
    /// scale `extent` must be positive.
    ///
    /// At most about `most_labels` labels, to which parts of decades may add as many; `whole` keeps the ticks of a linear
    /// axis on whole numbers.
    pub(crate) fn across(scale: Scale, extent: Extent, most_labels: usize, whole: bool) -> Self {
        if scale == Scale::Log {
            return Self::logarithmic(extent, 0.0, most_labels);
        }
        let Extent { mut low, mut high } = spread(extent, if whole { 0.5 } else { 0.0 });
        let span = half_span(low, high) * 2.0;
        if extent.low != extent.high {
            if low > 0.0 && low <= 0.02 * span {
                low = 0.0;
            }
            if high < 0.0 && -high <= 0.02 * span {
                high = 0.0;
            }
        }
        Self::linear(low, high, most_labels, whole)
    }

    /// An axis upwards, for losses and the like: with a small margin at both ends, a linear one from 0 if that is near.
    /// Otherwise as [`Axis::across`].
    pub(crate) fn upwards(scale: Scale, extent: Extent, most_labels: usize) -> Self {
        if scale == Scale::Log {
            let margin = (0.03 * (extent.high.log10() - extent.low.log10())).max(1e-3);
            return Self::logarithmic(extent, margin, most_labels);
        }
        let Extent { low, high } = spread(extent, 0.0);
        let margin = half_span(low, high) * 0.08;
        let from_zero = |near: f64, far: f64| near >= 0.0 && near <= 0.35 * far;
        let bottom = match from_zero(low, high) {
            true => 0.0,
            false => (low - margin).max(f64::MIN),
        };
        let top = match from_zero(-high, -low) {
            true => 0.0,
            false => (high + margin).min(f64::MAX),
        };
        Self::linear(bottom, top, most_labels, false)
    }

    /// A linear axis that stays near its numbers, whether or not 0 is near them: its ends are beyond them by `margin` times
    /// half their range.
    pub(crate) fn near(extent: Extent, margin: f64, most_labels: usize) -> Self {
        let Extent { low, high } = spread(extent, 0.0);
        let margin = half_span(low, high) * margin;
        Self::linear(low - margin, high + margin, most_labels, false)
    }

    fn linear(low: f64, high: f64, most_labels: usize, whole: bool) -> Self {
        let mut axis = Self {
            scale: Scale::Linear,
            low,
            high,
            ticks: Vec::new(),
        };
        let step = step_for(low, high, most_labels);
        axis.ticks = axis.labelled_multiples(low, high, if whole { step.max(1.0) } else { step });
        axis
    }

    fn logarithmic(extent: Extent, margin: f64, most_labels: usize) -> Self {
        let (low, high) = (extent.low.log10(), extent.high.log10());
        let margin = if high - low < 1e-9 { 0.5 } else { margin };
        let (low, high) = (low - margin, high + margin);
        let mut axis = Self {
            scale: Scale::Log,
            low,
            high,
            ticks: Vec::new(),
        };
        axis.ticks = axis.decades(most_labels);
        let labels = axis.ticks.iter().filter(|tick| tick.label.is_some()).count();
        if labels < 3 && high - low < 1.5 {
            // Too narrow for 1-2-5 labels: evenly spaced numbers, unevenly placed.
            let from = 10f64.powf(low).max(f64::MIN_POSITIVE);
            let to = 10f64.powf(high).min(f64::MAX);
            let ticks = axis.labelled_multiples(from, to, step_for(from, to, most_labels));
            if ticks.len() > 1 {
                axis.ticks = ticks;
            }
        }
        axis
    }

    /// How far along the axis `value` lies, 0 to 1 within its range. `value` must be finite, and positive if the axis
    /// is logarithmic.
    pub(crate) fn fraction(&self, value: f64) -> f64 {
        self.fraction_along(match self.scale {
            Scale::Linear => value,
            Scale::Log => value.log10(),
        })
    }

    fn fraction_along(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        if span.is_finite() {
            (value - self.low) / span
        } else {
            half_span(self.low, value) / half_span(self.low, self.high)
        }
    }

    fn labelled_multiples(&self, low: f64, high: f64, step: f64) -> Vec<Tick> {
        let notation = Notation::for_axis(low.abs().max(high.abs()), step);
        let first = (low / step - 1e-9).ceil();
        let mut ticks: Vec<Tick> = Vec::new();
        for index in 0..64 {
            let value = (first + f64::from(index)) * step;
            let fraction = self.fraction(value);
            if !value.is_finite() || fraction > 1.0 + 1e-9 {
                break;
            }
            if fraction < -1e-9 || ticks.last().is_some_and(|tick| tick.fraction >= fraction) {
                continue;
            }
            ticks.push(Tick {
                fraction: fraction.clamp(0.0, 1.0),
                label: Some(label::number(value, step, notation)),
                major: true,
            });
        }
        ticks
    }

    /// Decades as major ticks; their 2nd to 9th parts as minor ticks, the 2nd and 5th labelled where they fit.
    fn decades(&self, most_labels: usize) -> Vec<Tick> {
        let (first, last) = (self.low.floor() as i32, self.high.floor() as i32);
        let decades_per_label = (self.high - self.low) / most_labels.max(2) as f64;
        let stride = [1, 2, 5, 10, 20, 50, 100, 200]
            .into_iter()
            .find(|stride| f64::from(*stride) >= decades_per_label)
            .unwrap_or(500);
        let label_parts = self.high - self.low <= 0.6 * most_labels as f64;
        let notation = if self.low >= -4.0 && self.high <= 4.99 {
            Notation::Plain
        } else {
            Notation::Scientific
        };
        let mut ticks = Vec::new();
        for exponent in first..=last {
            let major = exponent.rem_euclid(stride) == 0;
            if !major && stride > 10 {
                continue;
            }
            for mantissa in 1..=9_u32 {
                if mantissa > 1 && self.high - self.low > 8.0 {
                    break;
                }
                let fraction = self.fraction_along(f64::from(exponent) + f64::from(mantissa).log10());
                if !(-1e-9..=1.0 + 1e-9).contains(&fraction) {
                    continue;
                }
                let labelled = match mantissa {
                    1 => major,
                    2 | 5 => label_parts,
                    _ => false,
                };
                ticks.push(Tick {
                    fraction: fraction.clamp(0.0, 1.0),
                    label: labelled.then(|| label::power(mantissa, exponent, notation)),
                    major: mantissa == 1 && major,
                });
            }
        }
        ticks
    }
}

/// `extent`, widened if it is too narrow for two neighbouring labels to differ.
fn spread(extent: Extent, least_half_width: f64) -> Extent {
    let Extent { low, high } = extent;
    let size = low.abs().max(high.abs());
    let half = half_span(low, high);
    if half > size * 1e-9 && half > f64::MIN_POSITIVE * 1e6 {
        return extent;
    }
    let widening = if least_half_width > 0.0 {
        least_half_width.max(size * 1e-6)
    } else if size == 0.0 {
        0.5
    } else {
        (size * 0.1).max(f64::MIN_POSITIVE * 1e7)
    };
    Extent {
        low: (low - widening).max(f64::MIN),
        high: (high + widening).min(f64::MAX),
    }
}

/// The smallest of 1, 2, 5, 10, … times a power of ten that divides a range into at most `most_labels` steps.
fn step_for(low: f64, high: f64, most_labels: usize) -> f64 {
    let least = half_span(low, high) / most_labels.max(2) as f64 * 2.0;
    let magnitude = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|mantissa| mantissa * magnitude);
    let enough = |step: &f64| *step >= least * (1.0 - 1e-9);
    steps.into_iter().find(enough).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks
            .iter()
            .filter_map(|tick| tick.label.as_deref())
            .collect()
    }

    fn extent(low: f64, high: f64) -> Extent {
        Extent { low, high }
    }

    #[test]
    fn a_million_epochs_have_engineering_labels_from_zero() {
        let axis = Axis::across(Scale::Linear, extent(1.0, 1_000_000.0), 6, true);
        assert_eq!(labels(&axis), ["0", "200k", "400k", "600k", "800k", "1M"]);
        assert_eq!(axis.fraction(1_000_000.0), 1.0);
    }

    #[test]
    fn few_epochs_stay_whole_numbers() {
        assert_eq!(
            labels(&Axis::across(Scale::Linear, extent(1.0, 3.0), 8, true)),
            ["1", "2", "3"]
        );
        assert_eq!(
            labels(&Axis::across(Scale::Linear, extent(1.0, 1.0), 8, true)),
            ["1"]
        );
        assert_eq!(
            labels(&Axis::across(Scale::Linear, extent(1.0, 1.0), 8, false)).len(),
            5
        );
    }

    #[test]
    fn losses_start_from_zero_only_if_that_is_near() {
        assert_eq!(
            labels(&Axis::upwards(Scale::Linear, extent(0.02, 0.31), 6)),
            ["0.00", "0.10", "0.20", "0.30"].map(|label| if label == "0.00" { "0" } else { &label[..3] })
        );
        let high = Axis::upwards(Scale::Linear, extent(2.0, 2.2), 6);
        assert!(
            labels(&high).iter().all(|label| label.starts_with('2')),
            "{:?}",
            labels(&high)
        );
    }

    #[test]
    fn decades_are_labelled_and_their_parts_ticked() {
        let axis = Axis::upwards(Scale::Log, extent(1e-5, 1.0), 8);
        assert_eq!(labels(&axis), ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
        assert_eq!(axis.ticks.iter().filter(|tick| tick.major).count(), 6);
        assert!(axis.ticks.iter().filter(|tick| !tick.major).count() >= 40);
        assert!(
            (axis.fraction(1e-3) - axis.fraction(1e-4) - (axis.fraction(1e-2) - axis.fraction(1e-3))).abs()
                < 1e-12
        );
    }

    #[test]
    fn a_few_decades_have_one_two_five_labels() {
        let axis = Axis::upwards(Scale::Log, extent(0.01, 1.0), 8);
        assert_eq!(labels(&axis), ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]);
    }

    #[test]
    fn a_fraction_of_a_decade_has_even_labels() {
        let axis = Axis::upwards(Scale::Log, extent(0.31, 0.34), 6);
        assert!(labels(&axis).len() >= 3, "{:?}", labels(&axis));
    }

    #[test]
    fn hundreds_of_decades_have_few_labels() {
        let axis = Axis::upwards(Scale::Log, extent(5e-324, f64::MAX), 8);
        assert!((3..=8).contains(&labels(&axis).len()), "{:?}", labels(&axis));
        assert_eq!(
            axis.ticks.len(),
            labels(&axis).len(),
            "unlabelled decades would lie too close"
        );
    }

    fn any_finite() -> impl Strategy<Value = f64> {
        prop_oneof![
            prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
            -10.0..10.0f64,
            Just(1e6),
        ]
    }

    proptest! {
        #[test]
        fn every_linear_axis_holds_its_extent_and_ordered_ticks(a in any_finite(), b in any_finite(), whole: bool) {
            let extent = extent(a.min(b), a.max(b));
            for axis in [Axis::across(Scale::Linear, extent, 8, whole), Axis::upwards(Scale::Linear, extent, 8)] {
                for value in [extent.low, extent.high] {
                    let fraction = axis.fraction(value);
                    prop_assert!((-1e-9..=1.0 + 1e-9).contains(&fraction), "{} in {:?}", fraction, axis);
                }
                prop_assert!(axis.ticks.len() <= 12, "{:?}", axis);
                prop_assert!(axis.ticks.windows(2).all(|pair| pair[0].fraction < pair[1].fraction));
                prop_assert!(axis.ticks.windows(2).all(|pair| pair[0].label != pair[1].label), "{:?}", axis);
            }
        }

        #[test]
        fn every_logarithmic_axis_holds_its_extent_and_ordered_ticks(a in any_finite(), b in any_finite()) {
            let (a, b) = (a.abs().max(5e-324), b.abs().max(5e-324));
            let axis = Axis::upwards(Scale::Log, extent(a.min(b), a.max(b)), 8);
            for value in [a, b] {
                prop_assert!((0.0..=1.0).contains(&axis.fraction(value)), "{:?}", axis);
            }
            prop_assert!(axis.ticks.iter().filter(|tick| tick.label.is_some()).count() <= 16, "{:?}", axis);
            prop_assert!(axis.ticks.windows(2).all(|pair| pair[0].fraction < pair[1].fraction), "{:?}", axis);
        }
    }
}

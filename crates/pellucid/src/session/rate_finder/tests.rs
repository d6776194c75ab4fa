//! Tests of the range test: the steps that it finds on a known curve, and rejected ranges.

use super::*;

/// A loss curve that falls like a cosine from 10⁻⁴ to 10⁻¹, then rises.
fn curve(steps: usize) -> RateTest {
    let points = (0..steps).map(|step| {
        let exponent = -6.0 + 6.0 * step as f64 / (steps - 1) as f64;
        let along = ((exponent + 4.0) / 3.0).clamp(0.0, 2.0);
        let loss = 1.0 + (std::f64::consts::PI * along).cos();
        RatePoint {
            rate: 10f64.powf(exponent),
            loss,
            smoothed: loss,
        }
    });
    RateTest {
        points: points.collect(),
        exploded: false,
        stopped: false,
    }
}

#[test]
fn finds_the_steepest_and_the_lowest_step() {
    let test = curve(241);
    let near = |found: &RatePoint, exponent: f64| (found.rate.log10() - exponent).abs() < 0.03;
    assert!(near(test.steepest().unwrap(), -2.5), "{:?}", test.steepest());
    assert!(near(test.lowest().unwrap(), -1.0), "{:?}", test.lowest());
}

#[test]
fn finds_no_step_where_the_loss_never_falls() {
    let mut test = curve(241);
    for point in &mut test.points {
        point.smoothed = 1.0 + point.rate;
    }
    assert_eq!((test.lowest(), test.steepest()), (None, None));
    test.points.truncate(5);
    assert_eq!((test.lowest(), test.steepest()), (None, None));
}

#[test]
fn rejects_invalid_ranges() {
    let range = RateRange {
        from: 1e-6,
        to: 10.0,
        steps: 100,
    };
    range.check().unwrap();
    for (wrong, expected) in [
        (RateRange { from: 0.0, ..range }, "from = 0"),
        (RateRange { to: 1e-7, ..range }, "above the first one, 0.000001"),
        (
            RateRange {
                to: f64::INFINITY,
                ..range
            },
            "to = inf",
        ),
        (RateRange { steps: 3, ..range }, "at least 20 steps"),
    ] {
        let refusal = wrong.check().unwrap_err().to_string();
        assert!(refusal.contains(expected), "{refusal}");
    }
}

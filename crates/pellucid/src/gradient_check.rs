//! The gradient check: what a backward pass says against what the loss does.
//!
//! The numeric derivative is the five-point central difference, whose error falls with the fourth power of the
//! step (Abramowitz & Stegun, §25.3.6). Where a kink, as relu has, lies within the step, smaller steps are tried.

use crate::kernels::Input;
use crate::network::Network;
use crate::pass::{self, Objective, Target, Workspace};
use std::fmt;

/// Relative errors below this are rounding.
pub const TOLERANCE: f64 = 1e-6;

/// Steps of the difference, relative to the parameter where that is above 1.
const STEPS: [f64; 3] = [7e-4, 3e-5, 1e-6];

/// One entry of a gradient, as given and as measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradientEntry {
    /// Which parameter, counted from 0.
    pub index: usize,
    /// What the checked gradient says.
    pub given: f64,
    /// What the loss does.
    pub numeric: f64,
    /// |given − numeric| over the larger of the two magnitudes.
    pub relative_error: f64,
}

/// What came out of a gradient check.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientReport {
    /// Every entry.
    pub entries: Vec<GradientEntry>,
    /// The relative error from which an entry counts as wrong.
    pub tolerance: f64,
}

impl GradientReport {
    /// Whether every entry is right.
    pub fn is_right(&self) -> bool {
        self.wrong().next().is_none()
    }

    /// The entries that are wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &GradientEntry> {
        // A NaN is wrong too.
        let is_wrong =
            |entry: &&GradientEntry| entry.relative_error > self.tolerance || entry.relative_error.is_nan();
        self.entries.iter().filter(is_wrong)
    }

    /// What all wrong entries are multiples of the numeric gradient by, to four digits, where there are several and they
    /// agree on it: −1 is a wrong sign, anything else a factor that is too much or missing.
    pub fn common_factor(&self) -> Option<f64> {
        let mut ratios = self.wrong().map(|entry| entry.given / entry.numeric);
        let first = ratios.next().filter(|ratio| ratio.is_finite())?;
        let agrees = |ratio: f64| (ratio - first).abs() <= 1e-4 * first.abs();
        let mut others = ratios.peekable();
        (others.peek().is_some() && others.all(agrees)).then_some(first)
    }

    /// The largest relative error, 0 for no entries.
    pub fn worst(&self) -> f64 {
        let larger = |a: f64, b: f64| if a.is_nan() || a > b { a } else { b };
        self.entries
            .iter()
            .map(|entry| entry.relative_error)
            .fold(0.0, larger)
    }
}

impl fmt::Display for GradientReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (wrong, all) = (self.wrong().count(), self.entries.len());
        if wrong == 0 {
            return write!(
                f,
                "the gradient is right: all {all} entries agree with the numeric gradient, worst relative error {:.1e}",
                self.worst()
            );
        }
        write!(f, "the gradient is wrong in {wrong} of {all} entries:")?;
        for entry in self.wrong().take(10) {
            write!(
                f,
                "\n  entry {}: given {:e}, numeric {:e}, relative error {:.1e}",
                entry.index, entry.given, entry.numeric, entry.relative_error
            )?;
        }
        if wrong > 10 {
            write!(f, "\n  and {} more", wrong - 10)?;
        }
        match self.common_factor() {
            Some(factor) if (factor + 1.0).abs() < 1e-4 => write!(f, "\n  the sign of each is wrong")?,
            Some(factor) => write!(
                f,
                "\n  each is {factor:.4} times what it should be: a factor is wrong"
            )?,
            None => {}
        }
        Ok(())
    }
}

/// Compares a gradient with the numeric gradient of a loss, both handed in as closures.
///
/// ```
/// use pellucid::check_gradient;
/// let loss = |w: &[f64]| w[0] * w[0] + 3.0 * w[1];
/// assert!(check_gradient(&[2.0, 1.0], loss, |w| vec![2.0 * w[0], 3.0]).is_right());
/// let report = check_gradient(&[2.0, 1.0], loss, |w| vec![-2.0 * w[0], 3.0]); // a wrong sign
/// assert_eq!(report.wrong().map(|entry| entry.index).collect::<Vec<_>>(), [0]);
/// ```
///
/// # Panics
/// When the gradient does not have an entry for each parameter.
pub fn check_gradient(
    parameters: &[f64],
    mut loss: impl FnMut(&[f64]) -> f64,
    gradient: impl FnOnce(&[f64]) -> Vec<f64>,
) -> GradientReport {
    let given = gradient(parameters);
    assert_eq!(
        given.len(),
        parameters.len(),
        "a gradient has an entry for each parameter"
    );
    let value = loss(parameters);
    let mut moved = parameters.to_vec();
    let mut numeric = |index: usize, relative_step: f64| {
        let here = parameters[index];
        let step = relative_step * here.abs().max(1.0);
        let mut at = |offset: f64| {
            moved[index] = here + offset;
            loss(&moved)
        };
        let near = at(step) - at(-step);
        let far = at(2.0 * step) - at(-2.0 * step);
        moved[index] = here;
        (8.0 * near - far) / (12.0 * step)
    };
    // A gradient's small entries are as exact as its large ones: rounding in the loss is shared by all.
    let first: Vec<f64> = (0..parameters.len())
        .map(|index| numeric(index, STEPS[0]))
        .collect();
    let largest = first
        .iter()
        .filter(|v| v.is_finite())
        .fold(0.0f64, |most, v| most.max(v.abs()));
    // Nor can a difference tell a slope from 0 that is smaller than what the loss's rounding, a few units of its last
    // place, comes to.
    let rounding = 16.0 * f64::EPSILON * value.abs() / STEPS[0];
    let floor = (largest * 1e-4).max(rounding / TOLERANCE).max(1e-12);
    let entry = |index: usize, numeric: f64| {
        let given = given[index];
        let relative_error = (given - numeric).abs() / given.abs().max(numeric.abs()).max(floor);
        GradientEntry {
            index,
            given,
            numeric,
            relative_error,
        }
    };
    let entries = first.iter().enumerate().map(|(index, &value)| {
        let mut best = entry(index, value);
        for &step in &STEPS[1..] {
            if best.relative_error <= TOLERANCE {
                break;
            }
            let closer = entry(index, numeric(index, step));
            if closer.relative_error < best.relative_error {
                best = closer;
            }
        }
        best
    });
    GradientReport {
        entries: entries.collect(),
        tolerance: TOLERANCE,
    }
}

/// Checks the engine's own backward pass on a batch. `targets` are (rows, outputs).
///
/// # Panics
/// When the batch does not have the network's shape.
pub fn check_network(
    network: &Network<f64>,
    input: Input<'_, f64>,
    targets: &[f64],
    objective: Objective,
) -> GradientReport {
    let architecture = network.architecture();
    let rows = input.rows(architecture.input_width());
    let mut workspace = Workspace::new(architecture, rows);
    let mut gradient = vec![0.0; network.parameters().len()];
    pass::forward(architecture, network.parameters(), input, &mut workspace);
    let target = Target::Gradient {
        parameters: network.parameters(),
        gradient: &mut gradient,
    };
    pass::backward(architecture, target, input, targets, objective, &mut workspace);
    let factor: f64 = objective.reduction.factor(rows);
    let loss = |parameters: &[f64]| {
        pass::forward(architecture, parameters, input, &mut workspace);
        pass::loss_sum(objective.loss, architecture, targets, &workspace) * factor
    };
    check_gradient(network.parameters(), loss, |_| gradient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gradient_that_is_not_a_number_is_wrong() {
        let report = check_gradient(&[1.0], |w| w[0], |_| vec![f64::NAN]);
        assert!(!report.is_right() && report.worst().is_nan());
        assert!(report.to_string().contains("wrong in 1 of 1"));
    }

    /// The loss is large and does not depend on the parameter; what its rounding makes of that is no slope.
    #[test]
    fn a_slope_of_nothing_is_told_from_rounding() {
        let loss = |w: &[f64]| 1e3 * w[0].sin().powi(2) + 1e3 * w[0].cos().powi(2);
        let starts = (0..20).map(|start| [0.05 * f64::from(start)]);
        let reports: Vec<_> = starts
            .clone()
            .map(|start| check_gradient(&start, loss, |_| vec![0.0]))
            .collect();
        assert!(reports.iter().all(GradientReport::is_right), "{reports:?}");
        assert!(reports.iter().any(|report| report.entries[0].numeric != 0.0));
        for start in starts {
            assert!(!check_gradient(&start, loss, |_| vec![0.1]).is_right());
        }
    }

    #[test]
    fn a_kink_beside_the_point_is_no_fault() {
        let report = check_gradient(&[1e-4], |w| w[0].max(0.0), |_| vec![1.0]);
        assert!(report.is_right(), "{report}");
    }

    #[test]
    fn a_missing_factor_is_found_and_measured() {
        let report = check_gradient(&[3.0], |w| w[0].powi(3), |w| vec![w[0].powi(2)]);
        assert!((report.worst() - 2.0 / 3.0).abs() < 1e-9, "{report}");
    }
}

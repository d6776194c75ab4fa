//! The gradient check: compares a gradient with numeric derivatives of the loss.
//!
//! [`check_gradient`] is for any loss and its gradient, [`check_network`] and [`check_layers`] for the engine's own pass,
//! and [`check_rule`] for a hand-written rule for the gradient of a network: it names the known mistake that fits.

mod layers;
mod numeric;
mod parts;
mod patterns;
mod rule;

pub use layers::{CheckSettings, LayerCheck, check_layers};
pub use parts::{ParameterPart, PartKind};
pub use patterns::Pattern;
pub use rule::{PartVerdict, RuleReport, check_rule};

use crate::model::network::Network;
use crate::model::pass::{self, Objective, Workspace};
use numeric::Difference;
use pellucid_kernels::layer::Input;
use std::fmt;

/// Relative errors up to this are rounding.
pub const TOLERANCE: f64 = 1e-6;

/// One entry of a gradient, as given and by numeric differentiation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradientEntry {
    /// The index of the parameter, counted from 0.
    pub index: usize,
    /// The entry of the checked gradient.
    pub given: f64,
    /// The numeric derivative of the loss.
    pub numeric: f64,
    /// |given − numeric| over the larger of the two magnitudes. At a kink 0 for any value between the derivatives on its two
    /// sides.
    pub relative_error: f64,
    /// Whether the loss has a kink there, as relu makes, with a different derivative on each side.
    pub at_kink: bool,
}

/// The result of a gradient check.
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

    /// The common ratio of the wrong entries to the numeric gradient, where there are several and they agree to four digits:
    /// −1 is a wrong sign, anything else a wrong factor.
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

/// Compares a gradient with the numeric gradient of a loss; both are closures.
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
    loss: impl FnMut(&[f64]) -> f64,
    gradient: impl FnOnce(&[f64]) -> Vec<f64>,
) -> GradientReport {
    let given = gradient(parameters);
    assert_eq!(
        given.len(),
        parameters.len(),
        "a gradient has an entry for each parameter"
    );
    let all: Vec<usize> = (0..parameters.len()).collect();
    compare(parameters, &given, &all, TOLERANCE, loss)
}

/// The entries of these indices, in that order.
fn compare(
    parameters: &[f64],
    given: &[f64],
    indices: &[usize],
    tolerance: f64,
    loss: impl FnMut(&[f64]) -> f64,
) -> GradientReport {
    let mut difference = Difference::new(parameters, loss);
    let first: Vec<f64> = indices
        .iter()
        .map(|&index| difference.central(index, 0))
        .collect();
    let floor = difference.floor(&first);
    let entries = indices.iter().zip(first).map(|(&index, numeric)| {
        let entry = |numeric: f64| {
            let given = given[index];
            GradientEntry {
                index,
                given,
                numeric,
                relative_error: (given - numeric).abs() / given.abs().max(numeric.abs()).max(floor),
                at_kink: false,
            }
        };
        let mut best = entry(numeric);
        for step in 1..numeric::STEPS.len() {
            if best.relative_error <= tolerance {
                return best;
            }
            let closer = entry(difference.central(index, step));
            if closer.relative_error < best.relative_error {
                best = closer;
            }
        }
        if best.relative_error <= tolerance {
            return best;
        }
        match difference.kink(index, floor) {
            None => best,
            Some((low, high)) => {
                let nearest = entry(given[index].clamp(low, high));
                // One-sided differences are less exact than central ones.
                let is_between = nearest.relative_error <= tolerance.max(numeric::ONE_SIDED);
                GradientEntry {
                    relative_error: if is_between { 0.0 } else { nearest.relative_error },
                    at_kink: true,
                    ..nearest
                }
            }
        }
    });
    GradientReport {
        entries: entries.collect(),
        tolerance,
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
    let mut pass = OwnPass::new(network, input, targets, objective);
    let parameters = network.parameters();
    let gradient = pass.gradient(parameters);
    check_gradient(parameters, |parameters| pass.loss(parameters), |_| gradient)
}

/// The engine's two passes over a batch, as a function of the parameters.
struct OwnPass<'a> {
    network: &'a Network<f64>,
    input: Input<'a, f64>,
    targets: &'a [f64],
    objective: Objective,
    workspace: Workspace<f64>,
}

impl<'a> OwnPass<'a> {
    fn new(
        network: &'a Network<f64>,
        input: Input<'a, f64>,
        targets: &'a [f64],
        objective: Objective,
    ) -> Self {
        let architecture = network.architecture();
        let rows = input.rows(architecture.input_width());
        Self {
            network,
            input,
            targets,
            objective,
            workspace: Workspace::new(architecture, rows).recording(),
        }
    }

    fn loss(&mut self, parameters: &[f64]) -> f64 {
        let architecture = self.network.architecture();
        pass::forward(architecture, parameters, self.input, &mut self.workspace);
        let factor: f64 = self.objective.reduction.factor(self.workspace.rows());
        pass::loss_sum(self.objective.loss, architecture, self.targets, &self.workspace) * factor
    }

    fn gradient(&mut self, parameters: &[f64]) -> Vec<f64> {
        let (architecture, workspace) = (self.network.architecture(), &mut self.workspace);
        let (targets, objective) = (self.targets, self.objective);
        pass::gradient(
            architecture,
            parameters,
            self.input,
            targets,
            objective,
            workspace,
        )
    }
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

    /// The loss is large and does not depend on the parameter; its rounding is not a derivative.
    #[test]
    fn a_derivative_of_zero_is_separated_from_rounding() {
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

    /// Exactly on the kink any number between the two derivatives is right, and others are wrong.
    #[test]
    fn at_a_kink_what_lies_between_the_slopes_is_right() {
        let loss = |w: &[f64]| 3.0 * w[0].max(0.0) - w[0].min(0.0) + (w[0] + 1.0).powi(2);
        for given in [1.0, 2.0, 5.0] {
            let report = check_gradient(&[0.0], loss, |_| vec![given]);
            assert!(
                report.is_right() && report.entries[0].at_kink,
                "{given}: {report}"
            );
        }
        for given in [0.9, 5.1, -1.0] {
            let report = check_gradient(&[0.0], loss, |_| vec![given]);
            assert!(
                !report.is_right() && report.entries[0].at_kink,
                "{given}: {report}"
            );
        }
        // What bends is no kink.
        let report = check_gradient(&[0.0], |w| 1e3 * w[0] * w[0], |_| vec![0.5]);
        assert!(!report.is_right() && !report.entries[0].at_kink);
    }

    #[test]
    fn a_missing_factor_is_found_and_measured() {
        let report = check_gradient(&[3.0], |w| w[0].powi(3), |w| vec![w[0].powi(2)]);
        assert!((report.worst() - 2.0 / 3.0).abs() < 1e-9, "{report}");
    }
}

//! L-BFGS: minimises a smooth function of a flat slice of numbers by its values and gradients. It knows nothing of networks;
//! [`Trainer`](crate::Trainer) uses it on full data sets.
//!
//! Liu & Nocedal, *On the Limited Memory BFGS Method for Large Scale Optimization*, 1989. The line search, the
//! tolerances and when a pair is remembered are those of L-BFGS-B 3.0 (Zhu, Byrd, Lu & Nocedal, 1997; Morales & Nocedal,
//! 2011), which SciPy and scikit-learn use, so that it needs about as many evaluations.

mod line_search;
mod memory;

use crate::error::Result;
use crate::scalar::Scalar;
use crate::state::State;
use line_search::LineSearch;
use memory::Memory;
use serde::Serialize;
use std::ops::ControlFlow;

/// The most evaluations that a line search makes.
const MAX_SEARCH_EVALUATIONS: usize = 20;

/// The settings of [`minimize`]; by default those of SciPy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lbfgs {
    /// How many of the last steps it remembers.
    pub history: usize,
    /// The search ends when no derivative is larger than this in magnitude.
    pub gradient_tolerance: f64,
    /// The search ends when an iteration lowers the value by no more than this times the magnitude of the value, or by no
    /// more than this if that is below 1.
    pub loss_tolerance: f64,
    /// The most iterations.
    pub max_iterations: u64,
    /// No iteration begins after so many evaluations.
    pub max_evaluations: u64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self {
            history: 10,
            gradient_tolerance: 1e-5,
            loss_tolerance: 1e7 * f64::EPSILON,
            max_iterations: 15_000,
            max_evaluations: 15_000,
        }
    }
}

/// What [`minimize`] minimises. A closure from x to the value, which writes the gradient, is one.
pub trait Problem<T> {
    /// The value at `x`; writes the gradient, unless the value is not finite.
    fn evaluate(&mut self, x: &[T], gradient: &mut [T]) -> f64;

    /// An iteration ended at `x`, where the last evaluation was. Breaking ends the search.
    fn on_iteration(&mut self, x: &[T], iteration: &Iteration) -> ControlFlow<()> {
        let _ = (x, iteration);
        ControlFlow::Continue(())
    }

    /// The state of the search after the same iteration, which answered `flow`: [`minimize_from`] continues from it at the
    /// same `x`.
    fn on_state(&mut self, state: &SearchState<T>, flow: ControlFlow<()>) {
        let _ = (state, flow);
    }
}

/// What a search remembers after an iteration, besides where it is.
pub struct SearchState<T> {
    memory: Memory<T>,
    number: u64,
    evaluations: u64,
    /// The value before the last iteration.
    value_before: f64,
}

impl<T: Scalar> SearchState<T> {
    /// A search of these settings before its first iteration.
    fn new(settings: &Lbfgs) -> Self {
        Self {
            memory: Memory::new(settings.history),
            number: 0,
            evaluations: 0,
            value_before: f64::NAN,
        }
    }

    /// Adds it to a state.
    pub(crate) fn save(&self, state: &mut State) {
        state.put_counts("lbfgs/counts", &[self.number, self.evaluations]);
        state.put_numbers("lbfgs/value", &[self.value_before]);
        self.memory.save(state);
    }

    /// The search among `count` parameters that a state is of.
    pub(crate) fn load(settings: &Lbfgs, count: usize, state: &State) -> Result<Self> {
        let mut search = Self::new(settings);
        [search.number, search.evaluations] = state.count("lbfgs/counts")?;
        [search.value_before] = state.exactly("lbfgs/value")?;
        search.memory.load(count, state)?;
        Ok(search)
    }

    /// The number of iterations so far.
    pub(crate) fn iterations(&self) -> u64 {
        self.number
    }
}

impl<T, F: FnMut(&[T], &mut [T]) -> f64> Problem<T> for F {
    fn evaluate(&mut self, x: &[T], gradient: &mut [T]) -> f64 {
        self(x, gradient)
    }
}

/// The state of the search after an iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Iteration {
    /// Its number, counted from 1.
    pub number: u64,
    /// The value.
    pub value: f64,
    /// The largest magnitude of a derivative.
    pub largest_derivative: f64,
    /// The evaluations so far.
    pub evaluations: u64,
}

/// The result of a search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Minimum {
    /// The value.
    pub value: f64,
    /// The largest magnitude of a derivative.
    pub largest_derivative: f64,
    /// The iterations.
    pub iterations: u64,
    /// The number of evaluations of value and gradient.
    pub evaluations: u64,
    /// Why it ended.
    pub reason: Reason,
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No derivative is larger than the tolerance.
    Gradient,
    /// The last iteration lowered the value by no more than the tolerance.
    Decrease,
    /// No step along the direction lowers the value: rounding allows no lower one, or the function is not smooth here.
    LineSearch,
    /// The limit of iterations was reached.
    Iterations,
    /// The limit of evaluations was reached.
    Evaluations,
    /// [`Problem::on_iteration`] stopped it.
    Stopped,
    /// Value or gradient are not finite at the starting point. (A step to such a point is replaced by a shorter one.)
    NotFinite,
}

/// Moves `x` to a nearby minimum.
///
/// ```
/// use pellucid::optimization::lbfgs::{Lbfgs, Reason, minimize};
///
/// // Rosenbrock's valley, whose lowest point is at (1, 1).
/// let mut valley = |x: &[f64], gradient: &mut [f64]| {
///     let (short, off) = (1.0 - x[0], x[1] - x[0] * x[0]);
///     gradient[0] = -2.0 * short - 400.0 * x[0] * off;
///     gradient[1] = 200.0 * off;
///     short * short + 100.0 * off * off
/// };
/// let mut x = [-1.2, 1.0];
/// let settings = Lbfgs { loss_tolerance: 0.0, gradient_tolerance: 1e-8, ..Lbfgs::default() };
/// let found = minimize(&mut valley, &mut x, &settings);
/// assert_eq!(found.reason, Reason::Gradient);
/// assert!((x[0] - 1.0).abs() < 1e-8 && (x[1] - 1.0).abs() < 1e-8);
/// assert!(found.evaluations < 60);
/// ```
pub fn minimize<T: Scalar, P: Problem<T> + ?Sized>(
    problem: &mut P,
    x: &mut [T],
    settings: &Lbfgs,
) -> Minimum {
    minimize_from(problem, x, settings, None)
}

/// [`minimize`], continued after an iteration that ended at `x` with this state.
pub fn minimize_from<T: Scalar, P: Problem<T> + ?Sized>(
    problem: &mut P,
    x: &mut [T],
    settings: &Lbfgs,
    state: Option<SearchState<T>>,
) -> Minimum {
    let mut gradient = vec![T::ZERO; x.len()];
    let (mut x_before, mut gradient_before) = (x.to_vec(), gradient.clone());
    let mut direction = vec![0.0; x.len()];
    let is_resumed = state.is_some();
    let mut search_state = state.unwrap_or_else(|| SearchState::new(settings));
    let value = problem.evaluate(x, &mut gradient);
    let mut now = Iteration {
        number: search_state.number,
        value,
        largest_derivative: largest(&gradient),
        // The evaluation at the point of the last iteration was counted in it.
        evaluations: search_state.evaluations.max(1),
    };
    let end = |now: Iteration, reason: Reason| Minimum {
        value: now.value,
        largest_derivative: now.largest_derivative,
        iterations: now.number,
        evaluations: now.evaluations,
        reason,
    };
    if !(value.is_finite() && now.largest_derivative.is_finite()) {
        return end(now, Reason::NotFinite);
    }
    if is_resumed && let Some(reason) = reason_to_end(&now, search_state.value_before, settings) {
        return end(now, reason);
    }
    if now.largest_derivative <= settings.gradient_tolerance {
        return end(now, Reason::Gradient);
    }
    if settings.max_iterations == 0 {
        return end(now, Reason::Iterations);
    }
    loop {
        let memory = &mut search_state.memory;
        memory.direction(&gradient, &mut direction);
        let directional_derivative = dot(&gradient, &direction);
        let length = direction.iter().map(|d| d * d).sum::<f64>().sqrt();
        x_before.copy_from_slice(x);
        gradient_before.copy_from_slice(&gradient);
        let before = now;
        // Without memory the direction is −g, whose length does not suit as a step.
        let first = if memory.is_empty() { 1.0 / length } else { 1.0 };
        let mut search = LineSearch::new(before.value, directional_derivative, first);
        let mut found = None;
        // Rounding can turn the direction uphill; then there is nothing to search for.
        let tries = if directional_derivative < 0.0 {
            MAX_SEARCH_EVALUATIONS
        } else {
            0
        };
        for _ in 0..tries {
            let step = search.step();
            for ((x, &from), &along) in x.iter_mut().zip(&x_before).zip(&direction) {
                *x = T::from_f64(from.to_f64() + step * along);
            }
            now.value = problem.evaluate(x, &mut gradient);
            now.evaluations += 1;
            let new_derivative = if now.value.is_finite() {
                dot(&gradient, &direction)
            } else {
                f64::NAN
            };
            if search.accepts(now.value, new_derivative) {
                found = Some((step, new_derivative));
                break;
            }
        }
        let Some((step, new_derivative)) = found else {
            x.copy_from_slice(&x_before);
            gradient.copy_from_slice(&gradient_before);
            now = Iteration {
                evaluations: now.evaluations,
                ..before
            };
            if memory.is_empty() {
                return end(now, Reason::LineSearch);
            }
            memory.clear();
            continue;
        };
        now.number += 1;
        now.largest_derivative = largest(&gradient);
        // A pair with almost no curvature would spoil the memory.
        if (new_derivative - directional_derivative) * step > f64::EPSILON * -directional_derivative * step {
            memory.remember(step, &direction, &gradient, &gradient_before);
        }
        (search_state.number, search_state.evaluations) = (now.number, now.evaluations);
        search_state.value_before = before.value;
        let flow = problem.on_iteration(x, &now);
        problem.on_state(&search_state, flow);
        if flow.is_break() {
            return end(now, Reason::Stopped);
        }
        if let Some(reason) = reason_to_end(&now, before.value, settings) {
            return end(now, reason);
        }
    }
}

/// Why the search ends after an iteration, before which the value was `before`; `None` where it goes on. Limits come before
/// tolerances, as in SciPy: if both are met, the limit is the reason.
fn reason_to_end(now: &Iteration, before: f64, settings: &Lbfgs) -> Option<Reason> {
    if now.number >= settings.max_iterations {
        return Some(Reason::Iterations);
    }
    if now.evaluations > settings.max_evaluations {
        return Some(Reason::Evaluations);
    }
    if now.largest_derivative <= settings.gradient_tolerance {
        return Some(Reason::Gradient);
    }
    let size = before.abs().max(now.value.abs()).max(1.0);
    (before - now.value <= settings.loss_tolerance * size).then_some(Reason::Decrease)
}

/// Σ a·b, in double precision, in this order whatever the number of threads.
fn dot<T: Scalar>(a: &[T], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.to_f64() * b).sum()
}

/// The largest magnitude; NaN if a number is NaN.
fn largest<T: Scalar>(numbers: &[T]) -> f64 {
    numbers.iter().fold(0.0, |most, number| {
        let size = number.to_f64().abs();
        if size > most || size.is_nan() { size } else { most }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bowl(x: &[f64], gradient: &mut [f64]) -> f64 {
        for (at, (derivative, x)) in gradient.iter_mut().zip(x).enumerate() {
            *derivative = 2.0 * (at + 1) as f64 * (x - 1.0);
        }
        x.iter()
            .zip(&*gradient)
            .map(|(x, derivative)| 0.5 * derivative * (x - 1.0))
            .sum()
    }

    #[test]
    fn limits_and_tolerances_end_the_search_and_are_reported() {
        let ended = |settings: Lbfgs| {
            let mut x = [5.0, -3.0, 0.5];
            (minimize(&mut bowl, &mut x, &settings), x)
        };
        let (found, x) = ended(Lbfgs::default());
        assert!(found.reason == Reason::Gradient && found.largest_derivative <= 1e-5);
        assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-5));
        let one = Lbfgs {
            max_iterations: 1,
            ..Lbfgs::default()
        };
        assert_eq!(
            (ended(one).0.reason, ended(one).0.iterations),
            (Reason::Iterations, 1)
        );
        let few = Lbfgs {
            max_evaluations: 2,
            ..Lbfgs::default()
        };
        let found = ended(few).0;
        assert!(
            found.reason == Reason::Evaluations && found.evaluations == 3,
            "{found:?}"
        );
        let loose = Lbfgs {
            loss_tolerance: 0.9,
            ..Lbfgs::default()
        };
        assert_eq!(ended(loose).0.reason, Reason::Decrease);
    }

    #[test]
    fn an_end_at_the_start_changes_nothing() {
        let mut x = [1.0, 1.0];
        let found = minimize(&mut bowl, &mut x, &Lbfgs::default());
        assert_eq!(
            (found.reason, found.evaluations, x),
            (Reason::Gradient, 1, [1.0, 1.0])
        );
        let mut broken = |_: &[f64], _: &mut [f64]| f64::NAN;
        let found = minimize(&mut broken, &mut x, &Lbfgs::default());
        assert_eq!((found.reason, x), (Reason::NotFinite, [1.0, 1.0]));
    }

    #[test]
    fn a_step_to_where_there_is_no_value_is_taken_back() {
        // −ln x + x, which has no value at 0 and below; the first step would lead there.
        let mut barrier = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 1.0 - 1.0 / x[0];
            if x[0] > 0.0 { x[0] - x[0].ln() } else { f64::NAN }
        };
        let mut x = [1.5];
        let settings = Lbfgs {
            gradient_tolerance: 1e-9,
            loss_tolerance: 0.0,
            ..Lbfgs::default()
        };
        let found = minimize(&mut barrier, &mut x, &settings);
        assert_eq!(found.reason, Reason::Gradient);
        assert!((x[0] - 1.0).abs() < 1e-8);
        let mut far = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 2.0 * x[0] + 1e3 * (1e3 * x[0]).exp();
            x[0] * x[0] + (1e3 * x[0]).exp()
        };
        let mut x = [-0.5];
        let found = minimize(&mut far, &mut x, &settings);
        assert!(
            found.value.is_finite() && found.largest_derivative < 1e-4,
            "{found:?}"
        );
    }

    #[test]
    fn a_function_with_a_corner_ends_by_the_line_search() {
        let mut corner = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = if x[0] > 0.3 { 1.0 } else { -1.0 };
            (x[0] - 0.3).abs()
        };
        let mut x = [2.0];
        let settings = Lbfgs {
            loss_tolerance: 0.0,
            ..Lbfgs::default()
        };
        let found = minimize(&mut corner, &mut x, &settings);
        assert!(
            matches!(found.reason, Reason::LineSearch | Reason::Decrease),
            "{found:?}"
        );
        assert!((x[0] - 0.3).abs() < 1e-3, "{x:?}");
    }
}

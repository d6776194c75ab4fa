//! Finds a step along a direction that satisfies the strong Wolfe conditions: sufficient decrease and small derivative.
//!
//! Moré & Thuente, *Line Search Algorithms with Guaranteed Sufficient Decrease*, 1994, as in MINPACK-2 (`dcsrch`), with the
//! constants of L-BFGS-B.

/// The least decrease, as a fraction of what the first derivative predicts.
const DECREASE: f64 = 1e-3;
/// The largest remaining derivative, as a fraction of the first.
const CURVATURE: f64 = 0.9;
/// The interval, over its upper end, that is too narrow to search on.
const NARROW: f64 = 0.1;
const LARGEST_STEP: f64 = 1e10;

/// A step, and value and derivative there.
#[derive(Debug, Clone, Copy)]
struct Point {
    step: f64,
    value: f64,
    derivative: f64,
}

impl Point {
    /// The same of the value minus the decrease that `derivative` predicts: the auxiliary function ψ of the paper.
    fn minus_line(self, derivative: f64) -> Self {
        Self {
            step: self.step,
            value: self.value - self.step * derivative,
            derivative: self.derivative - derivative,
        }
    }
}

/// A line search that receives value and derivative of one step after another.
#[derive(Debug)]
pub(super) struct LineSearch {
    start: Point,
    step: f64,
    /// The best step so far, and the other end of the interval that holds a minimum.
    best: Point,
    other: Point,
    is_bracketed: bool,
    /// Whether ψ was below 0 with a derivative of 0 or more: from then on the value itself is searched.
    is_past_first_stage: bool,
    least: f64,
    most: f64,
    limit: f64,
    width: f64,
    width_before: f64,
}

impl LineSearch {
    /// A search from a value with a derivative, which is below 0, that tries the step `first` at first.
    pub(super) fn new(value: f64, derivative: f64, first: f64) -> Self {
        let start = Point {
            step: 0.0,
            value,
            derivative,
        };
        let step = first.min(LARGEST_STEP);
        Self {
            start,
            step,
            best: start,
            other: start,
            is_bracketed: false,
            is_past_first_stage: false,
            least: 0.0,
            most: 5.0 * step,
            limit: LARGEST_STEP,
            width: LARGEST_STEP,
            width_before: 2.0 * LARGEST_STEP,
        }
    }

    /// The next step to try.
    pub(super) fn step(&self) -> f64 {
        self.step
    }

    /// Whether to accept the last step, which gave this value and derivative; otherwise there is a next one.
    pub(super) fn accepts(&mut self, value: f64, derivative: f64) -> bool {
        if !(value.is_finite() && derivative.is_finite()) {
            // No model fits such a point: try a much shorter step, and never again as far.
            self.limit = self.step;
            self.step = self.best.step + 0.1 * (self.step - self.best.step);
            self.most = self.most.min(self.limit);
            return false;
        }
        let here = Point {
            step: self.step,
            value,
            derivative,
        };
        let required = DECREASE * self.start.derivative;
        let bar = self.start.value + here.step * required;
        if !self.is_past_first_stage && value <= bar && derivative >= 0.0 {
            self.is_past_first_stage = true;
        }
        let is_stuck = self.is_bracketed
            && (here.step <= self.least
                || here.step >= self.most
                || self.most - self.least <= NARROW * self.most);
        let is_at_limit = here.step == self.limit && value <= bar && derivative <= required;
        let is_at_zero = here.step == 0.0 && (value > bar || derivative >= required);
        let is_good = value <= bar && derivative.abs() <= CURVATURE * -self.start.derivative;
        if is_stuck || is_at_limit || is_at_zero || is_good {
            return true;
        }
        // ψ, or the value itself: its line has the slope 0.
        let is_auxiliary = !self.is_past_first_stage && value <= self.best.value && value > bar;
        let slope = if is_auxiliary { required } else { 0.0 };
        let (mut best, mut other) = (self.best.minus_line(slope), self.other.minus_line(slope));
        self.narrow(&mut best, &mut other, here.minus_line(slope));
        (self.best, self.other) = (best.minus_line(-slope), other.minus_line(-slope));
        let (best, other) = (self.best.step, self.other.step);
        if self.is_bracketed {
            if (other - best).abs() >= 0.66 * self.width_before {
                self.step = best + 0.5 * (other - best);
            }
            self.width_before = self.width;
            self.width = (other - best).abs();
            (self.least, self.most) = (best.min(other), best.max(other));
        } else {
            self.least = self.step + 1.1 * (self.step - best);
            self.most = self.step + 4.0 * (self.step - best);
        }
        self.step = self.step.clamp(0.0, self.limit);
        let is_stuck = self.is_bracketed
            && (self.step <= self.least
                || self.step >= self.most
                || self.most - self.least <= NARROW * self.most);
        if is_stuck {
            self.step = best;
        }
        false
    }

    /// The next step by cubic and quadratic models of what was found, and the interval that holds a minimum: section 4 of
    /// the paper, `dcstep` of MINPACK-2.
    fn narrow(&mut self, best: &mut Point, other: &mut Point, here: Point) {
        let turns = here.derivative * (best.derivative / best.derivative.abs()) < 0.0;
        let (x, dx) = (best.step, best.derivative);
        let (p, dp) = (here.step, here.derivative);
        let theta =
            |a: Point, b: Point| 3.0 * (a.value - b.value) / (b.step - a.step) + a.derivative + b.derivative;
        let next;
        if here.value > best.value {
            // Higher: a minimum lies between. The cubic's, if it is nearer to the best than the quadratic's.
            let cubic = cubic_minimum(*best, here, theta(*best, here));
            let quadratic = x + dx / ((best.value - here.value) / (p - x) + dx) / 2.0 * (p - x);
            next = if (cubic - x).abs() < (quadratic - x).abs() {
                cubic
            } else {
                cubic + (quadratic - cubic) / 2.0
            };
            self.is_bracketed = true;
        } else if turns {
            // Lower, with a derivative the other way: a minimum lies between. The farther of the cubic's and the secant's.
            let cubic = cubic_minimum(here, *best, theta(*best, here));
            let secant = p + dp / (dp - dx) * (x - p);
            next = if (cubic - p).abs() > (secant - p).abs() {
                cubic
            } else {
                secant
            };
            self.is_bracketed = true;
        } else if dp.abs() < dx.abs() {
            // Lower, and less steep: the cubic's minimum, if the cubic has one beyond.
            let theta = theta(*best, here);
            let root = cubic_root(theta, dx, dp, true);
            let gamma = if p > x { -root } else { root };
            let ratio = ((gamma - dp) + theta) / ((gamma + (dx - dp)) + gamma);
            let farthest = if p > x { self.most } else { self.least };
            let cubic = if ratio < 0.0 && gamma != 0.0 {
                p + ratio * (x - p)
            } else {
                farthest
            };
            let secant = p + dp / (dp - dx) * (x - p);
            let (to_cubic, to_secant) = ((cubic - p).abs(), (secant - p).abs());
            next = if self.is_bracketed {
                let nearer = if to_cubic < to_secant { cubic } else { secant };
                let bound = p + 0.66 * (other.step - p);
                if p > x {
                    nearer.min(bound)
                } else {
                    nearer.max(bound)
                }
            } else {
                let farther = if to_cubic > to_secant { cubic } else { secant };
                farther.min(self.most).max(self.least)
            };
        } else if self.is_bracketed {
            // Lower, and as steep: the minimum of the cubic through the other end.
            next = cubic_minimum(here, *other, theta(*other, here));
        } else {
            next = if p > x { self.most } else { self.least };
        }
        if here.value > best.value {
            *other = here;
        } else {
            if turns {
                *other = *best;
            }
            *best = here;
        }
        self.step = next;
    }
}

/// The minimum of the cubic through two points with their derivatives, θ being 3·Δvalue/Δstep plus both derivatives.
fn cubic_minimum(from: Point, to: Point, theta: f64) -> f64 {
    let (a, b) = (from.derivative, to.derivative);
    let root = cubic_root(theta, a, b, false);
    let gamma = if to.step < from.step { -root } else { root };
    let ratio = ((gamma - a) + theta) / (((gamma - a) + gamma) + b);
    from.step + ratio * (to.step - from.step)
}

/// √(θ² − ab), safe from overflow; 0 where that is below 0 and may be.
fn cubic_root(theta: f64, a: f64, b: f64, may_be_below: bool) -> f64 {
    let scale = theta.abs().max(a.abs()).max(b.abs());
    let square = (theta / scale).powi(2) - (a / scale) * (b / scale);
    scale * if may_be_below { square.max(0.0) } else { square }.sqrt()
}

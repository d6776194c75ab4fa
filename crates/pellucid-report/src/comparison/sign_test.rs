//! The sign test: whether one of two variants is ahead in more seeds than chance explains.

use serde::Serialize;
use std::cmp::Ordering;

/// In how many seeds each of two variants was ahead, and how likely chance alone makes as large a difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignTest {
    /// Seeds in which the first was ahead.
    pub ahead: u64,
    /// Seeds in which the second was.
    pub behind: u64,
    /// Seeds in which neither was; they do not count.
    pub ties: u64,
    /// Two-sided p value: how often a fair coin comes down at least as one-sidedly.
    pub p: f64,
    /// `p` adjusted for several pairs by Holm's method; `p` itself for a single pair.
    pub p_adjusted: f64,
}

impl SignTest {
    /// Below it a difference counts as more than chance.
    pub const LEVEL: f64 = 0.05;

    /// Tests paired numbers, of which the lower is ahead. A number that is not finite is behind every finite one, and ties
    /// with its like.
    ///
    /// ```
    /// use pellucid_report::SignTest;
    ///
    /// let test = SignTest::from_pairs([(1.0, 2.0), (1.0, 3.0), (2.0, 2.0), (1.0, f64::INFINITY)]);
    /// assert_eq!((test.ahead, test.behind, test.ties, test.p), (3, 0, 1, 0.25));
    /// ```
    pub fn from_pairs(pairs: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let (mut ahead, mut behind, mut ties) = (0, 0, 0);
        let worst = |number: f64| if number.is_finite() { number } else { f64::INFINITY };
        for (one, other) in pairs {
            match worst(one).partial_cmp(&worst(other)) {
                Some(Ordering::Less) => ahead += 1,
                Some(Ordering::Greater) => behind += 1,
                _ => ties += 1,
            }
        }
        let p = two_sided(ahead, behind);
        Self {
            ahead,
            behind,
            ties,
            p,
            p_adjusted: p,
        }
    }

    /// Whether the difference is more than chance.
    pub fn is_distinct(&self) -> bool {
        self.p_adjusted < Self::LEVEL
    }
}

/// P(at least as one-sided) of `ahead` + `behind` tosses of a fair coin.
fn two_sided(ahead: u64, behind: u64) -> f64 {
    let tosses = ahead + behind;
    let fewer = ahead.min(behind);
    let ratio = |k: u64| (tosses - k + 1) as f64 / k as f64;
    let mut tail = 0.0;
    if tosses <= 1000 {
        let mut term = 0.5_f64.powi(tosses as i32);
        tail += term;
        for k in 1..=fewer {
            term *= ratio(k);
            tail += term;
        }
    } else {
        // Logarithms, because 2⁻ⁿ is soon too small for a double.
        let mut log_term = -(tosses as f64) * std::f64::consts::LN_2;
        for k in 1..=fewer {
            log_term += ratio(k).ln();
            tail += log_term.exp();
        }
    }
    (2.0 * tail).min(1.0)
}

/// Holm, *A Simple Sequentially Rejective Multiple Test Procedure*, 1979: the i-th smallest of m p values times m − i,
/// counted from 0, and no smaller than the one before.
pub(super) fn adjust(tests: &mut [&mut SignTest]) {
    tests.sort_by(|a, b| a.p.total_cmp(&b.p));
    let count = tests.len();
    let mut least: f64 = 0.0;
    for (index, test) in tests.iter_mut().enumerate() {
        least = least.max(((count - index) as f64 * test.p).min(1.0));
        test.p_adjusted = least;
    }
}

/// The fewest seeds with which a variant that is ahead in all of them is so by more than chance, among `pairs` pairs.
pub(super) fn fewest_seeds(pairs: usize) -> u64 {
    (1..64)
        .find(|&seeds| two_sided(seeds, 0) * (pairs.max(1) as f64) < SignTest::LEVEL)
        .unwrap_or(64)
}

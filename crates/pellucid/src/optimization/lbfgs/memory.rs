//! The memory of L-BFGS: its last steps, and the search direction that follows from them.

use crate::scalar::Scalar;

/// The last steps s and changes of the gradient y.
pub(super) struct Memory<T> {
    pairs: Vec<Pair<T>>,
    history: usize,
    /// The index of the oldest pair once all places are taken; the next pair replaces it.
    oldest: usize,
    used: usize,
    parameters: usize,
}

struct Pair<T> {
    s: Vec<T>,
    y: Vec<T>,
    /// sᵀy and yᵀy.
    curvature: f64,
    squares: f64,
    /// α of the first loop.
    alpha: f64,
}

impl<T: Scalar> Memory<T> {
    pub(super) fn new(parameters: usize, history: usize) -> Self {
        Self {
            pairs: Vec::new(),
            history,
            oldest: 0,
            used: 0,
            parameters,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    pub(super) fn clear(&mut self) {
        (self.used, self.oldest) = (0, 0);
    }

    /// Remembers a step along a direction, and the gradients after and before it.
    pub(super) fn remember(&mut self, step: f64, direction: &[f64], after: &[T], before: &[T]) {
        if self.history == 0 {
            return;
        }
        let place = if self.used < self.history {
            self.used += 1;
            self.used - 1
        } else {
            let place = self.oldest;
            self.oldest = (self.oldest + 1) % self.history;
            place
        };
        if place == self.pairs.len() {
            self.pairs.push(Pair {
                s: vec![T::ZERO; self.parameters],
                y: vec![T::ZERO; self.parameters],
                curvature: 0.0,
                squares: 0.0,
                alpha: 0.0,
            });
        }
        let pair = &mut self.pairs[place];
        (pair.curvature, pair.squares) = (0.0, 0.0);
        let changes = after
            .iter()
            .zip(before)
            .map(|(after, before)| after.to_f64() - before.to_f64());
        for (((s, y), along), change) in pair.s.iter_mut().zip(&mut pair.y).zip(direction).zip(changes) {
            let moved = step * along;
            *s = T::from_f64(moved);
            *y = T::from_f64(change);
            pair.curvature += moved * change;
            pair.squares += change * change;
        }
    }

    /// −H·g, H being the inverse Hessian that the pairs approximate: Nocedal & Wright, *Numerical Optimization*, 2006, algorithm
    /// 7.4. Without pairs it is −g.
    pub(super) fn direction(&mut self, gradient: &[T], direction: &mut [f64]) {
        for (d, g) in direction.iter_mut().zip(gradient) {
            *d = -g.to_f64();
        }
        let places = |nth: usize| (self.oldest + nth) % self.history.max(1);
        for nth in (0..self.used).rev() {
            let pair = &mut self.pairs[places(nth)];
            pair.alpha = super::dot(&pair.s, direction) / pair.curvature;
            for (d, y) in direction.iter_mut().zip(&pair.y) {
                *d -= pair.alpha * y.to_f64();
            }
        }
        if self.used > 0 {
            let latest = &self.pairs[places(self.used - 1)];
            let scale = latest.curvature / latest.squares;
            direction.iter_mut().for_each(|d| *d *= scale);
        }
        for nth in 0..self.used {
            let pair = &self.pairs[places(nth)];
            let change = pair.alpha - super::dot(&pair.y, direction) / pair.curvature;
            for (d, s) in direction.iter_mut().zip(&pair.s) {
                *d += change * s.to_f64();
            }
        }
    }
}

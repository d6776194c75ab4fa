//! The memory of L-BFGS: its last steps, and the search direction that follows from them.

use crate::error::Result;
use crate::scalar::Scalar;
use crate::state::State;
use std::collections::VecDeque;

/// The last steps s and changes of the gradient y, the oldest first.
pub(super) struct Memory<T> {
    pairs: VecDeque<Pair<T>>,
    history: usize,
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
    /// A memory of the last `history` steps, still empty.
    pub(super) fn new(history: usize) -> Self {
        let pairs = VecDeque::new();
        Self { pairs, history }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.pairs.clear();
    }

    /// Adds the pairs to a state.
    pub(super) fn save(&self, state: &mut State) {
        state.put_counts("lbfgs/pairs", &[self.pairs.len() as u64]);
        for (index, pair) in self.pairs.iter().enumerate() {
            state.put_numbers(&format!("lbfgs/{index}/s"), &pair.s);
            state.put_numbers(&format!("lbfgs/{index}/y"), &pair.y);
            state.put_numbers(
                &format!("lbfgs/{index}/products"),
                &[pair.curvature, pair.squares],
            );
        }
    }

    /// Continues from a state of a search among `count` parameters.
    pub(super) fn load(&mut self, count: usize, state: &State) -> Result<()> {
        let [pairs] = state.count("lbfgs/pairs")?;
        self.pairs.clear();
        for index in 0..pairs {
            let (mut s, mut y) = (vec![T::ZERO; count], vec![T::ZERO; count]);
            state.copy_numbers(&format!("lbfgs/{index}/s"), &mut s)?;
            state.copy_numbers(&format!("lbfgs/{index}/y"), &mut y)?;
            let [curvature, squares] = state.exactly(&format!("lbfgs/{index}/products"))?;
            self.pairs.push_back(Pair {
                s,
                y,
                curvature,
                squares,
                alpha: 0.0,
            });
        }
        Ok(())
    }

    /// Remembers a step along a direction, and the gradients after and before it.
    pub(super) fn remember(&mut self, step: f64, direction: &[f64], after: &[T], before: &[T]) {
        if self.history == 0 {
            return;
        }
        let forgotten = if self.pairs.len() == self.history {
            self.pairs.pop_front()
        } else {
            None
        };
        let mut pair = forgotten.unwrap_or_else(|| Pair {
            s: vec![T::ZERO; direction.len()],
            y: vec![T::ZERO; direction.len()],
            curvature: 0.0,
            squares: 0.0,
            alpha: 0.0,
        });
        (pair.curvature, pair.squares) = (0.0, 0.0);
        let gradients = after.iter().zip(before);
        let changes = gradients.map(|(after, before)| after.to_f64() - before.to_f64());
        for (((s, y), along), change) in pair.s.iter_mut().zip(&mut pair.y).zip(direction).zip(changes) {
            let moved = step * along;
            *s = T::from_f64(moved);
            *y = T::from_f64(change);
            pair.curvature += moved * change;
            pair.squares += change * change;
        }
        self.pairs.push_back(pair);
    }

    /// −H·g, H being the inverse Hessian that the pairs approximate: Nocedal & Wright, *Numerical Optimization*, 2006, algorithm
    /// 7.4. Without pairs it is −g.
    pub(super) fn direction(&mut self, gradient: &[T], direction: &mut [f64]) {
        for (d, g) in direction.iter_mut().zip(gradient) {
            *d = -g.to_f64();
        }
        for pair in self.pairs.iter_mut().rev() {
            pair.alpha = super::dot(&pair.s, direction) / pair.curvature;
            for (d, y) in direction.iter_mut().zip(&pair.y) {
                *d -= pair.alpha * y.to_f64();
            }
        }
        if let Some(latest) = self.pairs.back() {
            let scale = latest.curvature / latest.squares;
            direction.iter_mut().for_each(|d| *d *= scale);
        }
        for pair in &self.pairs {
            let change = pair.alpha - super::dot(&pair.y, direction) / pair.curvature;
            for (d, s) in direction.iter_mut().zip(&pair.s) {
                *d += change * s.to_f64();
            }
        }
    }
}

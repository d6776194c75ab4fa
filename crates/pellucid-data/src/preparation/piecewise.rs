//! The piecewise-linear encoding of a number by bins: a feature for each, which is 0 below the bin, 1 above it and the part of
//! it that lies below the number within.
//!
//! With edges b₀ < b₁ < … < b_T, feature t of the number x is (x − b_{t−1})/(b_t − b_{t−1}), but 0 where x < b_{t−1} and t > 1, and
//! 1 where x ≥ b_t and t < T. So the first feature is below 0 for numbers below b₀, and the last above 1 for numbers above b_T.
//! Y. Gorishniy, I. Rubachev and A. Babenko, *On Embeddings for Numerical Features in Tabular Deep Learning*, 2022, section 3.2,
//! equation 1, [arXiv 2203.05556](https://arxiv.org/abs/2203.05556).

use super::tree_edges::{LEAST_ROWS, tree_edges};
use pellucid::Scalar;
use pellucid::data::dataset::Targets;

/// The most bins of a number, unless the settings say.
pub const USUAL_BINS: usize = 8;

/// How the edges of bins are chosen.
#[derive(Debug, Clone)]
pub(super) enum BinChoice {
    /// Numbers have no bins.
    None,
    /// Edges are quantiles of the training rows; at most so many bins.
    Quantiles(usize),
    /// Edges are where a tree of at most so many leaves splits the training rows, of which these are the targets.
    Tree(usize, Targets<f64>),
}

impl BinChoice {
    /// The edges by training rows, NaN where missing, of which `sorted` are the others. No edges where there are no bins, one
    /// where all numbers are equal. `None` if the numbers are too large to compute with.
    pub(super) fn edges(&self, values: &[f64], sorted: &[f64]) -> Option<Vec<f64>> {
        let range = sorted.last()? - sorted.first()?;
        let edges = match self {
            Self::None => return Some(Vec::new()),
            Self::Quantiles(most) => quantile_edges(sorted, *most),
            Self::Tree(most, targets) => tree_edges(values, targets, *most, LEAST_ROWS),
        };
        range.is_finite().then_some(edges)
    }
}

/// The quantiles of sorted numbers at 0, 1/`most`, …, 1 with linear interpolation, as `numpy.quantile` has it, equal ones
/// merged. Places are exact fractions, so that edges on equal numbers are equal.
pub(super) fn quantile_edges(sorted: &[f64], most: usize) -> Vec<f64> {
    let last = sorted.len() - 1;
    let at = |index: usize| {
        let (below, rest) = (index * last / most, index * last % most);
        let above = (below + 1).min(last);
        sorted[below] + (sorted[above] - sorted[below]) * (rest as f64 / most as f64)
    };
    let mut edges: Vec<f64> = (0..=most).map(at).collect();
    edges.dedup();
    edges
}

/// Writes the encoding of a number, a feature for each bin.
pub(super) fn encode<T: Scalar>(value: f64, edges: &[f64], features: &mut [T]) {
    let last = features.len().saturating_sub(1);
    for (bin, (feature, edges)) in features.iter_mut().zip(edges.windows(2)).enumerate() {
        let (low, high) = (edges[0], edges[1]);
        *feature = if bin > 0 && value < low {
            T::ZERO
        } else if bin < last && value >= high {
            T::ONE
        } else {
            T::from_f64((value - low) / (high - low))
        };
    }
}

/// Whether edges make bins, as those of a file of one's own making may not.
pub(super) fn are_edges(edges: &[f64]) -> bool {
    let is_bin = |pair: &[f64]| pair[0] < pair[1] && (pair[1] - pair[0]).is_finite();
    edges.iter().all(|edge| edge.is_finite()) && edges.windows(2).all(is_bin)
}

#[cfg(test)]
mod tests;

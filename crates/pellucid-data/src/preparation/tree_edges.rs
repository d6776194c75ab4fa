//! Edges of bins where a small decision tree of one column splits the training rows by their targets.
//!
//! The tree is grown best first: of all leaves, the one whose best split takes most from the impurity is split next. The impurity
//! of a leaf is its number of rows times the variance of the targets, summed over their columns. For classes, of which
//! each is a column of 0 and 1, that is the Gini impurity. L. Breiman, J. Friedman, R. Olshen and C. Stone, *Classification and
//! Regression Trees*, 1984; Gorishniy, Rubachev and Babenko 2022, section 3.2.2.

use super::moments::mean_and_std;
use pellucid::data::dataset::Targets;

/// The fewest rows of a leaf.
pub(super) const LEAST_ROWS: usize = 16;
/// A split that takes less than this part from the impurity of all rows is rounding.
const LEAST_GAIN: f64 = 1e-12;

/// The smallest number, the thresholds of the tree in order, and the largest. Thresholds are in the middle between two numbers. Of
/// equal splits the lowest is taken.
///
/// `values` are of training rows, NaN where missing, `targets` of the same rows. One edge where all numbers are equal.
pub(super) fn tree_edges(
    values: &[f64],
    targets: &Targets<f64>,
    most_leaves: usize,
    least_rows: usize,
) -> Vec<f64> {
    let mut rows: Vec<(f64, usize)> = values
        .iter()
        .copied()
        .zip(0..)
        .filter(|(value, _)| !value.is_nan())
        .collect();
    rows.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let [(smallest, _), .., (largest, _)] = rows[..] else {
        return rows.iter().map(|(value, _)| *value).collect();
    };
    let column = Column {
        responses: Responses::new(targets, &rows),
        values: rows.iter().map(|(value, _)| *value).collect(),
        least_rows: least_rows.max(1),
    };
    let mut edges = column.thresholds(most_leaves);
    edges.extend([smallest, largest]);
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    edges
}

/// The targets of rows that are sorted by their number.
enum Responses {
    /// The class of each row, and the number of classes.
    Classes(Vec<usize>, usize),
    /// (rows, width), each column with mean 0.
    Numbers(Vec<f64>, usize),
}

impl Responses {
    fn new(targets: &Targets<f64>, rows: &[(f64, usize)]) -> Self {
        match targets {
            Targets::Classes { labels, classes } => {
                let class = |(_, row): &(f64, usize)| labels[*row] as usize;
                Self::Classes(rows.iter().map(class).collect(), *classes)
            }
            Targets::Dense(matrix) => {
                let width = matrix.columns();
                let mut numbers: Vec<f64> = rows
                    .iter()
                    .flat_map(|(_, row)| matrix.row(*row))
                    .copied()
                    .collect();
                for column in 0..width {
                    let of_column = numbers.iter().skip(column).step_by(width);
                    let (mean, _) = mean_and_std(of_column.copied());
                    numbers
                        .iter_mut()
                        .skip(column)
                        .step_by(width)
                        .for_each(|number| *number -= mean);
                }
                Self::Numbers(numbers, width)
            }
        }
    }

    /// The sums over no rows.
    fn no_sums(&self) -> Sums {
        let (Self::Classes(_, width) | Self::Numbers(_, width)) = self;
        Sums {
            of_columns: vec![0.0; *width],
            squares: 0.0,
            rows: 0.0,
        }
    }
}

/// The sum of each column of the targets over some rows.
struct Sums {
    of_columns: Vec<f64>,
    /// The sum of the squares of these sums.
    squares: f64,
    rows: f64,
}

impl Sums {
    /// Adds a row, or with `sign` −1 takes it away.
    fn add(&mut self, sign: f64, responses: &Responses, row: usize) {
        self.rows += sign;
        match responses {
            // Exact, and of one column only.
            Responses::Classes(classes, _) => {
                let sum = &mut self.of_columns[classes[row]];
                self.squares += 2.0 * sign * *sum + 1.0;
                *sum += sign;
            }
            Responses::Numbers(numbers, width) => {
                let numbers = &numbers[row * width..(row + 1) * width];
                for (sum, number) in self.of_columns.iter_mut().zip(numbers) {
                    *sum += sign * number;
                }
                self.squares = self.of_columns.iter().map(|sum| sum * sum).sum();
            }
        }
    }

    /// What the mean of the rows takes from the sum of the squares of their targets.
    fn explained(&self) -> f64 {
        self.squares / self.rows
    }
}

/// A column, sorted.
struct Column {
    values: Vec<f64>,
    responses: Responses,
    least_rows: usize,
}

/// Rows of a sorted column, and their best split.
struct Leaf {
    start: usize,
    end: usize,
    split: Option<Split>,
}

struct Split {
    /// The first row of the right side.
    at: usize,
    /// What it takes from the impurity.
    gain: f64,
}

impl Column {
    /// Where a tree of at most so many leaves splits, in the order of growth.
    fn thresholds(&self, most_leaves: usize) -> Vec<f64> {
        let least_gain = LEAST_GAIN * self.impurity();
        let leaf = |start, end| Leaf {
            start,
            end,
            split: self
                .best_split(start, end)
                .filter(|split| split.gain > least_gain),
        };
        let mut leaves = vec![leaf(0, self.values.len())];
        let mut thresholds = Vec::new();
        while leaves.len() < most_leaves {
            let gain = |leaf: &Leaf| leaf.split.as_ref().map(|split| split.gain);
            let mut best: Option<(usize, f64)> = None;
            for (index, found) in leaves
                .iter()
                .enumerate()
                .filter_map(|(index, leaf)| Some((index, gain(leaf)?)))
            {
                if best.is_none_or(|(_, gain)| found > gain) {
                    best = Some((index, found));
                }
            }
            let Some((index, _)) = best else {
                break;
            };
            let Leaf { start, end, split } = &leaves[index];
            let Some(at) = split.as_ref().map(|split| split.at) else {
                break;
            };
            thresholds.push(self.values[at - 1].midpoint(self.values[at]));
            let halves = [leaf(*start, at), leaf(at, *end)];
            leaves.splice(index..=index, halves);
        }
        thresholds
    }

    /// The sum over all rows of the squared distance to the mean.
    fn impurity(&self) -> f64 {
        let rows = self.values.len();
        let mut sums = self.responses.no_sums();
        (0..rows).for_each(|row| sums.add(1.0, &self.responses, row));
        let squares = match &self.responses {
            Responses::Classes(..) => rows as f64,
            Responses::Numbers(numbers, _) => numbers.iter().map(|number| number * number).sum(),
        };
        squares - sums.explained()
    }

    /// The split of these rows that takes most from their impurity; `None` where no split leaves enough rows on both sides.
    fn best_split(&self, start: usize, end: usize) -> Option<Split> {
        let (mut left, mut right) = (self.responses.no_sums(), self.responses.no_sums());
        (start..end).for_each(|row| right.add(1.0, &self.responses, row));
        let of_all = right.explained();
        let mut best: Option<Split> = None;
        for at in start + 1..end {
            left.add(1.0, &self.responses, at - 1);
            right.add(-1.0, &self.responses, at - 1);
            let is_possible = self.values[at - 1] < self.values[at]
                && at - start >= self.least_rows
                && end - at >= self.least_rows;
            if is_possible {
                let gain = left.explained() + right.explained() - of_all;
                if best.as_ref().is_none_or(|best| gain > best.gain) {
                    best = Some(Split { at, gain });
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests;

//! Which samples, inputs and units of a large network are shown: the same ones in every matrix, so that a row of one
//! matrix still meets the column of the next.

use pellucid::inspection::explanation::Explanation;

/// The meaning of the rows or columns of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Axis {
    /// There is only one.
    One,
    Samples,
    /// The inputs for 0, then the units of layer 1, 2, ….
    Units(usize),
}

/// The length of an axis, and the indices that are shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    pub(super) length: usize,
    pub(super) indices: Vec<usize>,
}

impl Shown {
    fn all(length: usize) -> Self {
        Self {
            length,
            indices: (0..length).collect(),
        }
    }

    /// The first ones and the last, of those that matter where there are too many.
    fn some(length: usize, most: usize, matters: impl Fn(usize) -> bool, also: Option<usize>) -> Self {
        if length <= most {
            return Self::all(length);
        }
        let mut indices: Vec<usize> = (0..length).filter(|&index| matters(index)).collect();
        if indices.len() < 2 {
            indices = (0..length).collect();
        }
        if indices.len() > most {
            let last = indices[indices.len() - 1];
            indices.truncate(most.max(2) - 1);
            indices.push(last);
        }
        if let Some(also) = also.filter(|also| !indices.contains(also)) {
            if indices.len() >= most {
                indices.remove(indices.len() - 2);
            }
            indices.push(also);
            indices.sort_unstable();
        }
        Self { length, indices }
    }

    pub(super) fn hidden(&self) -> usize {
        self.length - self.indices.len()
    }

    /// The shown indices in order, with a gap, `None`, wherever some are left out.
    pub(super) fn with_gaps(&self) -> Vec<Option<usize>> {
        let mut all = Vec::new();
        let mut next = 0;
        for &index in &self.indices {
            all.extend((index > next).then_some(None));
            all.push(Some(index));
            next = index + 1;
        }
        all.extend((next < self.length).then_some(None));
        all
    }
}

/// All axes of a network and its batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axes {
    one: Shown,
    pub(super) samples: Shown,
    units: Vec<Shown>,
    /// The number of inputs that are not 0 in every sample, where most inputs are.
    pub(super) inputs_that_count: Option<usize>,
}

impl Axes {
    /// Up to `most` of each, and also one unit: its layer, counted from 1, and its index, from 0. All where `full`.
    pub(super) fn new(
        explanation: &Explanation,
        most: usize,
        full: bool,
        also: Option<(usize, usize)>,
    ) -> Self {
        let most = if full { usize::MAX } else { most.max(2) };
        let inputs = explanation.input.first().map_or(0, |row| row.0.len());
        let counts: Vec<bool> = (0..inputs)
            .map(|input| explanation.input.iter().any(|row| row.0[input] != 0.0))
            .collect();
        let that_count = counts.iter().filter(|&&counts| counts).count();
        let is_zero_rich = 2 * that_count < inputs && inputs > most.min(16);
        let also_of = |layer: usize| also.filter(|(of, _)| *of == layer).map(|(_, unit)| unit);
        let matters = |input: usize| !is_zero_rich || counts[input];
        let mut units = vec![Shown::some(inputs, most, matters, None)];
        for (index, layer) in explanation.layers.iter().enumerate() {
            // Also the output of the first sample's class.
            let is_last = index + 1 == explanation.layers.len();
            let targets = explanation.target.first().filter(|_| is_last);
            let of_target = targets.and_then(|row| row.0.iter().position(|&y| y == 1.0));
            let also = also_of(index + 1).or(of_target);
            units.push(Shown::some(layer.fan_out, most, |_| true, also));
        }
        Self {
            one: Shown::all(1),
            samples: Shown::some(explanation.rows.len(), most, |_| true, None),
            units,
            inputs_that_count: is_zero_rich.then_some(that_count),
        }
    }

    /// Whether anything is hidden.
    pub(super) fn hides_any(&self) -> bool {
        let mut all = self.units.iter().chain([&self.samples]);
        all.any(|shown| shown.hidden() > 0)
    }

    /// The shown places of a matrix, row by row.
    pub(super) fn places(&self, rows: Axis, columns: Axis) -> impl Iterator<Item = (usize, usize)> {
        let (rows, columns) = (self.shown(rows).indices.iter(), &self.shown(columns).indices);
        rows.flat_map(move |&row| columns.iter().map(move |&column| (row, column)))
    }

    pub(super) fn shown(&self, axis: Axis) -> &Shown {
        match axis {
            Axis::One => &self.one,
            Axis::Samples => &self.samples,
            Axis::Units(layer) => &self.units[layer],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_and_the_one_asked_for() {
        assert_eq!(Shown::some(5, 6, |_| true, None).indices, [0, 1, 2, 3, 4]);
        assert_eq!(Shown::some(100, 4, |_| true, None).indices, [0, 1, 2, 99]);
        assert_eq!(
            Shown::some(100, 4, |index| index % 10 == 5, None).indices,
            [5, 15, 25, 95]
        );
        let with = Shown::some(100, 4, |_| true, Some(50));
        assert_eq!(with.indices, [0, 1, 50, 99]);
        assert_eq!(with.hidden(), 96);
    }
}

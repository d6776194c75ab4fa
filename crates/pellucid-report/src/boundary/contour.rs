//! The lines along which a function on a grid is zero: marching squares, with linear interpolation along edges.

use std::collections::HashMap;

use crate::mark::Point;

/// A column and a row of the grid.
type Corner = (usize, usize);
/// An edge of the grid, from its smaller corner.
type Edge = (Corner, Corner);

/// The lines along which `values` (rows of `columns` numbers) change their sign, in units of the grid: x is the column,
/// y the row. NaN has no line.
pub(crate) fn zero_lines(values: &[f64], columns: usize) -> Vec<Vec<Point>> {
    let rows = values.len() / columns.max(1);
    let at = |(column, row): Corner| values[row * columns + column];
    let mut pieces = Vec::new();
    for (row, column) in (1..rows).flat_map(|row| (1..columns).map(move |column| (row, column))) {
        let corners = [
            (column - 1, row - 1),
            (column, row - 1),
            (column, row),
            (column - 1, row),
        ];
        if corners.iter().any(|&corner| at(corner).is_nan()) {
            continue;
        }
        // The edges that a line crosses, in their order around the square.
        let sides = (0..4).map(|side| (corners[side], corners[(side + 1) % 4]));
        let crossed: Vec<Edge> = sides
            .map(|(a, b)| (a.min(b), a.max(b)))
            .filter(|&(from, to)| (at(from) > 0.0) != (at(to) > 0.0))
            .collect();
        match crossed[..] {
            [a, b] => pieces.push((a, b)),
            [a, b, c, d] => {
                // A saddle: the middle says which corners belong together.
                let middle: f64 = corners.iter().map(|&corner| at(corner)).sum();
                match (middle > 0.0) == (at(corners[0]) > 0.0) {
                    true => pieces.extend([(a, b), (c, d)]),
                    false => pieces.extend([(d, a), (b, c)]),
                }
            }
            _ => {}
        }
    }
    let point = |(from, to): Edge| {
        let (low, high) = (at(from), at(to));
        let part = if low == high { 0.5 } else { low / (low - high) };
        let along = |from: usize, to: usize| from as f64 + (to as f64 - from as f64) * part;
        (along(from.0, to.0), along(from.1, to.1))
    };
    let lines = chained(&pieces).into_iter();
    lines.map(|line| line.into_iter().map(point).collect()).collect()
}

/// Joins pieces to lines as long as possible.
fn chained(pieces: &[(Edge, Edge)]) -> Vec<Vec<Edge>> {
    let mut at: HashMap<Edge, Vec<usize>> = HashMap::new();
    for (index, (a, b)) in pieces.iter().enumerate() {
        at.entry(*a).or_default().push(index);
        at.entry(*b).or_default().push(index);
    }
    let mut used = vec![false; pieces.len()];
    let mut lines = Vec::new();
    let mut walk = |start: usize, from: Edge, used: &mut Vec<bool>| {
        let mut line = vec![from];
        let mut next = Some(start);
        while let Some(index) = next {
            used[index] = true;
            let (a, b) = pieces[index];
            let end = if line.last() == Some(&a) { b } else { a };
            line.push(end);
            next = at[&end].iter().copied().find(|&piece| !used[piece]);
        }
        lines.push(line);
    };
    // Lines that end at the border from their ends, then closed ones from anywhere.
    for (index, &(a, b)) in pieces.iter().enumerate() {
        for end in [a, b] {
            if !used[index] && at[&end].len() == 1 {
                walk(index, end, &mut used);
            }
        }
    }
    for (index, &(a, _)) in pieces.iter().enumerate() {
        if !used[index] {
            walk(index, a, &mut used);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(columns: usize, rows: usize, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (column as f64, row as f64)))
            .map(|(x, y)| f(x, y))
            .collect()
    }

    #[test]
    fn a_circle_is_one_closed_line_of_its_radius() {
        let values = sampled(41, 41, |x, y| (x - 20.0).hypot(y - 20.0) - 12.3);
        let lines = zero_lines(&values, 41);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        for (x, y) in &lines[0] {
            assert!(((x - 20.0).hypot(y - 20.0) - 12.3).abs() < 0.02, "{x}, {y}");
        }
    }

    #[test]
    fn a_plane_is_one_straight_line_from_border_to_border() {
        let values = sampled(30, 20, |x, y| x - 0.5 * y - 7.25);
        let lines = zero_lines(&values, 30);
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert!(line.iter().all(|(x, y)| (x - 0.5 * y - 7.25).abs() < 1e-9));
        let mut ends = [line[0].1, line[line.len() - 1].1];
        ends.sort_by(f64::total_cmp);
        assert_eq!(ends, [0.0, 19.0]);
    }

    #[test]
    fn what_has_one_sign_or_is_no_number_has_no_line() {
        assert!(zero_lines(&[1.0; 100], 10).is_empty());
        assert!(zero_lines(&[f64::NAN; 100], 10).is_empty());
        assert!(zero_lines(&[], 0).is_empty());
    }

    #[test]
    fn a_chessboard_of_saddles_has_every_crossing_once() {
        let values = sampled(6, 6, |x, y| {
            if (x as usize + y as usize).is_multiple_of(2) {
                1.0
            } else {
                -1.0
            }
        });
        let corners: usize = zero_lines(&values, 6).iter().map(|line| line.len() - 1).sum();
        assert_eq!(corners, 2 * 25, "two pieces in each square");
    }
}

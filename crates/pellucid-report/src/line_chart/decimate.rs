//! Thins a curve to the points that change its picture at a given number of pixels.

use crate::mark::Point;

/// Thins a curve already in pixels to at most four points a pixel column — the first, the lowest, the highest and the
/// last, in their order — so that no spike is lost however many points fall on one column.
///
/// `None` is a gap; the result has one piece between each two gaps. A gap that begins and ends in the same pixel column
/// cannot be seen and is closed, or a curve with a million gaps would need a million pieces.
pub(crate) fn decimate(points: impl IntoIterator<Item = Option<Point>>) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    let mut column: Vec<Point> = Vec::new();
    let mut gap = true;
    for point in points {
        let Some(point) = point else {
            gap = true;
            continue;
        };
        if column.first().map(|first| column_of(*first)) != Some(column_of(point)) {
            thin(&mut column, &mut pieces);
            if gap {
                pieces.push(Vec::new());
            }
        }
        column.push(point);
        gap = false;
    }
    thin(&mut column, &mut pieces);
    pieces
}

fn column_of(point: Point) -> i64 {
    point.0.floor() as i64
}

/// Moves the points of a pixel column that are kept to the last piece.
fn thin(column: &mut Vec<Point>, pieces: &mut [Vec<Point>]) {
    let Some(piece) = pieces.last_mut() else { return };
    let furthest = |is_further: fn(&f64, &f64) -> bool| {
        let better = |best: usize, at: usize| is_further(&column[at].1, &column[best].1);
        (0..column.len()).fold(0, |best, at| if better(best, at) { at } else { best })
    };
    let (highest, lowest) = (furthest(f64::lt), furthest(f64::gt));
    let last = column.len().saturating_sub(1);
    for at in [0, highest.min(lowest), highest.max(lowest), last] {
        if let Some(point) = column.get(at).filter(|point| piece.last() != Some(*point)) {
            piece.push(*point);
        }
    }
    column.clear();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_million_points_become_a_few_thousand_and_keep_their_spike() {
        let spike = 333_333;
        let points = (0..1_000_000).map(|i| {
            let y = if i == spike { 1.0 } else { 300.0 + f64::from(i % 7) };
            Some((f64::from(i) * 0.0008, y))
        });
        let pieces = decimate(points);
        assert_eq!(pieces.len(), 1);
        assert!(pieces[0].len() <= 4 * 801, "{}", pieces[0].len());
        assert!(pieces[0].contains(&(f64::from(spike) * 0.0008, 1.0)));
    }

    #[test]
    fn few_points_are_left_alone() {
        let points = [(0.0, 1.0), (10.0, 2.0), (20.0, 0.5)];
        assert_eq!(decimate(points.map(Some)), vec![points.to_vec()]);
    }

    #[test]
    fn gaps_split_and_gaps_within_a_pixel_do_not() {
        let pieces = decimate([
            Some((0.0, 1.0)),
            None,
            Some((9.0, 1.0)),
            None,
            Some((9.5, 2.0)),
            None,
        ]);
        assert_eq!(pieces, vec![vec![(0.0, 1.0)], vec![(9.0, 1.0), (9.5, 2.0)]]);
        assert!(decimate([None, None]).is_empty());
    }

    proptest! {
        #[test]
        fn every_column_keeps_its_extremes_and_nothing_is_invented(
            ys in prop::collection::vec(prop::option::weighted(0.9, 0.0..400.0f64), 0..400)
        ) {
            let points: Vec<Option<Point>> =
                ys.iter().enumerate().map(|(i, y)| y.map(|y| (i as f64 * 0.07, y))).collect();
            let pieces = decimate(points.clone());
            let kept: Vec<Point> = pieces.iter().flatten().copied().collect();
            let originals: Vec<Point> = points.iter().flatten().copied().collect();
            prop_assert!(kept.iter().all(|point| originals.contains(point)));
            prop_assert!(kept.iter().all(|point| point.0.is_finite()));
            prop_assert!(kept.windows(2).all(|pair| pair[0].0 <= pair[1].0));
            let range = |points: &[Point], column: i64| {
                points.iter().filter(|point| column_of(**point) == column).fold(
                    (f64::INFINITY, f64::NEG_INFINITY),
                    |(low, high), point| (low.min(point.1), high.max(point.1)),
                )
            };
            for column in 0..=28 {
                prop_assert_eq!(range(&kept, column), range(&originals, column));
            }
        }
    }
}

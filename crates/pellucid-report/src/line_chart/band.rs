//! Areas around curves, thinned to the points that a picture can show.

use super::{DrawnValues, LineChart};
use crate::axis::Axis;
use crate::layout::Canvas;
use crate::layout::plot::Plot;
use crate::mark::Point;
use crate::palette::Stroke;

/// The opacity of bands: the more there are, the more lie over each other.
pub(super) fn opacity(chart: &LineChart) -> f64 {
    match chart.bands.len() {
        0..=3 => 0.2,
        4..=6 => 0.14,
        _ => 0.09,
    }
}

pub(super) fn draw(
    chart: &LineChart,
    values: &DrawnValues,
    (x_axis, y_axis): (&Axis, &Axis),
    plot: &Plot,
    canvas: &mut Canvas,
) {
    let y_of = |y: f64| plot.y(y_axis.fraction(y));
    for band in &chart.bands {
        let ends = band.points.iter().map(|&(x, low, high)| {
            let is_drawn = values.is_drawn(x, low) && values.is_drawn(x, high);
            is_drawn.then(|| (plot.x(x_axis.fraction(x)), y_of(high), y_of(low)))
        });
        let color = Stroke::of_series(band.series, canvas.theme).color;
        for piece in thinned(ends).into_iter().filter(|piece| piece.len() > 1) {
            let above = piece.iter().map(|&(x, top, _)| (x, top));
            let below = piece.iter().rev().map(|&(x, _, bottom)| (x, bottom));
            let corners: Vec<Point> = above.chain(below).collect();
            canvas.polygon(corners, color, opacity(chart));
        }
    }
}

/// One point for each pixel column, from the highest top to the lowest bottom of its points; the pieces between gaps.
fn thinned(points: impl Iterator<Item = Option<(f64, f64, f64)>>) -> Vec<Vec<(f64, f64, f64)>> {
    let points: Vec<Option<(f64, f64, f64)>> = points.collect();
    let pieces = points.split(Option::is_none).filter(|piece| !piece.is_empty());
    let thin = |piece: &[Option<(f64, f64, f64)>]| {
        let mut kept: Vec<(f64, f64, f64)> = Vec::new();
        for &(x, top, bottom) in piece.iter().flatten() {
            match kept.last_mut().filter(|last| last.0.floor() == x.floor()) {
                Some(last) => *last = (last.0, last.1.min(top), last.2.max(bottom)),
                None => kept.push((x, top, bottom)),
            }
        }
        kept
    };
    pieces.map(thin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_keeps_its_extremes_and_a_gap_divides() {
        let points = [
            Some((0.1, 5.0, 6.0)),
            Some((0.4, 3.0, 5.5)),
            Some((1.2, 4.0, 9.0)),
            None,
            Some((2.0, 1.0, 2.0)),
        ];
        assert_eq!(
            thinned(points.into_iter()),
            [vec![(0.1, 3.0, 6.0), (1.2, 4.0, 9.0)], vec![(2.0, 1.0, 2.0)]]
        );
    }
}

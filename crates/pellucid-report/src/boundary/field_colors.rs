//! The colours of predictions on a grid, and the lines between classes.

use super::contour::zero_lines;
use super::{Boundary, Field};
use crate::axis::{Axis, Extent};
use crate::color_scale::{ColorScale, mix};
use crate::mark::Point;
use crate::palette::{Color, Stroke, Theme};
use crate::typeface::printable;

/// How the predictions of a picture are shown.
pub(super) struct FieldColors<'a> {
    field: &'a Field,
    theme: Theme,
    /// The range of predicted and true numbers.
    range: Extent,
    /// The axis and the name of the colour bar; several classes have none.
    pub(super) bar: Option<(Axis, String)>,
}

impl<'a> FieldColors<'a> {
    pub(super) fn new(picture: &'a Boundary, theme: Theme) -> Self {
        let mut range = Extent { low: 0.0, high: 1.0 };
        let name = match &picture.field {
            Field::TwoClasses { names, .. } => Some(format!("probability of {}", printable(&names[1]))),
            Field::Classes { .. } => None,
            Field::Numbers { name, values } => {
                let targets = picture.points.iter().map(|point| point.target);
                let all = values.iter().copied().chain(targets);
                let found = Extent::spanning(all.filter(|value| value.is_finite()));
                range = found.filter(|range| range.low < range.high).unwrap_or(range);
                Some(printable(name))
            }
        };
        Self {
            field: &picture.field,
            theme,
            range,
            bar: name.map(|name| (Axis::near(range, 0.0, 6), name)),
        }
    }

    /// The part of the range below a number.
    fn fraction(&self, value: f64) -> f64 {
        (value - self.range.low) / (self.range.high - self.range.low)
    }

    /// The colour of a fraction of the bar.
    pub(super) fn bar_color(&self, fraction: f64) -> Color {
        match self.field {
            // Paler than the points.
            Field::TwoClasses { .. } => {
                let color = ColorScale::Diverging.color(0.5 + 0.66 * (fraction - 0.5), self.theme);
                mix(self.theme.background(), color, 0.55)
            }
            _ => ColorScale::Sequential.color(fraction, self.theme),
        }
    }

    /// The colour of a point of the grid.
    pub(super) fn grid_color(&self, at: usize) -> Color {
        let number = |values: &[f64]| values.get(at).copied().unwrap_or(f64::NAN);
        match self.field {
            Field::TwoClasses { probabilities, .. } => self.bar_color(number(probabilities)),
            Field::Numbers { values, .. } => self.bar_color(self.fraction(number(values))),
            Field::Classes { names, probabilities } => {
                let mut rows = probabilities.chunks_exact(names.len().max(1));
                let row = rows.nth(at).unwrap_or(&[]).iter().copied().enumerate();
                let best = row.max_by(|a, b| a.1.total_cmp(&b.1));
                let Some((class, most)) = best.filter(|(_, most)| most.is_finite()) else {
                    return self.theme.major_grid();
                };
                // From the evenest share there is, 1 / classes, to certainty.
                let even = 1.0 / names.len() as f64;
                let certainty = ((most - even) / (1.0 - even)).clamp(0.0, 1.0);
                let (background, color) = (self.theme.background(), self.class_color(class));
                mix(background, color, 0.12 + 0.36 * certainty)
            }
        }
    }

    pub(super) fn class_color(&self, class: usize) -> Color {
        Stroke::of_series(class, self.theme).color
    }

    /// The shape, as that of a class, and the colour of a row of the data.
    pub(super) fn marker(&self, target: f64) -> (usize, Color) {
        if let Field::Numbers { .. } = self.field {
            return (0, self.bar_color(self.fraction(target)));
        }
        let class = target.max(0.0) as usize;
        (class, self.class_color(class))
    }

    /// The lines between classes, in units of the grid.
    pub(super) fn borders(&self, columns: usize) -> Vec<Vec<Point>> {
        match self.field {
            Field::TwoClasses { probabilities, .. } => {
                let away: Vec<f64> = probabilities.iter().map(|p| p - 0.5).collect();
                zero_lines(&away, columns)
            }
            Field::Numbers { .. } => Vec::new(),
            Field::Classes { names, probabilities } => {
                // Every border is one of some class but the last, or of the last with another.
                let ahead = |class: usize| -> Vec<f64> {
                    let rows = probabilities.chunks_exact(names.len().max(1));
                    let ahead = rows.map(|row| {
                        let others = row.iter().enumerate().filter(|(other, _)| *other != class);
                        row[class] - others.map(|other| *other.1).fold(f64::NEG_INFINITY, f64::max)
                    });
                    ahead.collect()
                };
                let all_but_one = 0..names.len().saturating_sub(1);
                all_but_one
                    .flat_map(|class| zero_lines(&ahead(class), columns))
                    .collect()
            }
        }
    }
}

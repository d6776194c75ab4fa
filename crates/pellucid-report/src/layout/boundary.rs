//! Arranges a decision boundary: the field as colours, its borders, the points, and what the colours mean.

use super::panel::{BELOW, Panel};
use super::{MARGIN, background, check_size, color_bar, finished, titles, words};
use crate::axis::{Axis, Extent};
use crate::boundary::{Boundary, BoundaryPoint, Field};
use crate::color_scale::{ColorScale, mix};
use crate::contour::zero_lines;
use crate::label::grouped;
use crate::palette::{Color, Stroke};
use crate::scene::{Anchor, Mark, Point, Raster, Scene};
use crate::typeface::{ellipsize, printable, width as width_of};
use crate::{ReportError, Theme};

const WIDTHS: (u32, u32) = (240, 8000);
const MOST_POINTS: usize = 1000;
const MOST_SIDE: f64 = 520.0;
const KEY_SIZE: f64 = 12.0;
const KEY_ROW: f64 = 19.0;

pub(crate) fn scene(picture: &Boundary, theme: Theme, width: u32) -> Result<Scene, ReportError> {
    check_size("width", width, WIDTHS)?;
    let look = Look::of(picture, theme);
    let every = picture.points.len().div_ceil(MOST_POINTS).max(1);
    let mut remarks: Vec<String> = picture.subtitle.iter().cloned().collect();
    if every > 1 {
        remarks.push(format!(
            "{} of {} rows are drawn",
            grouped(picture.points.len().div_ceil(every) as u64),
            grouped(picture.points.len() as u64)
        ));
    }
    let subtitle = (!remarks.is_empty()).then(|| remarks.join("; "));
    let mut marks = background(theme);
    let mut top = titles(&picture.title, subtitle.as_deref(), theme, width, &mut marks);
    top = look.key(theme, f64::from(width), top, &mut marks);

    let right = match &look.bar {
        Some((axis, _)) => f64::from(width) - MARGIN - 14.0 - color_bar::width(&axis.ticks),
        None => f64::from(width) - MARGIN,
    };
    let side = (right - MARGIN - 50.0).clamp(80.0, MOST_SIDE);
    let grid = &picture.grid;
    let extent = |(low, high): (f64, f64)| Extent { low, high };
    let mut panel = Panel::arrange(
        (MARGIN, right),
        (top, top + side),
        |most| Axis::linear_between(extent(grid.x), most),
        |most| Axis::linear_between(extent(grid.y), most),
    );
    panel.plot.right = panel.plot.right.min(panel.plot.left + side);
    let plot = panel.plot;
    let colors: Vec<Color> = (0..grid.rows)
        .rev()
        .flat_map(|row| (0..grid.columns).map(move |column| row * grid.columns + column))
        .map(|at| look.field_color(at))
        .collect();
    panel.axes(theme, &mut marks);
    if grid.columns > 0 && grid.rows > 0 {
        marks.push(Mark::Image {
            top_left: (plot.left, plot.top),
            bottom_right: (plot.right, plot.bottom),
            raster: Raster {
                columns: grid.columns,
                colors,
                smooth: true,
            },
        });
    }
    let place = |(column, row): Point| {
        (
            plot.x((column + 0.5) / grid.columns as f64),
            plot.y((row + 0.5) / grid.rows as f64),
        )
    };
    for line in look.borders(grid.columns) {
        marks.push(Mark::Polyline {
            points: line.into_iter().map(place).collect(),
            color: theme.ink(),
            width: 1.6,
            dashes: &[],
        });
    }
    let within = |point: &&BoundaryPoint| {
        (0.0..=1.0).contains(&panel.x.fraction(point.x)) && (0.0..=1.0).contains(&panel.y.fraction(point.y))
    };
    let size = if picture.points.len() > 400 { 3.0 } else { 3.6 };
    for point in picture.points.iter().step_by(every).filter(within) {
        let (shape, color) = look.point(point.target);
        shape.draw(
            panel.at(point.x, point.y),
            size,
            color,
            theme.background(),
            &mut marks,
        );
    }
    panel.names(theme, &picture.x_label, &picture.y_label, &mut marks);
    if let Some((axis, name)) = &look.bar {
        color_bar::draw(
            theme,
            (plot.right + 14.0, plot.top, plot.bottom),
            &axis.ticks,
            name,
            |fraction| look.bar_color(fraction),
            &mut marks,
        );
    }
    let description = look.description(&picture.x_label, &picture.y_label);
    finished(
        &picture.title,
        description,
        width,
        plot.bottom + BELOW + MARGIN - 4.0,
        marks,
    )
}

/// What the points of a class are drawn as, so that a print without colour can be read too.
#[derive(Clone, Copy)]
enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Shape {
    fn of_class(class: usize) -> Self {
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond][class % 4]
    }

    /// With an edge, so that it stands out from its own region.
    fn draw(self, (x, y): Point, size: f64, color: Color, edge: Color, marks: &mut Vec<Mark>) {
        for (grow, color) in [(1.1, edge), (0.0, color)] {
            let r = size + grow;
            marks.push(match self {
                Self::Circle => Mark::Dot {
                    center: (x, y),
                    radius: r,
                    color,
                },
                Self::Square => {
                    let r = r * 0.88;
                    Mark::Rectangle {
                        top_left: (x - r, y - r),
                        bottom_right: (x + r, y + r),
                        color,
                    }
                }
                Self::Triangle => {
                    let r = r * 1.25;
                    Mark::Polygon {
                        points: vec![
                            (x, y - r),
                            (x + 0.87 * r, y + 0.5 * r),
                            (x - 0.87 * r, y + 0.5 * r),
                        ],
                        color,
                        opacity: 1.0,
                    }
                }
                Self::Diamond => {
                    let r = r * 1.25;
                    Mark::Polygon {
                        points: vec![(x, y - r), (x + r, y), (x, y + r), (x - r, y)],
                        color,
                        opacity: 1.0,
                    }
                }
            });
        }
    }
}

/// What the numbers of a field look like.
struct Look<'a> {
    field: &'a Field,
    theme: Theme,
    /// Of numbers.
    range: Extent,
    bar: Option<(Axis, String)>,
}

impl<'a> Look<'a> {
    fn of(picture: &'a Boundary, theme: Theme) -> Self {
        let mut range = Extent { low: 0.0, high: 1.0 };
        let bar = match &picture.field {
            Field::TwoClasses { names, .. } => Some(format!("probability of {}", printable(&names[1]))),
            Field::Classes { .. } => None,
            Field::Numbers { name, values } => {
                let all = values
                    .iter()
                    .copied()
                    .chain(picture.points.iter().map(|point| point.target));
                let found = Extent::of(all.filter(|value| value.is_finite()));
                range = found.filter(|range| range.low < range.high).unwrap_or(range);
                Some(printable(name))
            }
        };
        Self {
            field: &picture.field,
            theme,
            range,
            bar: bar.map(|name| (Axis::linear_between(range, 6), name)),
        }
    }

    fn within(&self, value: f64) -> f64 {
        (value - self.range.low) / (self.range.high - self.range.low)
    }

    /// Of a part of the bar.
    fn bar_color(&self, fraction: f64) -> Color {
        match self.field {
            // Paler than the points.
            Field::TwoClasses { .. } => {
                let color = ColorScale::Diverging.color(0.5 + 0.66 * (fraction - 0.5), self.theme);
                mix(self.theme.background(), color, 0.55)
            }
            _ => ColorScale::Sequential.color(fraction, self.theme),
        }
    }

    /// Of a point of the grid.
    fn field_color(&self, at: usize) -> Color {
        let number = |values: &[f64]| values.get(at).copied().unwrap_or(f64::NAN);
        match self.field {
            Field::TwoClasses { probabilities, .. } => self.bar_color(number(probabilities)),
            Field::Numbers { values, .. } => self.bar_color(self.within(number(values))),
            Field::Classes { names, probabilities } => {
                let of_point = probabilities
                    .chunks_exact(names.len().max(1))
                    .nth(at)
                    .unwrap_or(&[]);
                let best = of_point
                    .iter()
                    .copied()
                    .enumerate()
                    .max_by(|a, b| a.1.total_cmp(&b.1));
                let Some((class, most)) = best.filter(|(_, most)| most.is_finite()) else {
                    return self.theme.major_grid();
                };
                // From the evenest share there is, 1 / classes, to certainty.
                let even = 1.0 / names.len() as f64;
                let sure = ((most - even) / (1.0 - even)).clamp(0.0, 1.0);
                mix(
                    self.theme.background(),
                    self.class_color(class),
                    0.12 + 0.36 * sure,
                )
            }
        }
    }

    fn class_color(&self, class: usize) -> Color {
        Stroke::of_series(class, self.theme).color
    }

    fn point(&self, target: f64) -> (Shape, Color) {
        match self.field {
            Field::Numbers { .. } => (
                Shape::Circle,
                ColorScale::Sequential.color(self.within(target), self.theme),
            ),
            _ => {
                let class = target.max(0.0) as usize;
                (Shape::of_class(class), self.class_color(class))
            }
        }
    }

    /// Between classes, in units of the grid.
    fn borders(&self, columns: usize) -> Vec<Vec<Point>> {
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
                    rows.map(|row| {
                        let others = row.iter().enumerate().filter(|(other, _)| *other != class);
                        row[class] - others.map(|other| *other.1).fold(f64::NEG_INFINITY, f64::max)
                    })
                    .collect()
                };
                let all_but_one = 0..names.len().saturating_sub(1);
                all_but_one
                    .flat_map(|class| zero_lines(&ahead(class), columns))
                    .collect()
            }
        }
    }

    /// The classes' names beside their points, above the plot; says where it ends.
    fn key(&self, theme: Theme, width: f64, top: f64, marks: &mut Vec<Mark>) -> f64 {
        let mut entries: Vec<(Option<usize>, String)> = match self.field {
            Field::TwoClasses { names, .. } => names.iter().cloned().map(|name| (None, name)).collect(),
            Field::Classes { names, .. } => names.iter().cloned().map(|name| (None, name)).collect(),
            Field::Numbers { .. } => return top + 4.0,
        };
        for (class, entry) in entries.iter_mut().enumerate() {
            *entry = (Some(class), ellipsize(&printable(&entry.1), KEY_SIZE, 160.0));
        }
        let line = match self.field {
            Field::TwoClasses { .. } => "the border, probability 0.5",
            _ => "borders",
        };
        entries.push((None, line.to_owned()));
        let (mut x, mut y) = (MARGIN, top + KEY_ROW / 2.0 - 4.0);
        for (class, name) in entries {
            let indent = if class.is_some() { 15.0 } else { 30.0 };
            let wide = indent + width_of(&name, KEY_SIZE);
            if x > MARGIN && x + wide > width - MARGIN {
                (x, y) = (MARGIN, y + KEY_ROW);
            }
            match class {
                Some(class) => {
                    let color = self.class_color(class);
                    Shape::of_class(class).draw((x + 5.0, y), 4.2, color, theme.background(), marks);
                }
                None => marks.push(Mark::Polyline {
                    points: vec![(x, y), (x + 24.0, y)],
                    color: theme.ink(),
                    width: 1.6,
                    dashes: &[],
                }),
            }
            let at = (x + indent, y + 0.365 * KEY_SIZE);
            marks.push(words(&name, at, KEY_SIZE, theme.ink(), Anchor::Start));
            x += wide + 20.0;
        }
        y + KEY_ROW / 2.0 + 8.0
    }

    fn description(&self, x: &str, y: &str) -> String {
        let (x, y) = (printable(x), printable(y));
        match self.field {
            Field::TwoClasses { names, .. } => format!(
                "Probability of {} as colour over {x} and {y}, with the line of 0.5 and the rows of the data",
                printable(&names[1])
            ),
            Field::Classes { names, .. } => format!(
                "Regions of {} classes over {x} and {y}, shaded by probability, with the rows of the data: {}",
                names.len(),
                names
                    .iter()
                    .map(|name| printable(name))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            Field::Numbers { name, .. } => {
                format!(
                    "{} as colour over {x} and {y}, with the rows of the data",
                    printable(name)
                )
            }
        }
    }
}

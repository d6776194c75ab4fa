//! Arranges a decision boundary: the predictions as colours, the borders, the points, and a key to both.

use super::field_colors::FieldColors;
use super::{Boundary, BoundaryPoint, Field};
use crate::axis::{Axis, Extent};
use crate::error::ReportError;
use crate::label::grouped;
use crate::layout::color_bar::ColorBar;
use crate::layout::panel::{BELOW, Panel};
use crate::layout::{Canvas, HALF_DIGIT, MARGIN, WIDTHS};
use crate::mark::{Anchor, Point, Raster};
use crate::palette::{Color, Stroke};
use crate::picture::Arrange;
use crate::picture_style::PictureStyle;
use crate::typeface::{ellipsize, printable, width as width_of};

const MOST_POINTS: usize = 1000;
const MOST_SIDE: f64 = 520.0;
const KEY_SIZE: f64 = 12.0;
const KEY_ROW: f64 = 19.0;
const BORDER: f64 = 1.6;

impl Arrange for Boundary {
    fn draw(&self, style: PictureStyle) -> Result<Canvas, ReportError> {
        let mut canvas = Canvas::new(style, 700, WIDTHS)?;
        let colors = FieldColors::new(self, style.theme);
        let every = self.points.len().div_ceil(MOST_POINTS).max(1);
        let mut remarks = Vec::new();
        if every > 1 {
            let drawn = grouped(self.points.len().div_ceil(every) as u64);
            let all = grouped(self.points.len() as u64);
            remarks.push(format!("{drawn} of {all} rows are drawn"));
        }
        let top = canvas.heading(&self.title, &self.subtitle, &remarks);
        let top = draw_key(&self.field, &colors, top, &mut canvas);

        let bar = colors.bar.as_ref().map(|(axis, name)| ColorBar {
            ticks: &axis.ticks,
            name,
        });
        let right = match &bar {
            Some(bar) => canvas.right() - 14.0 - bar.width(),
            None => canvas.right(),
        };
        let side = (right - MARGIN - 50.0).clamp(80.0, MOST_SIDE);
        let axis = |(low, high): (f64, f64)| move |most| Axis::near(Extent { low, high }, 0.0, most);
        let (x, y) = (axis(self.grid.x), axis(self.grid.y));
        let mut panel = Panel::new((MARGIN, right), (top, top + side), x, y);
        panel.plot.right = panel.plot.right.min(panel.plot.left + side);
        panel.draw_axes(&mut canvas);
        self.draw_field(&panel, &colors, &mut canvas);
        let within = |point: &&BoundaryPoint| {
            let (x, y) = (panel.x.fraction(point.x), panel.y.fraction(point.y));
            (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)
        };
        let size = if self.points.len() > 400 { 3.0 } else { 3.6 };
        for point in self.points.iter().step_by(every).filter(within) {
            let (class, color) = colors.marker(point.target);
            draw_marker(class, panel.at(point.x, point.y), size, color, &mut canvas);
        }
        panel.draw_names(&self.x_label, &self.y_label, &mut canvas);
        let plot = panel.plot;
        if let Some(bar) = bar {
            let color = |fraction| colors.bar_color(fraction);
            bar.draw(plot.right + 14.0, (plot.top, plot.bottom), color, &mut canvas);
        }
        canvas.finish(describe(self), plot.bottom + BELOW + MARGIN - 4.0)
    }
}

impl Boundary {
    /// The predictions as an image, and the lines between classes.
    fn draw_field(&self, panel: &Panel, colors: &FieldColors<'_>, canvas: &mut Canvas) {
        let (plot, columns, rows) = (&panel.plot, self.grid.columns, self.grid.rows);
        if columns > 0 && rows > 0 {
            let from_the_top = (0..rows).rev();
            let points = from_the_top.flat_map(|row| (0..columns).map(move |column| row * columns + column));
            let raster = Raster {
                columns,
                colors: points.map(|at| colors.grid_color(at)).collect(),
                smooth: true,
            };
            canvas.image((plot.left, plot.top), (plot.right, plot.bottom), raster);
        }
        let place = |(column, row): Point| {
            let x = plot.x((column + 0.5) / columns as f64);
            (x, plot.y((row + 0.5) / rows as f64))
        };
        for line in colors.borders(columns) {
            let points = line.into_iter().map(place).collect();
            canvas.polyline(points, Stroke::solid(canvas.theme.ink(), BORDER));
        }
    }
}

/// The classes' names beside their points, above the plot; returns where they end.
fn draw_key(field: &Field, colors: &FieldColors<'_>, top: f64, canvas: &mut Canvas) -> f64 {
    let (names, border): (&[String], &str) = match field {
        Field::TwoClasses { names, .. } => (names, "the border, probability 0.5"),
        Field::Classes { names, .. } => (names, "borders"),
        Field::Numbers { .. } => return top + 4.0,
    };
    let names = names
        .iter()
        .map(|name| ellipsize(&printable(name), KEY_SIZE, 160.0));
    let classes = names.enumerate().map(|(class, name)| (Some(class), name));
    let (mut x, mut y) = (MARGIN, top + KEY_ROW / 2.0 - 4.0);
    let ink = canvas.theme.ink();
    for (class, name) in classes.chain([(None, border.to_owned())]) {
        let indent = if class.is_some() { 15.0 } else { 30.0 };
        let wide = indent + width_of(&name, KEY_SIZE);
        if x > MARGIN && x + wide > canvas.right() {
            (x, y) = (MARGIN, y + KEY_ROW);
        }
        match class {
            Some(class) => {
                let color = colors.class_color(class);
                draw_marker(class, (x + 5.0, y), 4.2, color, canvas);
            }
            None => canvas.polyline(vec![(x, y), (x + 24.0, y)], Stroke::solid(ink, BORDER)),
        }
        let at = (x + indent, y + HALF_DIGIT * KEY_SIZE);
        canvas.text(name, at, KEY_SIZE, ink, Anchor::Start);
        x += wide + 20.0;
    }
    y + KEY_ROW / 2.0 + 8.0
}

/// Draws a point in the shape of its class, so that a print without colour can be read too. Its edge, in the colour of the
/// background, stands out from its own region.
fn draw_marker(class: usize, (x, y): Point, size: f64, color: Color, canvas: &mut Canvas) {
    for (r, color) in [(size + 1.1, canvas.theme.background()), (size, color)] {
        let (half, long) = (r * 0.88, r * 1.25);
        match class % 4 {
            0 => canvas.dot((x, y), r, color),
            1 => canvas.rectangle((x - half, y - half), (x + half, y + half), color),
            2 => {
                let (across, bottom) = (0.87 * long, y + 0.5 * long);
                let corners = vec![(x, y - long), (x + across, bottom), (x - across, bottom)];
                canvas.polygon(corners, color, 1.0);
            }
            _ => {
                let corners = vec![(x, y - long), (x + long, y), (x, y + long), (x - long, y)];
                canvas.polygon(corners, color, 1.0);
            }
        }
    }
}

fn describe(picture: &Boundary) -> String {
    let (x, y) = (printable(&picture.x_label), printable(&picture.y_label));
    match &picture.field {
        Field::TwoClasses { names, .. } => format!(
            "Probability of {} as colour over {x} and {y}, with the line of 0.5 and the rows of the data",
            printable(&names[1])
        ),
        Field::Classes { names, .. } => {
            let printed: Vec<String> = names.iter().map(|name| printable(name)).collect();
            format!(
                "Regions of {} classes over {x} and {y}, shaded by probability, with the rows of the data: {}",
                names.len(),
                printed.join(", ")
            )
        }
        Field::Numbers { name, .. } => format!(
            "{} as colour over {x} and {y}, with the rows of the data",
            printable(name)
        ),
    }
}

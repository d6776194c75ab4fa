//! The shapes of points, one for each class, so that a print without colour can be read too.

use crate::layout::Canvas;
use crate::palette::Color;
use crate::scene::Point;

#[derive(Clone, Copy)]
pub(super) enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Marker {
    pub(super) fn of_class(class: usize) -> Self {
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond][class % 4]
    }

    /// Draws it with an edge in the colour of the background, so that it stands out from its own region.
    pub(super) fn draw(self, (x, y): Point, size: f64, color: Color, canvas: &mut Canvas) {
        for (r, color) in [(size + 1.1, canvas.theme.background()), (size, color)] {
            match self {
                Self::Circle => canvas.dot((x, y), r, color),
                Self::Square => {
                    let r = r * 0.88;
                    canvas.rectangle((x - r, y - r), (x + r, y + r), color);
                }
                Self::Triangle => {
                    let r = r * 1.25;
                    let (across, bottom) = (0.87 * r, y + 0.5 * r);
                    let corners = vec![(x, y - r), (x + across, bottom), (x - across, bottom)];
                    canvas.polygon(corners, color, 1.0);
                }
                Self::Diamond => {
                    let r = r * 1.25;
                    let corners = vec![(x, y - r), (x + r, y), (x, y + r), (x - r, y)];
                    canvas.polygon(corners, color, 1.0);
                }
            }
        }
    }
}

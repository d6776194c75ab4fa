//! The decision boundary: the predictions of a network on a grid over two inputs.

mod contour;
mod field_colors;
mod scene;

use crate::axis::Extent;

/// The predictions on the grid.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// One of two classes.
    TwoClasses {
        /// Their names.
        names: [String; 2],
        /// The probability of the second, for each point of the grid.
        probabilities: Vec<f64>,
    },
    /// One of several classes.
    Classes {
        /// Their names.
        names: Vec<String>,
        /// (points of the grid, classes), row-major.
        probabilities: Vec<f64>,
    },
    /// A number.
    Numbers {
        /// The target's name, with its unit.
        name: String,
        /// One for each point of the grid.
        values: Vec<f64>,
    },
}

/// A row of the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundaryPoint {
    /// The first input.
    pub x: f64,
    /// The second.
    pub y: f64,
    /// The number of its class, or its number.
    pub target: f64,
}

/// The grid on which a network predicts: columns × rows of points between the ends of two inputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// The first input's ends.
    pub x: (f64, f64),
    /// The second's.
    pub y: (f64, f64),
    /// Points across.
    pub columns: usize,
    /// Points upwards.
    pub rows: usize,
}

impl Grid {
    /// A grid around points, with a margin of 8% of their range, of 150 × 150 points.
    pub fn around(points: &[BoundaryPoint]) -> Self {
        let ends = |input: fn(&BoundaryPoint) -> f64| {
            let values = points.iter().map(input).filter(|value| value.is_finite());
            let Some(Extent { low, high }) = Extent::spanning(values) else {
                return (-1.0, 1.0);
            };
            let span = high - low;
            let margin = if span > 0.0 { 0.08 * span } else { 1.0 };
            (low - margin, high + margin)
        };
        Self {
            x: ends(|point| point.x),
            y: ends(|point| point.y),
            columns: 150,
            rows: 150,
        }
    }

    /// The points, row after row from the lowest, each row from the left: the order of a [`Field`]'s numbers.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let along = |(low, high): (f64, f64), at: usize, count: usize| {
            low + (high - low) * (at as f64 + 0.5) / count as f64
        };
        let grid = *self;
        (0..grid.rows).flat_map(move |row| {
            (0..grid.columns)
                .map(move |column| (along(grid.x, column, grid.columns), along(grid.y, row, grid.rows)))
        })
    }
}

/// The decision boundary between two inputs: regions of classes, shaded by probability, with their borders; or a number
/// as colour. The rows of the data lie over it.
///
/// ```
/// use pellucid_report::{Boundary, BoundaryPoint, Field, Grid, Picture, PictureStyle};
///
/// let points = vec![BoundaryPoint { x: 0.0, y: 0.0, target: 0.0 }, BoundaryPoint { x: 1.0, y: 1.0, target: 1.0 }];
/// let grid = Grid::around(&points);
/// let probabilities = grid.points().map(|(x, y)| 1.0 / (1.0 + (4.0 - 4.0 * (x + y)).exp())).collect();
/// let picture = Boundary {
///     title: "two points".to_owned(),
///     subtitle: String::new(),
///     x_label: "x1".to_owned(),
///     y_label: "x2".to_owned(),
///     grid,
///     field: Field::TwoClasses { names: ["a".to_owned(), "b".to_owned()], probabilities },
///     points,
/// };
/// assert!(picture.svg(PictureStyle::default())?.contains("probability of b"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading, if it is not empty. Remarks on rows that are not drawn follow it.
    pub subtitle: String,
    /// The first input, across, with its unit.
    pub x_label: String,
    /// The second, upwards.
    pub y_label: String,
    /// The points of the predictions.
    pub grid: Grid,
    /// The predictions.
    pub field: Field,
    /// Rows of the data; of very many only some are drawn, evenly picked, and the picture says so.
    pub points: Vec<BoundaryPoint>,
}

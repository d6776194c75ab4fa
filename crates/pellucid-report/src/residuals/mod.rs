//! The errors of predicted numbers: predicted against true values, and a histogram of the residuals.

mod histogram;
mod scene;

use crate::palette::Theme;

/// The true and the predicted values of one target.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetResiduals {
    /// The target's name, with its unit.
    pub name: String,
    /// The true values, a number a row.
    pub actual: Vec<f64>,
    /// The predictions of the same rows.
    pub predicted: Vec<f64>,
}

/// Predicted against true numbers, and the histogram of the residuals, true − predicted; a pair of plots for each target.
///
/// Of many rows only some are drawn as points, evenly picked, and the picture says so; the histogram has all of them.
///
/// ```
/// use pellucid_report::{Picture, Residuals, TargetResiduals};
///
/// let actual: Vec<f64> = (0..100).map(f64::from).collect();
/// let predicted = actual.iter().map(|y| 0.9 * y + 3.0).collect();
/// let picture = Residuals {
///     targets: vec![TargetResiduals { name: "price (€)".to_owned(), actual, predicted }],
///     ..Residuals::new("prices")
/// };
/// assert!(picture.svg()?.contains("true price (€)"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Residuals {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading. Remarks on rows that are not drawn follow it.
    pub subtitle: Option<String>,
    /// The targets; at most 8 are drawn.
    pub targets: Vec<TargetResiduals>,
    /// Light or dark.
    pub theme: Theme,
    /// In pixels of an SVG viewer at its natural size; a PNG has twice as many. 240 to 8000. The height follows.
    pub width: u32,
}

impl Residuals {
    /// An empty light picture, 900 pixels wide.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            targets: Vec::new(),
            theme: Theme::default(),
            width: 900,
        }
    }
}

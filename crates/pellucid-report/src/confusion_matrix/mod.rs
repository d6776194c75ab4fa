//! The confusion matrix: how often each class is predicted for each true class.

mod scene;

use crate::palette::Theme;

/// A confusion matrix: a square for each pair of a true and a predicted class, with its count and its share of the true
/// class.
///
/// ```
/// use pellucid_report::{ConfusionMatrix, Picture};
///
/// let matrix = ConfusionMatrix {
///     classes: vec!["cat".to_owned(), "dog".to_owned()],
///     counts: vec![vec![41, 3], vec![5, 51]],
///     ..ConfusionMatrix::new("pets")
/// };
/// assert!(matrix.svg()?.contains("true cat, predicted dog: 3 rows, 6.8% of cat"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading.
    pub subtitle: Option<String>,
    /// The classes' names.
    pub classes: Vec<String>,
    /// (true class, predicted class): numbers of rows.
    pub counts: Vec<Vec<usize>>,
    /// Light or dark.
    pub theme: Theme,
    /// In pixels of an SVG viewer at its natural size; a PNG has twice as many. 240 to 8000. The height follows.
    pub width: u32,
}

impl ConfusionMatrix {
    /// An empty light matrix, 700 pixels wide.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            classes: Vec::new(),
            counts: Vec::new(),
            theme: Theme::default(),
            width: 700,
        }
    }
}

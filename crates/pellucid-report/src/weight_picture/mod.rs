//! The weights of a layer, as images where its inputs are pixels.

mod scene;

use crate::palette::Theme;

/// The places of a layer's inputs in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageShape {
    /// Rows of pixels.
    pub rows: usize,
    /// Pixels of a row.
    pub columns: usize,
    /// For each input its pixel, row · `columns` + column; pixels that are no input stay blank.
    pub pixels: Vec<usize>,
}

/// The weights of a layer: where inputs are pixels an image for each unit, else a map of inputs × units.
///
/// ```
/// use pellucid_report::{Picture, WeightPicture};
///
/// let picture = WeightPicture {
///     weights: vec![0.5, -1.0, 0.0, 2.0],
///     input_names: vec!["age".to_owned(), "height".to_owned()],
///     ..WeightPicture::new("layer 1", 2)
/// };
/// assert!(picture.svg()?.contains("age to unit 2: −1"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WeightPicture {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading. Remarks on weights that are not drawn follow it.
    pub subtitle: Option<String>,
    /// (inputs, units), row-major.
    pub weights: Vec<f64>,
    /// The number of units of the layer.
    pub units: usize,
    /// The inputs' names.
    pub input_names: Vec<String>,
    /// The inputs' places in an image, if they are pixels.
    pub image: Option<ImageShape>,
    /// Light or dark.
    pub theme: Theme,
    /// In pixels of an SVG viewer at its natural size; a PNG has twice as many. 240 to 8000. The height follows.
    pub width: u32,
}

impl WeightPicture {
    /// A light picture without weights, 900 pixels wide.
    pub fn new(title: impl Into<String>, units: usize) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            weights: Vec::new(),
            units,
            input_names: Vec::new(),
            image: None,
            theme: Theme::default(),
            width: 900,
        }
    }
}

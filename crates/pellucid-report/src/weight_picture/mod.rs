//! The weights of a layer, as images where its inputs are pixels.

mod scene;

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
/// use pellucid_report::{Picture, PictureStyle, WeightPicture};
///
/// let picture = WeightPicture {
///     weights: vec![0.5, -1.0, 0.0, 2.0],
///     input_names: vec!["age".to_owned(), "height".to_owned()],
///     units: 2,
///     ..WeightPicture::default()
/// };
/// assert!(picture.svg(PictureStyle::default())?.contains("age to unit 2: −1"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WeightPicture {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading, if it is not empty. Remarks on weights that are not drawn follow it.
    pub subtitle: String,
    /// (inputs, units), row-major.
    pub weights: Vec<f64>,
    /// The number of units of the layer.
    pub units: usize,
    /// The inputs' names.
    pub input_names: Vec<String>,
    /// The inputs' places in an image, if they are pixels.
    pub image: Option<ImageShape>,
}

//! Reports why a picture or a comparison cannot be made.

use std::path::PathBuf;

/// Why a picture or a comparison cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The file name does not determine the picture format.
    #[error("{}: cannot determine the picture format from {found}; give the file a name that ends in .svg or .png", path.display())]
    UnknownPictureFormat {
        /// The file.
        path: PathBuf,
        /// The text found in place of the extension.
        found: String,
    },

    /// The picture's width or height is outside the limits of layout and painting.
    #[error(
        "chart {side} is {found} pixels, expected {least} to {most}; set the chart's {side} within these limits"
    )]
    PictureSize {
        /// `"width"` or `"height"`.
        side: &'static str,
        /// The size found, in pixels.
        found: u32,
        /// The smallest size allowed, in pixels.
        least: u32,
        /// The largest size allowed, in pixels.
        most: u32,
    },

    /// A painter refused a mark or could not encode the picture.
    #[error("painting the PNG picture of {title:?} failed: {reason}; try another picture format")]
    Painting {
        /// The picture's title.
        title: String,
        /// The painter's message.
        reason: String,
    },

    /// A comparison has no run.
    #[error("no runs to compare: found 0 curves, expected at least 1; name one or more runs")]
    NothingToCompare,

    /// A variant was not trained with every seed.
    #[error(
        "{name} has {found} runs, expected one for each of {expected} seeds; leave out the seeds that it lacks"
    )]
    SeedsMissing {
        /// The variant.
        name: String,
        /// Its runs.
        found: usize,
        /// The seeds.
        expected: usize,
    },

    /// A target loss is not a finite number.
    #[error(
        "target loss number {position} is {found}, expected a finite number; give targets such as 0.1 or 0.05"
    )]
    TargetNotFinite {
        /// Which target, counted from 1.
        position: usize,
        /// The value found.
        found: f64,
    },
}

//! What can go wrong between numbers and a picture.

use std::path::PathBuf;

/// Why a picture or a comparison could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The file name does not tell which picture format is wanted.
    #[error("{}: cannot tell the picture format from {found}; give the file a name that ends in .svg or .png", path.display())]
    UnknownPictureFormat {
        /// The file that was asked for.
        path: PathBuf,
        /// What stood where the extension was expected.
        found: String,
    },

    /// The chart's width or height is outside what can be laid out and painted.
    #[error(
        "chart {side} is {found} pixels, expected {least} to {most}; set the chart's {side} within these limits"
    )]
    PictureSize {
        /// `"width"` or `"height"`.
        side: &'static str,
        /// The size asked for, in pixels.
        found: u32,
        /// The smallest size allowed, in pixels.
        least: u32,
        /// The largest size allowed, in pixels.
        most: u32,
    },

    /// A painter refused a mark or could not encode the picture.
    #[error("painting the {format} picture of {title:?} failed: {reason}; try another picture format")]
    Painting {
        /// `"SVG"` or `"PNG"`.
        format: &'static str,
        /// The chart's title.
        title: String,
        /// What the painter said.
        reason: String,
    },

    /// A comparison was asked for without any run.
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

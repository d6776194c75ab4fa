//! Numbers to pictures and pages.
//!
//! [`LineChart`] draws learning curves and their like as SVG or PNG; [`Comparison`] sets the loss curves of several
//! runs side by side and says in plain English which of them converged faster; [`SeedComparison`] does so over several seeds;
//! [`Panels`] puts charts of the same curves in one picture; [`LineChart::text`] and [`TextMatrix`] are for a terminal;
//! [`SearchChart`] draws the trials of a search for settings; [`page`] puts a chart and text in one file. All read plain
//! numbers and never run a network.
//!
//! One chart's way through the crate: [`LineChart`] → `layout` (margins, axes, legend, thinned curves) → `scene`
//! (a list of marks in pixels) → `svg` or `png`. Both painters draw the same scene, so the two formats cannot drift
//! apart.

mod axis;
mod chart;
mod comparison;
mod decimate;
mod error;
mod label;
mod layout;
mod page;
mod palette;
mod panels;
mod picture_format;
mod png;
mod scene;
mod search_chart;
mod svg;
mod text_chart;
mod typeface;

pub use chart::{BandOfSeries, LineChart, Scale, Series};
pub use comparison::{
    Band, Comparison, Curve, EqualEpochs, Pair, Reach, RunSummary, SeedComparison, SeedReach, SeedTarget,
    SeededRuns, SignTest, Spread, SpreadAtEpoch, TargetReach, VariantSummary, spread_of_runs,
};
pub use error::ReportError;
pub use page::page;
pub use palette::Theme;
pub use panels::Panels;
pub use picture_format::PictureFormat;
pub use search_chart::{SearchChart, SearchPoint, SearchSetting, SettingValues};
pub use text_chart::{TextMatrix, TextStyle};

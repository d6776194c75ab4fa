//! Numbers to pictures and pages.
//!
//! [`LineChart`] draws learning curves and their like as SVG or PNG; [`Comparison`] sets the loss curves of several
//! runs side by side and says in plain English which of them converged faster; [`SearchChart`] draws the trials of a
//! search for settings; [`page`] puts a chart and text in one file; [`WorkedExample`] walks through one training step.
//! All read plain numbers and never run a
//! network.
//!
//! One chart's way through the crate: [`LineChart`] → `layout` (margins, axes, legend, thinned curves) → `scene`
//! (a list of marks in pixels) → `svg` or `png`. Both painters draw the same scene, so the two formats cannot drift
//! apart.

mod axis;
mod chart;
mod comparison;
mod decimate;
mod error;
mod explanation;
mod label;
mod layout;
mod page;
mod palette;
mod picture_format;
mod png;
mod scene;
mod search_chart;
mod svg;
mod typeface;

pub use chart::{LineChart, Scale, Series};
pub use comparison::{Comparison, Curve, EqualEpochs, Reach, RunSummary, TargetReach};
pub use error::ReportError;
pub use explanation::{Product, UnitArithmetic, UnitChoice, UnitSample, UnitWeight, WorkedExample};
pub use page::page;
pub use palette::Theme;
pub use picture_format::PictureFormat;
pub use search_chart::{SearchChart, SearchPoint, SearchSetting, SettingValues};

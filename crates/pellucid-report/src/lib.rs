//! Numbers to pictures and pages.
//!
//! [`LineChart`] draws learning curves and their like as SVG or PNG, [`ChartGrid`] several of them, [`Panels`] several of
//! the same curves; [`LineChart::text`] and [`TextMatrix`] are for a terminal.
//! [`ConfusionMatrix`], [`Residuals`], [`WeightPicture`], [`Boundary`] and [`GradientFlow`] show what a network has learnt
//! and how; [`SearchChart`] draws the trials of a search for settings. [`Comparison`] sets the loss curves of several runs
//! side by side and says in plain English which of them converged faster, [`SeedComparison`] over several seeds. [`Report`]
//! puts pictures, tables and words on one page; [`WorkedExample`] walks through one training step. All read plain numbers and
//! never run a network.
//!
//! One picture's way through the crate: [`LineChart`] → `layout` (margins, axes, legend, thinned curves) → `scene`
//! (a list of marks in pixels) → `svg` or `png`. Both painters draw the same scene, so the two formats cannot drift
//! apart. On a page the same picture is laid out in both themes, and the page's style sheet chooses the colours.

mod axis;
mod boundary;
mod chart;
mod chart_grid;
mod color_scale;
mod comparison;
mod confusion_matrix;
mod contour;
mod decimate;
mod error;
mod explanation;
mod gradient_flow;
mod histogram;
mod label;
mod layout;
mod page;
mod palette;
mod panels;
mod picture;
mod picture_format;
mod png;
mod residuals;
mod scene;
mod search_chart;
mod svg;
mod text_chart;
mod typeface;
mod weight_picture;

pub use boundary::{Boundary, BoundaryPoint, Field, Grid};
pub use chart::{BandOfSeries, Guide, LineChart, Scale, Series};
pub use chart_grid::ChartGrid;
pub use comparison::{
    Band, Comparison, Curve, EqualEpochs, Pair, Reach, RunSummary, SeedComparison, SeedReach, SeedTarget,
    SeededRuns, SignTest, Spread, SpreadAtEpoch, TargetReach, VariantSummary, spread_of_runs,
};
pub use confusion_matrix::ConfusionMatrix;
pub use error::ReportError;
pub use explanation::{Product, UnitArithmetic, UnitChoice, UnitSample, UnitWeight, WorkedExample};
pub use gradient_flow::{GradientFlow, LayerFlow};
pub use page::{Finding, Repeat, Report, Section, Table};
pub use palette::Theme;
pub use panels::Panels;
pub use picture::Picture;
pub use picture_format::PictureFormat;
pub use residuals::{Residuals, ResidualsOf};
pub use search_chart::{SearchChart, SearchPoint, SearchSetting, SettingValues};
pub use text_chart::{TextMatrix, TextStyle};
pub use weight_picture::{ImageShape, WeightPicture};

//! Draws records as pictures, compares loss curves, and writes pages and text.
//!
//! [`LineChart`] draws learning curves and the like as SVG or PNG, [`PanelGrid`] several of them; [`LineChart::text`] and
//! [`TextMatrix`] are for a terminal. [`ConfusionMatrix`], [`Reliability`], [`Residuals`], [`WeightPicture`], [`Boundary`]
//! and [`gradient_flow`] show what a network has learnt and how; [`BarChart`] draws which columns matter to it, and
//! [`SearchChart`] the trials of a search for settings.
//! [`Comparison`] compares the loss curves of several variants, with one seed or several, and says in plain English which
//! of them converged faster. [`Report`] puts pictures, tables and text on one page; [`WorkedExample`] explains one
//! training step. All read plain numbers and never run a network.
//!
//! A picture passes through the crate as [`LineChart`] → `layout` (margins, axes, legend, thinned curves; a canvas of marks
//! in pixels) → `svg` or `png`. Both painters draw the same marks, so the two formats cannot differ. On a page the same
//! picture is laid out in both themes, and the style sheet chooses the colours.

#![forbid(unsafe_code)]

mod axis;
mod bar_chart;
mod boundary;
mod color_scale;
mod comparison;
mod confusion_matrix;
mod error;
mod explanation;
mod gradient_flow;
mod label;
mod layout;
mod legible;
mod line_chart;
mod mark;
#[cfg(not(target_family = "wasm"))]
mod outline;
mod page;
mod palette;
mod panel_grid;
mod picture;
mod picture_style;
#[cfg(not(target_family = "wasm"))]
mod png;
mod raster_pixels;
mod reliability;
mod residuals;
mod search_chart;
mod svg;
mod text_chart;
mod text_table;
mod typeface;
mod weight_picture;

pub use bar_chart::{Bar, BarChart};
pub use boundary::{Boundary, BoundaryPoint, Field, Grid};
pub use comparison::{
    Band, Comparison, EqualEpochs, Pair, Reach, SignTest, Spread, TargetReach, VariantRuns, VariantSummary,
    spread_of_runs,
};
pub use confusion_matrix::ConfusionMatrix;
pub use error::ReportError;
pub use explanation::{UnitChoice, WorkedExample};
pub use gradient_flow::gradient_flow;
pub use legible::{legible, legible_lines};
pub use line_chart::{Guide, LineChart, Scale, Series, SeriesBand};
pub use page::{PageTable, Report, Section};
pub use palette::Theme;
pub use panel_grid::PanelGrid;
pub use picture::{Picture, PictureFormat};
pub use picture_style::PictureStyle;
pub use reliability::{Reliability, ReliabilityBar};
pub use residuals::{Residuals, TargetResiduals};
pub use search_chart::{SearchChart, SearchPoint, SearchSetting, SettingValues};
pub use text_chart::{TextMatrix, TextStyle};
pub use weight_picture::{ImageShape, WeightPicture};

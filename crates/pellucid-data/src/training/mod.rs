//! From a table to a trained model: columns chosen, rows held out, preparation fitted, network trained, scored.
//!
//! There is no clock and no terminal here: a front end hands in a clock and its observers.
//!
//! ```
//! use pellucid_data::load_builtin;
//! use pellucid_data::training::{Plan, TrainingRequest};
//! use std::num::NonZeroUsize;
//!
//! let iris = load_builtin("iris", 0)?;
//! let mut request = TrainingRequest { epochs: Some(3), ..TrainingRequest::default() };
//! request.columns.target = vec!["species".into()];
//! let plan = Plan::new(&iris, &request)?;
//! let trained = plan.train(None, NonZeroUsize::MIN, &mut ())?;
//! assert_eq!(trained.rows.len() + trained.held_out_rows.len(), 150);
//! let model = trained.into_model();
//! assert_eq!(model.classes.len(), 3);
//! # Ok::<(), pellucid_data::DataError>(())
//! ```

mod calibrate;
mod coverage;
mod cross_validation;
mod defaults;
mod effort;
mod ensemble;
mod ensemble_settings;
mod estimate;
mod findings;
mod from_model;
mod header_size;
mod inputs;
mod plan;
mod prediction;
mod prediction_columns;
mod presets;
mod refit;
mod request;
mod score_figure;
mod scored_rows;
mod scores;
mod session;
mod shuffle_window;
mod start;
mod unanswered;

pub use coverage::Coverages;
pub use cross_validation::{CrossValidation, Spread};
pub use effort::Effort;
pub use estimate::Estimate;
pub use plan::Plan;
pub use prediction::{PredictedRows, predict, predict_where_possible};
pub(crate) use prediction::{in_f32, in_f64, mean_outputs};
pub use prediction_columns::PredictionColumns;
pub use presets::Preset;
pub use request::{TrainingRequest, names_in};
pub use score_figure::ScoreFigure;
pub use scored_rows::ScoredRows;
pub use scores::{Answers, Scores};
pub use session::{TableSession, Trained, samples};
pub use unanswered::UnansweredRows;

//! Which columns of a table matter: to a model, and to one prediction.
//!
//! A *source column* is a column of the table, with all features that the preparation makes of it: the words of a category or
//! the parts of a date move together.
//!
//! - [`PreparedRows`] holds rows of a table as a network takes them, once. Every other calculation asks it for predictions of
//!   rows that are composed of them, source column by source column, so that no table is prepared twice.
//! - [`permutation_importance`] shuffles one source column and measures how much worse the score becomes.
//! - [`contributions`] divides one prediction among the source columns (Shapley values).
//! - [`partial_dependence`] is the mean prediction as a function of one source column.
//!
//! ```
//! use pellucid_data::importance::{PermutationSettings, PreparedRows, permutation_importance};
//! use pellucid_data::load_builtin;
//! use pellucid_data::training::{Answers, Plan, ScoreFigure, TrainingRequest};
//! use std::num::NonZeroUsize;
//! use std::ops::ControlFlow;
//!
//! let iris = load_builtin("iris", 0)?;
//! let mut request = TrainingRequest { epochs: Some(20), ..TrainingRequest::default() };
//! request.columns.target = vec!["species".into()];
//! let trained = Plan::new(&iris, &request)?.train(None, NonZeroUsize::MIN, &mut ())?;
//!
//! let target = trained.preparation.target();
//! let mut rows = PreparedRows::new(&trained.networks(), &trained.preparation, NonZeroUsize::MIN);
//! let mut answers = Answers::default();
//! rows.append(&iris, &trained.rows)?;
//! answers.append(target, &iris, &trained.rows)?;
//! let settings = PermutationSettings { repeats: 5, seed: 0, figure: ScoreFigure::first(target) };
//! let found = permutation_importance(&rows, &answers, &settings, &mut |_, _| ControlFlow::Continue(()))?;
//! assert_eq!(found.columns.len(), 4);
//! assert!(found.columns[0].mean >= found.columns[3].mean);
//! # Ok::<(), pellucid_data::DataError>(())
//! ```

mod partial_dependence;
mod permutation;
mod prepared_rows;
mod progress;
mod shapley;

pub use partial_dependence::{ColumnGrid, partial_dependence};
pub use permutation::{
    BAND, ColumnImportance, PermutationImportance, PermutationSettings, permutation_importance,
};
pub use prepared_rows::PreparedRows;
pub use progress::Progress;
pub use shapley::{
    ContributionMethod, ContributionSettings, Contributions, MOST_EXACT_COLUMNS, background_rows,
    contributions,
};

//! The search for the settings that train best: a space of settings, trials drawn from it, and their ranking.
//!
//! A trial depends only on the search's seed and its own number. So trials can run side by side and in any order, and a
//! search can continue after an interruption, with the same result. As in [`training`](crate::training), there is no clock
//! and no terminal.
//!
//! ```
//! use pellucid_data::load_builtin;
//! use pellucid_data::training::TrainingRequest;
//! use pellucid_data::tuning::{Method, Search, SearchRequest, Space};
//! use std::num::NonZeroUsize;
//!
//! let iris = load_builtin("iris", 0)?;
//! let mut training = TrainingRequest { epochs: Some(5), ..TrainingRequest::default() };
//! training.columns.target = vec!["species".into()];
//! let space = Space::from_lines(&["learning_rate=log:1e-3..1e-1", "hidden=8,16"])?;
//! let request = SearchRequest { method: Method::Random, space, trials: 4, ..SearchRequest::default() };
//! let search = Search::new(&iris, &training, &request)?;
//! let found = search.run(NonZeroUsize::MIN, Vec::new(), &|| false, &mut |_| Ok(()))?;
//! assert_eq!(found.ranking().len(), 4);
//! # Ok::<(), pellucid_data::DataError>(())
//! ```

mod defaults;
mod halving;
mod result;
mod search;
mod space;
mod space_file;
mod state;
mod trial;

pub use result::SearchResult;
pub use search::{Method, Search, SearchRequest, TrialJob, TrialReport};
pub use space::{NumberRange, Parameter, SettingRange, Space};
pub use state::SearchState;
pub use trial::{Setting, Trial, TrialOutcome, elementwise_names, hidden_sizes, with_settings};

//! A search for the settings that train best: what may vary, trials drawn from it, and which of them was best.
//!
//! A trial depends on nothing but the search's seed and its own number, so that trials can run side by side, in any order,
//! be taken up again after an interruption, and still come to the same table. No clock and no terminal, as in
//! [`training`](crate::training).
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
//! let space = Space::of(&["learning_rate=log:1e-3..1e-1", "hidden=8,16"])?;
//! let request = SearchRequest { trials: 4, ..SearchRequest::new(Method::Random, space) };
//! let search = Search::new(&iris, &training, &request)?;
//! let found = search.run(NonZeroUsize::MIN, Vec::new(), &|| false, &mut |_| Ok(()))?;
//! assert_eq!(found.ranking().len(), 4);
//! # Ok::<(), pellucid_data::DataError>(())
//! ```

mod defaults;
mod found;
mod halving;
mod search;
mod space;
mod space_file;
mod state;
mod trial;

pub use found::Found;
pub use search::{Method, Search, SearchRequest, Told};
pub use space::{Parameter, Range, Space};
pub use state::State;
pub use trial::{Outcome, Setting, Trial};

use crate::error::DataError;

fn setting(key: &str, found: impl Into<String>, expected: impl Into<String>) -> DataError {
    DataError::Engine(pellucid::Error::Setting {
        key: key.into(),
        found: found.into(),
        expected: expected.into(),
    })
}

//! From a table to a trained model: columns chosen, rows held out, preparation fitted, network trained, scored.
//!
//! There is no clock and no terminal here: a caller that has them implements [`Watch`].
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
//! assert_eq!(trained.training_rows + trained.validation_rows, 150);
//! let model = trained.into_model();
//! assert_eq!(model.classes.len(), 3);
//! # Ok::<(), pellucid_data::DataError>(())
//! ```

mod cross_validation;
mod defaults;
mod fit;
mod plan;
mod rate;
mod request;
mod scores;

pub use cross_validation::{CrossValidation, Spread};
pub use fit::{Trained, Watch, predict, samples};
pub use plan::Plan;
pub use request::TrainingRequest;
pub use scores::{Answers, Scores};

//! Multilayer perceptrons you can see through: network, training, and the numbers behind every explanation.
//!
//! The modules, in reading order, each using only those above it: [`error`], [`scalar`], [`matrix`], `kernels`,
//! [`activation`], [`loss`], [`normalisation`], [`network`], [`numpy_random`], [`init`], [`lbfgs`], **[`pass`]** (the heart: one
//! forward, one backward), [`trace`], [`gradient_check`], [`optimizer`], [`schedule`], [`averaging`], [`dataset`], [`scores`],
//! [`metrics`], [`recipe`], [`evaluation`], [`observe`], [`vitals`], [`diagnosis`], [`trainer`], [`early_stopping`], [`record`],
//! [`experiment`], [`explanation`], [`rate_finder`].
//!
//! ```
//! use pellucid::{Activation, Architecture, Experiment, Recipe};
//! use pellucid::dataset::{Dataset, Features, Targets};
//! use pellucid::matrix::Matrix;
//!
//! let recipe = Recipe::from_toml(r#"
//!     [data]
//!     source = "inline"
//!     [network]
//!     layers = [2, 4, 1]
//!     activation = ["tanh", "sigmoid"]
//!     [train]
//!     loss = "binary_cross_entropy"
//!     learning_rate = 0.5
//!     epochs = 2000
//!     seed = 1
//! "#, "example")?;
//! let inputs = Matrix::from_rows("inputs", &[vec![0., 0.], vec![0., 1.], vec![1., 0.], vec![1., 1.]])?;
//! let targets = Matrix::from_rows("targets", &[vec![0.], vec![1.], vec![1.], vec![0.]])?;
//! let xor = Dataset::<f64>::new(Features::Dense(inputs), Targets::Dense(targets))?;
//! let mut run = Experiment::new(recipe, xor, None, std::num::NonZeroUsize::MIN)?;
//! run.run(&mut ())?;
//! assert!(run.evaluate().training.loss < 0.05);
//! # Ok::<(), pellucid::Error>(())
//! ```

mod accumulation;
pub mod activation;
pub mod averaging;
mod clipping;
mod corruption;
pub mod dataset;
pub mod diagnosis;
pub mod dropout;
pub mod early_stopping;
mod entry_points;
pub mod error;
pub mod evaluation;
pub mod experiment;
pub mod explanation;
pub mod gradient_check;
pub mod init;
#[allow(unsafe_code)]
mod kernels;
pub mod lbfgs;
pub mod loss;
pub mod matrix;
mod max_norm;
pub mod metrics;
mod name_or_table;
pub mod network;
pub mod normalisation;
mod number;
pub mod numpy_random;
pub mod observe;
pub mod optimizer;
pub mod pass;
mod penalty;
pub mod rate_finder;
pub mod recipe;
pub mod record;
pub mod scalar;
pub mod schedule;
pub mod scores;
pub mod trace;
pub mod trainer;
pub mod vitals;

pub use activation::Activation;
pub use dropout::Dropout;
pub use early_stopping::{EarlyStopping, EndedBy};
pub use error::{Error, Result};
pub use experiment::{Experiment, Timing};
pub use gradient_check::{GradientReport, check_gradient, check_network, check_rule};
pub use kernels::Input;
pub use loss::{CustomLoss, Loss, Reduction};
pub use network::{Architecture, Network};
pub use normalisation::Normalisation;
pub use optimizer::Optimizer;
pub use pass::{Objective, Target, Update, Workspace, backward, forward, loss_sum};
pub use recipe::Recipe;
pub use scalar::{Precision, Scalar};
pub use schedule::Schedule;
pub use scores::{ClassificationScores, LabelScores, RegressionScores};
pub use trainer::{Ending, Trainer};

//! Multilayer perceptrons you can see through: network, training, and the numbers behind every explanation.
//!
//! The modules, in reading order, each using only those above it: [`error`], [`scalar`], `kernels`, [`activation`], [`loss`],
//! [`normalisation`], [`numpy_random`], [`data`], [`model`] with **[`model::pass`]** (one forward, one backward),
//! [`evaluation`], [`optimization`], [`recipe`], [`training`], [`inspection`], [`session`].
//!
//! ```
//! use pellucid::{Activation, Architecture, Recipe, Session};
//! use pellucid::data::dataset::{Dataset, Features, Targets};
//! use pellucid::data::matrix::Matrix;
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
//! let session = Session::new(recipe, xor, std::num::NonZeroUsize::MIN)?;
//! let finished = session.run(&mut ())?;
//! assert!(finished.evaluate().training.loss < 0.05);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A custom loss
//!
//! A program can bring its own loss as closures; the gradient check says whether value and derivatives agree.
//!
//! ```
//! use pellucid::loss::CustomLoss;
//! use pellucid::model::pass::{Objective, Update};
//! use pellucid::{Input, Loss, Reduction, check_network};
//! # use pellucid::{Recipe, Session, data::dataset::{Dataset, Features, Targets}, data::matrix::Matrix};
//!
//! // (a − y)², weighted by three where the output is too low.
//! let weight = |d: f64| if d < 0.0 { 3.0 } else { 1.0 };
//! let asymmetric = CustomLoss::new(
//!     "asymmetric",
//!     move |row| row.outputs.iter().zip(row.targets).map(|(a, y)| weight(a - y) * (a - y).powi(2)).sum(),
//!     move |row, derivatives| {
//!         for (derivative, (a, y)) in derivatives.iter_mut().zip(row.outputs.iter().zip(row.targets)) {
//!             *derivative = 2.0 * weight(a - y) * (a - y);
//!         }
//!     },
//! );
//!
//! let mut recipe = Recipe::from_toml(r#"
//!     data = { source = "inline" }
//!     network = { layers = [1, 1], activation = "identity" }
//!     train = { loss = "squared_error", learning_rate = 0.1, epochs = 500 }
//! "#, "example")?;
//! recipe.train.loss = asymmetric.into();
//! # let rows = |rows: [f64; 4]| Matrix::from_rows("rows", &rows.map(|x| vec![x]));
//! # let (x, y) = (rows([0., 0., 1., 1.])?, rows([0., 1., 0., 1.])?);
//! # let data = Dataset::<f64>::new(Features::Dense(x), Targets::Dense(y))?;
//! let session = Session::new(recipe, data, std::num::NonZeroUsize::MIN)?;
//! let objective = Objective { loss: asymmetric.into(), reduction: Reduction::Mean, update: Update::Textbook };
//! let report = check_network(session.initial(), Input::Dense(&[0.0, 1.0]), &[0.0, 0.4], objective);
//! assert!(report.is_right(), "{report}");
//! let finished = session.run(&mut ())?;
//! // Between targets of 0 and 1 the outputs converge to 3/4.
//! assert!((finished.outputs()[0].0[0] - 0.75).abs() < 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod data;
pub mod error;
pub mod evaluation;
pub mod inspection;
pub mod model;
mod number;
pub mod numpy_random;
pub mod optimization;
pub mod recipe;
pub mod session;
pub mod state;
pub mod training;

pub use pellucid_kernels::{activation, allocation, descriptor, loss, normalisation, scalar};

pub use activation::Activation;
pub use error::{Error, Result};
pub use evaluation::scores::{ClassificationScores, LabelScores, RegressionScores};
pub use inspection::gradient_check::{GradientReport, check_gradient, check_network, check_rule};
pub use loss::{CustomLoss, Loss, Reduction};
pub use model::dropout::Dropout;
pub use model::network::{Architecture, Network};
pub use model::pass::{Objective, Target, Update, Workspace, backward, forward, loss_sum};
pub use normalisation::Normalisation;
pub use optimization::optimizer::Optimizer;
pub use optimization::schedule::Schedule;
pub use pellucid_kernels::layer::{Input, SparseRows};
pub use pellucid_kernels::simd::{InstructionSet, choose_instruction_set, elementary, instruction_set};
pub use recipe::Recipe;
pub use scalar::{Precision, Scalar};
pub use session::{Finished, Session, Split, Unfinished};
pub use training::early_stopping::EndedBy;
pub use training::trainer::{Ending, Trainer};

/// Evaluates an expression with a type of this name that stands for a [`Precision`]'s numbers: the one place that chooses
/// `f32` or `f64`.
///
/// ```
/// use pellucid::{Precision, with_precision};
///
/// let bytes = |precision| with_precision!(precision, T => size_of::<T>());
/// assert_eq!((bytes(Precision::F32), bytes(Precision::F64)), (4, 8));
/// ```
#[macro_export]
macro_rules! with_precision {
    ($precision:expr, $number:ident => $do:expr) => {
        match $precision {
            $crate::Precision::F32 => {
                type $number = f32;
                $do
            }
            $crate::Precision::F64 => {
                type $number = f64;
                $do
            }
        }
    };
}

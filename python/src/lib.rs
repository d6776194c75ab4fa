//! What the Python package asks of the engine: to train on its arrays, and to tell the outputs for them. Everything that
//! scikit-learn has a say in (names, defaults, checks, when training ends) is the package's, in Python.

mod arrays;
mod diagnosing;
mod looking;
mod model_file;
mod numbers;
mod recipes;
mod run;
mod samples;
mod watch;

use pyo3::prelude::*;

/// The engine's side of `pellucid`.
#[pymodule]
mod _engine {
    #[pymodule_export]
    use crate::looking::{check_gradient, diagnose, explain};

    #[pymodule_export]
    use crate::model_file::{load_model, save_model};

    #[pymodule_export]
    use crate::recipes::{built_in_recipes, names, read_recipe, run_recipe};

    #[pymodule_export]
    use crate::run::{Run, initial, outputs};

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}

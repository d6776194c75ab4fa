//! The binding between the Python package and the engine: training on NumPy arrays and on tables, outputs, inspection, recipes
//! and model files. scikit-learn's conventions (names, defaults, checks, when training ends) are implemented in Python.

mod array_checkpoint;
mod arrays;
mod checkpoint;
mod diagnosing;
mod imported;
mod inspection;
mod instruction_set;
mod memory;
mod memory_limit;
mod model_file;
mod predictor;
mod recipes;
mod run;
mod samples;
mod sparse_arrays;
mod table_batches;
mod table_data;
mod table_importance;
mod table_model;
mod table_request;
mod table_scores;
mod table_search;
mod table_training;
mod text_reading;
mod watch;

use pyo3::prelude::*;

/// The engine's side of `pellucid`.
#[pymodule]
mod _engine {
    #[pymodule_export]
    use crate::array_checkpoint::ArrayCheckpoint;

    #[pymodule_export]
    use crate::imported::import_network;

    #[pymodule_export]
    use crate::inspection::{check_gradient, diagnose, explain};

    #[pymodule_export]
    use crate::instruction_set::{choose_instruction_set, instruction_set};

    #[pymodule_export]
    use crate::memory_limit::limit_memory;

    #[pymodule_export]
    use crate::model_file::{load_model, save_model};

    #[pymodule_export]
    use crate::predictor::Predictor;

    #[pymodule_export]
    use crate::recipes::{
        activation_expression, built_in_recipes, check_recipe, names, read_recipe, run_recipe,
    };

    #[pymodule_export]
    use crate::run::{Run, initial};

    #[pymodule_export]
    use crate::table_batches::predict_columns;

    #[pymodule_export]
    use crate::table_data::TableData;

    #[pymodule_export]
    use crate::table_importance::{table_contributions, table_importance};

    #[pymodule_export]
    use crate::table_model::TableModel;

    #[pymodule_export]
    use crate::table_scores::score_table;

    #[pymodule_export]
    use crate::table_search::TableSearch;

    #[pymodule_export]
    use crate::table_training::train_table;

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}

//! `pellucid train --from MODEL`: a training that begins with the weights of a model.

use crate::arguments::Train;
use crate::evaluate::preparation;
use crate::failure::refuse_flags;
use anyhow::Result;
use pellucid_data::model_file::Model;
use pellucid_data::training::TrainingRequest;
use std::path::Path;

/// The model with which a training begins, where no flag contradicts it.
pub(crate) fn read(path: &Path, arguments: &Train) -> Result<Model> {
    let training = &arguments.training;
    let mut decided = arguments.columns.flags();
    decided.extend([
        ("--recipe", training.recipe.is_some()),
        ("--preset", training.preset.is_some()),
        ("--effort", training.effort.is_some()),
        ("--hidden", training.hidden.is_some()),
        ("--activation", training.activation.is_some()),
        ("--normalisation", training.normalisation.is_some()),
    ]);
    refuse_flags(&decided, |flag| {
        format!("{flag} is decided by the model that --from names; leave one of them out")
    })?;
    let of_one_network = [
        ("--ensemble", arguments.ensemble.is_some()),
        ("--cv", arguments.cv.is_some()),
    ];
    refuse_flags(&of_one_network, |flag| {
        format!(
            "{flag} trains several networks, and --from begins with the weights of one that may have seen the rows they hold out"
        )
    })?;
    let model = Model::load(path)?;
    preparation(&model, path)?;
    Ok(model)
}

/// What is asked of the training: the recipe of the model, and cells read as it reads them.
pub(crate) fn add_to(request: &mut TrainingRequest, model: &Model) {
    request.recipe = Some(model.recipe.clone());
    if let Some(preparation) = &model.preparation {
        request.reading.clone_from(preparation.reading());
    }
}

/// A note of what the training takes from the model, and what begins anew.
pub(crate) fn note(path: &Path) -> String {
    format!(
        "a new run from the weights of {}; its optimizer, schedule, random numbers and epochs begin anew",
        path.display()
    )
}

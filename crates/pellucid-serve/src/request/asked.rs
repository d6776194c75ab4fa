//! What is to be answered about the rows of a request.

use crate::failure::Failure;
use crate::model::{ServedModel, USUAL_LEVEL};
use pellucid::descriptor::nearest;

/// The outputs that a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    /// The names of the columns of predictions that are asked for.
    pub(crate) predictions: Vec<String>,
    pub(crate) probabilities: bool,
    pub(crate) interval: bool,
    pub(crate) contributions: bool,
    /// The probability of the interval.
    pub(crate) level: f64,
}

impl Asked {
    /// These outputs of a model; without any the predictions and, of classes, their probabilities.
    pub(crate) fn new(
        model: &ServedModel,
        names: &[impl AsRef<str>],
        level: Option<f64>,
    ) -> Result<Self, Failure> {
        let level = level.unwrap_or(USUAL_LEVEL);
        if !(level > 0.0 && level < 1.0) {
            return Err(Failure::wrong(format!(
                "the level of the interval is {level}; expected a probability between 0 and 1, such as {USUAL_LEVEL}"
            )));
        }
        let known: Vec<&str> = model
            .outputs
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|output| output["name"].as_str())
            .collect();
        let mut asked = Self {
            predictions: Vec::new(),
            probabilities: false,
            interval: false,
            contributions: false,
            level,
        };
        let all_predictions = || model.predicted.iter().map(|(name, _)| name.clone());
        if names.is_empty() {
            asked.predictions = all_predictions().collect();
            asked.probabilities = known.contains(&"probabilities");
            return Ok(asked);
        }
        for name in names {
            match name.as_ref() {
                // Of several targets, those of all.
                "prediction" => asked.predictions.extend(all_predictions()),
                name if !known.contains(&name) => {
                    let near = nearest(name, known.iter().copied());
                    let near =
                        near.map_or_else(|| ".".to_owned(), |near| format!("; did you mean {near:?}?"));
                    let known = known.join(", ");
                    return Err(Failure::wrong(format!(
                        "there is no output {name:?}{near} The model has {known}"
                    )));
                }
                "probabilities" => asked.probabilities = true,
                "interval" => asked.interval = true,
                "contributions" => asked.contributions = true,
                prediction => asked.predictions.push(prediction.to_owned()),
            }
        }
        Ok(asked)
    }
}

//! One training, as the page holds it.

use crate::data_set::{DataSet, Rows};
use crate::explaining::explain;
use crate::models;
use crate::pictures;
use crate::stepper::Stepper;
use crate::thrown::Thrown;
use crate::views::{self, GridRequest};
use pellucid::inspection::explanation::Explanation;
use pellucid::session::MemoryNeeds;
use pellucid::{Recipe, Scalar, with_precision};
use pellucid_report::WorkedExample;
use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;

/// A training in one of the precisions.
enum Training {
    F32(Box<Stepper<f32>>),
    F64(Box<Stepper<f64>>),
}

/// Evaluates an expression with the stepper of a training, in whichever precision.
macro_rules! with_stepper {
    ($run:expr, $stepper:ident => $do:expr) => {
        match $run {
            Training::F32($stepper) => $do,
            Training::F64($stepper) => $do,
        }
    };
}

impl From<Stepper<f32>> for Training {
    fn from(stepper: Stepper<f32>) -> Self {
        Self::F32(Box::new(stepper))
    }
}

impl From<Stepper<f64>> for Training {
    fn from(stepper: Stepper<f64>) -> Self {
        Self::F64(Box::new(stepper))
    }
}

/// A training that the page advances. Results are JSON.
#[wasm_bindgen]
pub struct Run {
    training: Training,
    data: Option<DataSet>,
}

impl Run {
    /// A training by a recipe in TOML, on a data set in JSON or, without one, on what the recipe itself holds.
    pub(crate) fn new(recipe: &str, data: Option<&str>, seed: Option<u32>) -> Result<Self, Thrown> {
        let mut recipe = Recipe::from_toml(recipe, "the recipe")?;
        if let Some(seed) = seed {
            recipe.set_seed(seed);
        }
        let data: Option<DataSet> = match data {
            Some(text) => Some(serde_json::from_str(text)?),
            None => None,
        };
        let training =
            with_precision!(recipe.train.precision, T => begin::<T>(recipe, data.as_ref())?.into());
        let data = data.map(|data| DataSet {
            training: Rows::default(),
            test: Rows::default(),
            ..data
        });
        Ok(Self { training, data })
    }
}

fn begin<T: Scalar>(recipe: Recipe, data: Option<&DataSet>) -> Result<Stepper<T>, Thrown> {
    match data {
        Some(data) => {
            let split = data.split(&recipe)?;
            Stepper::new(recipe, split, &data.feature_names)
        }
        None => {
            let split = pellucid_data::load(&recipe, None, &mut |_| {})?;
            Stepper::new(recipe, split, &[])
        }
    }
}

#[wasm_bindgen]
impl Run {
    /// What it is.
    pub fn info(&self) -> Result<String, Thrown> {
        with_stepper!(&self.training, stepper => {
            let recipe = stepper.recipe();
            let architecture = stepper.now().network.architecture();
            let activations = architecture.layers().iter().map(|layer| layer.activation.name());
            let rows = stepper.session().training().rows();
            let needs = MemoryNeeds::new(recipe, architecture, rows, false);
            let info = json!({
                "layers": recipe.network.layers,
                "activations": activations.collect::<Vec<_>>(),
                "loss": recipe.train.loss.name(),
                "parameters": architecture.trained_count(),
                "precision": recipe.train.precision,
                "steps_total": stepper.steps_total(),
                "steps_an_epoch": stepper.steps_an_epoch(),
                "memory_bytes": needs.total(),
                "notes": self.data.as_ref().map_or(&[][..], |data| &data.notes),
            });
            Ok(info.to_string())
        })
    }

    /// Takes up to `count` steps within about `budget_ms` milliseconds.
    pub fn advance(&mut self, count: f64, budget_ms: f64) -> Result<String, Thrown> {
        with_stepper!(&mut self.training, stepper => {
            let steps = stepper.advance(count as u64, budget_ms / 1e3)?;
            Ok(json!({"steps": steps, "ended": stepper.now().end}).to_string())
        })
    }

    /// Goes to a step that was taken before.
    pub fn seek(&mut self, step: f64) -> Result<(), Thrown> {
        with_stepper!(&mut self.training, stepper => stepper.seek(step as u64))
    }

    /// Where it is.
    pub fn position(&self) -> String {
        with_stepper!(&self.training, stepper => {
            let (step, of_epoch) = (stepper.step(), stepper.steps_an_epoch());
            let position = json!({
                "step": step,
                "epoch": step / of_epoch,
                "steps_an_epoch": of_epoch,
                "steps_total": stepper.steps_total(),
                "furthest_step": stepper.furthest(),
            });
            position.to_string()
        })
    }

    /// The recorded epochs, up to the furthest step.
    pub fn history(&self) -> Result<String, Thrown> {
        with_stepper!(&self.training, stepper => Ok(serde_json::to_string(stepper.history())?))
    }

    /// Loss and metrics now.
    pub fn scores(&self) -> String {
        with_stepper!(&self.training, stepper => views::scores(stepper).to_string())
    }

    /// Activations of a layer's units on a grid over two features.
    pub fn grid(&self, request: &str) -> Result<Vec<f32>, Thrown> {
        let request: GridRequest = serde_json::from_str(request)?;
        with_stepper!(&self.training, stepper => views::grid(&stepper.now().network, &request))
    }

    /// The outputs for the rows of `training` or `test`, (rows, outputs).
    pub fn predictions(&self, which: &str) -> Vec<f32> {
        with_stepper!(&self.training, stepper => {
            let split = stepper.session().split();
            let data = match which {
                "test" => split.test.as_ref().or(split.validation.as_ref()),
                _ => Some(&split.training),
            };
            views::predictions(&stepper.now().network, data)
        })
    }

    /// The parameters, layer by layer.
    pub fn parameters(&self) -> String {
        with_stepper!(&self.training, stepper => views::parameters(&stepper.now().network).to_string())
    }

    /// Changes a weight by hand; from −1 it is the bias. What was trained after the present step is forgotten.
    pub fn set_weight(&mut self, layer: usize, from: i32, to: usize, value: f64) -> Result<(), Thrown> {
        if !value.is_finite() {
            return Err(format!("a weight is a finite number, and {value} is none").into());
        }
        match &mut self.training {
            Training::F32(stepper) => {
                let place = views::place_of(&stepper.now().network, layer, from, to)?;
                stepper.edit(place, value as f32)
            }
            Training::F64(stepper) => {
                let place = views::place_of(&stepper.now().network, layer, from, to)?;
                stepper.edit(place, value)
            }
        }
    }

    /// Gradient flow and update ratios, layer by layer.
    pub fn layer_statistics(&self) -> Result<String, Thrown> {
        with_stepper!(&self.training, stepper => Ok(views::layer_statistics(stepper)?.to_string()))
    }

    /// The findings so far.
    pub fn findings(&self) -> String {
        with_stepper!(&self.training, stepper => views::findings(&stepper.now().findings).to_string())
    }

    /// The record of the step that the training would take next if its batch were this row, counted from 0.
    pub fn explain(&self, row: usize) -> Result<String, Thrown> {
        let explanation =
            with_stepper!(&self.training, stepper => explain(stepper, self.data.as_ref(), row))?;
        Ok(serde_json::to_string(&explanation)?)
    }

    /// The same as a page.
    pub fn explain_page(&self, row: usize) -> Result<String, Thrown> {
        let explanation =
            with_stepper!(&self.training, stepper => explain(stepper, self.data.as_ref(), row))?;
        Ok(worked_example(&explanation).html())
    }

    /// The same as Markdown.
    pub fn explain_markdown(&self, row: usize) -> Result<String, Thrown> {
        let explanation =
            with_stepper!(&self.training, stepper => explain(stepper, self.data.as_ref(), row))?;
        Ok(worked_example(&explanation).markdown())
    }

    /// A picture of the reports as SVG: `boundary`, `curves` or `weights`.
    pub fn picture(&self, kind: &str) -> Result<String, Thrown> {
        with_stepper!(&self.training, stepper => pictures::draw(stepper, self.data.as_ref(), kind))
    }

    /// The present network as a model file.
    pub fn model_file(&self) -> Result<Vec<u8>, Thrown> {
        with_stepper!(&self.training, stepper => models::write(stepper, self.data.as_ref()))
    }

    /// Begins from the network of a model file; messages call it `name`.
    pub fn start_from(&mut self, bytes: &[u8], name: &str) -> Result<(), Thrown> {
        with_stepper!(&mut self.training, stepper => stepper.start_from(&models::network(bytes, name)?))
    }

    /// Compares the gradient at the present parameters with numeric derivatives.
    pub fn check_gradients(&self) -> Result<String, Thrown> {
        with_stepper!(&self.training, stepper => Ok(views::check_gradients(stepper)?.to_string()))
    }
}

fn worked_example(explanation: &Explanation) -> WorkedExample<'_> {
    WorkedExample {
        explanation,
        full: false,
        unit: None,
    }
}

//! A trained model, saved and loaded.

use super::format::{
    FORMAT, FORMAT_VERSION, FORMAT_WITHOUT_NORMALISATION, ModelBytes, ORIENTATION, json, read, write,
};
use super::network::AnyNetwork;
use super::problem::{Failure, ModelFileError, ModelProblem};
use crate::files::{FileError, OutputFile};
use crate::preparation::Preparation;
use pellucid::Loss;
use pellucid::recipe::Recipe;
use pellucid::training::observe::EpochRecord;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// A trained model, with everything that is needed to use it and to know what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The network.
    pub network: AnyNetwork,
    /// The recipe of its training.
    pub recipe: Recipe,
    /// The preparation of a table; `None` for a model trained on arrays.
    pub preparation: Option<Preparation>,
    /// The classes by name, empty if they have none; those of the preparation, if there is one.
    pub classes: Vec<String>,
    /// The features by name, empty if they have none; those of the preparation, if there is one.
    pub feature_names: Vec<String>,
    /// The epochs of its training.
    pub history: Vec<EpochRecord>,
    /// The scores after its training.
    pub metrics: serde_json::Value,
    /// The notes of its training, a sentence each.
    pub warnings: Vec<String>,
    /// The version of pellucid that made it.
    pub version: String,
}

impl Model {
    /// A model of this version, without history, metrics and warnings. Classes and features have the names of the
    /// preparation.
    pub fn new(network: impl Into<AnyNetwork>, recipe: Recipe, preparation: Option<Preparation>) -> Self {
        let names = preparation.as_ref();
        Self {
            network: network.into(),
            recipe,
            classes: names.map_or_else(Vec::new, |preparation| preparation.target().classes().to_vec()),
            feature_names: names.map_or_else(Vec::new, Preparation::feature_names),
            preparation,
            history: Vec::new(),
            metrics: serde_json::Value::Null,
            warnings: Vec::new(),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// Writes the model, whole or not at all.
    ///
    /// ```
    /// use pellucid::{Activation, Architecture, Network, Recipe};
    /// use pellucid_data::model_file::{AnyNetwork, Model};
    /// let architecture = Architecture::new(&[2, 1], &[Activation::Sigmoid], true)?;
    /// let network = Network::new(architecture, vec![0.5f32, -1.5, 0.25])?;
    /// let model = Model::new(network, Recipe::built_in("xor-sgd")?, None);
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("xor.safetensors");
    /// model.save(&path)?;
    /// assert_eq!(Model::load(&path)?, model);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The path cannot be written, or the disk is full; the model could not be read again, because weights are not finite
    /// or parts contradict each other.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelFileError> {
        self.save_to(OutputFile::prepare(path)?)
    }

    /// [`save`](Self::save) to a path that was prepared before the training.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_to(&self, output: OutputFile) -> Result<(), ModelFileError> {
        let bytes = self.to_bytes().and_then(|bytes| {
            let read = read(&mut bytes.as_slice())?;
            Self::from_file(read).map(|_| bytes)
        });
        let bytes = bytes.map_err(|failure| match failure {
            Failure::Model(problem) => ModelFileError::new(output.path(), problem),
            Failure::Io(reason) => FileError::from_write(output.path(), reason).into(),
        })?;
        Ok(output.write(&bytes)?)
    }

    /// Reads a model.
    ///
    /// # Errors
    /// The file cannot be read, or is no model: [`ModelProblem`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelFileError> {
        let path = path.as_ref();
        let mut file = File::open(path).map_err(|reason| FileError::from_read(path, reason))?;
        let model = read(&mut file).and_then(Self::from_file);
        model.map_err(|failure| match failure {
            Failure::Model(problem) => ModelFileError::new(path, problem),
            Failure::Io(reason) => FileError::from_read(path, reason).into(),
        })
    }

    fn to_bytes(&self) -> Result<Vec<u8>, Failure> {
        let losses = std::iter::once(self.recipe.train.loss).chain(self.recipe.log.loss);
        if let Some(custom) = losses.into_iter().find(|loss| matches!(loss, Loss::Custom(_))) {
            let name = custom.name();
            let message = format!(
                "the recipe's loss, `{name}`, is defined by a program, and no file can name it; give the model's recipe the \
                 nearest of the built-in losses"
            );
            return Err(ModelProblem::Contradiction(message).into());
        }
        let format_version = match self.network.architecture().is_normalised() {
            true => FORMAT_VERSION,
            false => FORMAT_WITHOUT_NORMALISATION,
        };
        let mut metadata = BTreeMap::from([
            ("format", FORMAT.to_string()),
            ("format_version", format_version.to_string()),
            ("pellucid_version", self.version.clone()),
            ("orientation", ORIENTATION.to_string()),
            ("architecture", json(&self.network.shape())?),
            ("recipe", json(&self.recipe)?),
            ("classes", json(&self.classes)?),
            ("feature_names", json(&self.feature_names)?),
            ("history", json(&self.history)?),
            ("metrics", json(&self.metrics)?),
            ("warnings", json(&self.warnings)?),
        ]);
        if let Some(preparation) = &self.preparation {
            metadata.insert("preparation", json(preparation)?);
        }
        write(metadata, &self.network.tensors())
    }

    fn from_file(file: ModelBytes) -> Result<Self, Failure> {
        let network = AnyNetwork::from_tensors(file.parsed("architecture")?, &file.header, &file.data)?;
        let preparation = match file.metadata.contains_key("preparation") {
            true => Some(file.parsed("preparation")?),
            false => None,
        };
        let model = Self {
            network,
            recipe: file.parsed("recipe")?,
            preparation,
            classes: file.parsed("classes")?,
            feature_names: file.parsed("feature_names")?,
            history: file.parsed("history")?,
            metrics: file.parsed("metrics")?,
            warnings: file.parsed("warnings")?,
            version: file.writer(),
        };
        model.check().map_err(ModelProblem::Contradiction)?;
        Ok(model)
    }

    /// Checks that the parts fit each other.
    fn check(&self) -> Result<(), String> {
        let (inputs, outputs) = (
            self.network.architecture().input_width(),
            self.network.architecture().output_width(),
        );
        let fits = |what: &str, found: usize, of_network: &str, expected: usize| match found == expected {
            true => Ok(()),
            false => Err(format!(
                "{found} {what}, but the network has {expected} {of_network}"
            )),
        };
        if let Some(preparation) = &self.preparation {
            fits("features are prepared", preparation.width(), "inputs", inputs)?;
            fits(
                "outputs are prepared",
                preparation.target().outputs(),
                "outputs",
                outputs,
            )?;
            if self.classes != preparation.target().classes() {
                return Err("`classes` are not those of the preparation".into());
            }
            if self.feature_names != preparation.feature_names() {
                return Err("`feature_names` are not those of the preparation".into());
            }
        }
        if !self.feature_names.is_empty() {
            fits("feature names", self.feature_names.len(), "inputs", inputs)?;
        }
        match self.classes.len() {
            0 => Ok(()),
            2 if outputs == 1 => Ok(()),
            classes => fits("class names", classes, "outputs", outputs),
        }
    }
}

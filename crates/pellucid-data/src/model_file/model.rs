//! A trained model, saved and loaded.

use super::format::{
    FORMAT, FORMAT_VERSION, FORMAT_WITHOUT_NORMALISATION, ModelBytes, ORIENTATION, json, read, write,
};
use super::network::{AnyNetwork, contradiction};
use crate::files::{FileError, OutputFile, other_kind};
use crate::preparation::Preparation;
use pellucid::Loss;
use pellucid::recipe::Recipe;
use pellucid::training::observe::EpochRecord;
use std::fs::File;
use std::io;
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
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), FileError> {
        self.save_to(OutputFile::prepare(path)?)
    }

    /// [`save`](Self::save) to a path that was prepared before the training.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_to(&self, output: OutputFile) -> Result<(), FileError> {
        if let Some(message) = self.unnamed_loss() {
            return Err(FileError::contents(output.path(), contradiction(message)));
        }
        let bytes = self.to_bytes();
        let bytes = bytes.map_err(|reason| FileError::from_write(output.path(), reason))?;
        Self::from_file(&read(&mut bytes.as_slice(), output.path())?)?;
        output.write(&bytes)
    }

    /// Reads a model.
    ///
    /// # Errors
    /// The file cannot be read, or is no model.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        let unread = |reason| FileError::from_read(path, reason);
        let mut file = File::open(path).map_err(unread)?;
        if let Some(kind) = other_kind(&file.metadata().map_err(unread)?) {
            return Err(unread(io::Error::other(format!(
                "it is {kind}; give the name of a file"
            ))));
        }
        Self::from_file(&read(&mut file, path)?)
    }

    /// Why no file can hold the recipe, if its loss has no name.
    fn unnamed_loss(&self) -> Option<String> {
        let mut losses = std::iter::once(self.recipe.train.loss).chain(self.recipe.log.loss);
        let name = losses.find(|loss| matches!(loss, Loss::Custom(_)))?.name();
        Some(format!(
            "the recipe's loss, `{name}`, is defined by a program, and no file can name it; give the model's recipe the \
             nearest of the built-in losses"
        ))
    }

    fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let format_version = match self.network.architecture().is_normalised() {
            true => FORMAT_VERSION,
            false => FORMAT_WITHOUT_NORMALISATION,
        };
        let mut metadata = vec![
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
        ];
        if let Some(preparation) = &self.preparation {
            metadata.push(("preparation", json(preparation)?));
        }
        let metadata = metadata.into_iter().map(|(key, value)| (key.into(), value));
        write(metadata.collect(), &self.network.tensors())
    }

    fn from_file(file: &ModelBytes<'_>) -> Result<Self, FileError> {
        let network = AnyNetwork::from_file(file)?;
        let preparation = file.text("preparation").map(|_| file.parsed("preparation"));
        let model = Self {
            network,
            preparation: preparation.transpose()?,
            recipe: file.parsed("recipe")?,
            classes: file.parsed("classes")?,
            feature_names: file.parsed("feature_names")?,
            history: file.parsed("history")?,
            metrics: file.parsed("metrics")?,
            warnings: file.parsed("warnings")?,
            version: file.writer().into(),
        };
        match model.check() {
            Ok(()) => Ok(model),
            Err(message) => Err(file.wrong(contradiction(message))),
        }
    }

    /// Checks that the parts fit each other.
    fn check(&self) -> Result<(), String> {
        let architecture = self.network.architecture();
        let (inputs, outputs) = (architecture.input_width(), architecture.output_width());
        let fits = |what: &str, found: usize, of_network: &str, expected: usize| match found == expected {
            true => Ok(()),
            false => Err(format!(
                "{found} {what}, but the network has {expected} {of_network}"
            )),
        };
        if let Some(preparation) = &self.preparation {
            let prepared = preparation.target().outputs();
            fits("features are prepared", preparation.width(), "inputs", inputs)?;
            fits("outputs are prepared", prepared, "outputs", outputs)?;
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

//! A trained model, saved and loaded.

use super::format::{
    FORMAT_VERSION, FORMAT_WITH_NORMALISATION, FORMAT_WITHOUT_BINS, FORMAT_WITHOUT_NORMALISATION, MODEL,
    ModelBytes, ORIENTATION, json, read, write,
};
use super::network::{AnyNetwork, contradiction, tensors_of};
use crate::calibration::Calibrated;
use crate::files::{FileError, OutputFile, other_kind};
use crate::preparation::Preparation;
use pellucid::Loss;
use pellucid::recipe::{Recipe, TableRecipe};
use pellucid::training::observe::EpochRecord;
use std::fs::File;
use std::io;
use std::path::Path;

/// A trained model, with everything that is needed to use it and to know what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The network.
    pub network: AnyNetwork,
    /// Further networks of the same shape, whose outputs are averaged with those of the network; empty without an ensemble.
    pub members: Vec<AnyNetwork>,
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
    /// What its held-out rows decided after the training.
    pub calibrated: Calibrated,
    /// The notes of its training, a sentence each.
    pub warnings: Vec<String>,
    /// The version of pellucid that made it.
    pub version: String,
    /// The instruction set that it was computed with, on which its last bits depend; empty where the file does not say.
    pub instruction_set: String,
}

impl Model {
    /// A model of this version, without history, metrics and warnings. Classes and features have the names of the
    /// preparation.
    pub fn new(network: impl Into<AnyNetwork>, recipe: Recipe, preparation: Option<Preparation>) -> Self {
        let names = preparation.as_ref();
        Self {
            network: network.into(),
            members: Vec::new(),
            recipe,
            classes: names.map_or_else(Vec::new, |preparation| preparation.target().classes().to_vec()),
            feature_names: names.map_or_else(Vec::new, Preparation::feature_names),
            preparation,
            history: Vec::new(),
            metrics: serde_json::Value::Null,
            calibrated: Calibrated::default(),
            warnings: Vec::new(),
            version: env!("CARGO_PKG_VERSION").into(),
            instruction_set: pellucid::instruction_set().into(),
        }
    }

    /// The networks whose mean predicts: one, or those of an ensemble.
    pub fn networks(&self) -> Vec<&AnyNetwork> {
        std::iter::once(&self.network).chain(&self.members).collect()
    }

    /// A note for reports on the first network of an ensemble alone; `None` for one network.
    pub fn note_of_first_network(&self) -> Option<String> {
        let networks = self.networks().len();
        (networks > 1)
            .then(|| format!("the model is the mean of {networks} networks; this is about the first of them"))
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
        let bytes = self.to_bytes(output.path())?;
        output.write(&bytes)
    }

    /// The contents of the model's file; messages call it `path`.
    ///
    /// # Errors
    /// The model could not be read again, because weights are not finite or parts contradict each other.
    pub fn to_bytes(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        if let Some(message) = self.unnamed_loss() {
            return Err(FileError::contents(path, contradiction(message)));
        }
        let bytes = self.encoded();
        let bytes = bytes.map_err(|reason| FileError::from_write(path, reason))?;
        Self::from_bytes(&bytes, path)?;
        Ok(bytes)
    }

    /// The model whose file has these contents; messages call it `path`.
    ///
    /// # Errors
    /// The contents are no model.
    pub fn from_bytes(mut bytes: &[u8], path: &Path) -> Result<Self, FileError> {
        Self::from_file(&read(&mut bytes, path, MODEL)?)
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
        Self::from_file(&read(&mut file, path, MODEL)?)
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

    /// Whether numbers are scaled in a way that formats before 4 do not know.
    fn has_bins(&self) -> bool {
        let preparation = self.preparation.as_ref();
        preparation.is_some_and(|preparation| preparation.settings().scale.is_piecewise())
    }

    fn encoded(&self) -> io::Result<Vec<u8>> {
        let table = self.recipe.data.table.as_ref();
        let architecture = self.network.architecture();
        let format_version = match architecture.is_normalised() {
            _ if self.has_bins() => FORMAT_VERSION,
            _ if architecture.changes_features() || !self.members.is_empty() => FORMAT_WITHOUT_BINS,
            _ if architecture.has_parametric_activations() => FORMAT_WITHOUT_BINS,
            _ if table.is_some_and(TableRecipe::adjusts_predictions) => FORMAT_WITHOUT_BINS,
            true => FORMAT_WITH_NORMALISATION,
            false => FORMAT_WITHOUT_NORMALISATION,
        };
        let mut metadata = vec![
            ("format", MODEL.format.to_string()),
            ("format_version", format_version.to_string()),
            ("pellucid_version", self.version.clone()),
            ("orientation", ORIENTATION.to_string()),
            ("architecture", json(&self.network.shape(self.networks().len()))?),
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
        if !self.calibrated.is_empty() {
            metadata.push(("calibration", json(&self.calibrated)?));
        }
        if !self.instruction_set.is_empty() {
            metadata.push(("instruction_set", self.instruction_set.clone()));
        }
        let metadata = metadata.into_iter().map(|(key, value)| (key.into(), value));
        write(metadata.collect(), &tensors_of(&self.networks()))
    }

    fn from_file(file: &ModelBytes<'_>) -> Result<Self, FileError> {
        let (network, members) = AnyNetwork::from_file(file)?;
        let preparation = file.text("preparation").map(|_| file.parsed("preparation"));
        let model = Self {
            network,
            members,
            preparation: preparation.transpose()?,
            recipe: file.parsed("recipe")?,
            classes: file.parsed("classes")?,
            feature_names: file.parsed("feature_names")?,
            history: file.parsed("history")?,
            metrics: file.parsed("metrics")?,
            calibrated: match file.text("calibration") {
                Some(_) => file.parsed("calibration")?,
                None => Calibrated::default(),
            },
            warnings: file.parsed("warnings")?,
            version: file.writer().into(),
            instruction_set: file.instruction_set().into(),
        };
        match model.check() {
            Ok(()) => Ok(model),
            Err(message) => Err(file.wrong(contradiction(message))),
        }
    }

    /// Checks that the parts fit each other.
    fn check(&self) -> Result<(), String> {
        let architecture = self.network.architecture();
        let is_like = |member: &AnyNetwork| {
            member.architecture() == architecture && member.precision() == self.network.precision()
        };
        if !self.members.iter().all(is_like) {
            return Err("the networks of an ensemble have different shapes".into());
        }
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
            if let Some(column) = preparation.inconsistent_column() {
                return Err(format!(
                    "the edges of the bins of column `{column}` do not increase"
                ));
            }
            if !preparation.target().is_consistent() {
                return Err("the numbers of the target's preparation contradict each other".into());
            }
            if !self.calibrated.residuals.is_empty() {
                let targets = preparation.target().columns().len();
                let kept = self.calibrated.residuals.len();
                fits("lists of residuals", kept, "targets", targets)?;
            }
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

//! A trained model in one safetensors file, which anyone's safetensors library reads.
//!
//! The tensors are `layers.0.weight`, (fan_in, fan_out), so that z = x·W + b, and `layers.0.bias`, (fan_out), and so
//! on; where a layer is normalised `layers.0.norm.weight` (the gain), `layers.0.norm.bias` (the shift), and of batch
//! normalisation `layers.0.norm.running_mean` and `layers.0.norm.running_var`, (fan_out) each. The metadata holds everything else, JSON where it is more than a word: `format`, `format_version`,
//! `pellucid_version`, `orientation` (of the weights), `architecture`, `recipe`, `preparation` (where a table was
//! trained on), `classes`, `feature_names`, `history`, `metrics`, `warnings`, and `sha256` over all of it: for each
//! other key of the metadata, sorted, the key and its value, then for each tensor, sorted by name, its name and its
//! bytes, every one of them after its length as 8 little-endian bytes. It finds damage; it is no signature.
//!
//! The same model is the same bytes.

mod history;
mod network;
mod problem;

pub use history::EpochLine;
pub use network::AnyNetwork;
pub use problem::ModelProblem;

use crate::error::{DataError, Result};
use crate::idx::read_error;
use crate::preparation::Preparation;
use crate::replace_file::OutputFile;
use network::Tensor;
use pellucid::Loss;
use pellucid::recipe::Recipe;
use safetensors::tensor::Metadata;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The format that is written, and the highest that is read.
pub const FORMAT_VERSION: u64 = 2;
/// What is written where no layer is normalised, so that earlier versions read it.
const FORMAT_WITHOUT_NORMALISATION: u64 = 1;
const FORMAT: &str = "pellucid";
/// As the safetensors library has it.
const LARGEST_HEADER: u64 = 100_000_000;
const ORIENTATION: &str =
    "layers.N.weight is (fan_in, fan_out), row-major: z = x.W + b; PyTorch keeps the transpose";

/// A trained model, with all that is needed to use it and to know what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The network.
    pub network: AnyNetwork,
    /// How it was trained.
    pub recipe: Recipe,
    /// How a table becomes its input; `None` for a model trained from arrays.
    pub preparation: Option<Preparation>,
    /// The classes by name, empty where they have none; those of the preparation, where there is one.
    pub classes: Vec<String>,
    /// The features by name, empty where they have none; those of the preparation, where there is one.
    pub feature_names: Vec<String>,
    /// The epochs of its training.
    pub history: Vec<EpochLine>,
    /// How good it was found to be.
    pub metrics: serde_json::Value,
    /// What was noticed in training, a sentence each.
    pub warnings: Vec<String>,
    /// The version of pellucid that made it.
    pub version: String,
}

impl Model {
    /// A model of this version, without history, metrics and warnings. Classes and features have the preparation's
    /// names.
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
    /// [`DataError::Output`] where the path cannot be written, [`DataError::Model`] for a model that could not be read
    /// again: weights that are not finite, parts that contradict each other; [`DataError::Write`] where the disk is
    /// full, or the header would be longer than the safetensors library reads.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save_to(OutputFile::prepare(path)?)
    }

    /// [`save`](Self::save) to a path that was prepared before the training.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_to(&self, output: OutputFile) -> Result<()> {
        let bytes = self.to_bytes().and_then(|bytes| {
            let read = read(&mut bytes.as_slice())?;
            Self::from_file(read).map(|_| bytes)
        });
        match bytes {
            Ok(bytes) => output.write(&bytes),
            Err(Failure::Model(problem)) => Err(at(output.path(), problem)),
            Err(Failure::Io(reason)) => Err(DataError::Write {
                path: output.path().into(),
                reason,
            }),
        }
    }

    /// Reads a model.
    ///
    /// # Errors
    /// [`DataError::Missing`] and [`DataError::Read`]; [`DataError::Model`] with the [`ModelProblem`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let refused = |reason: io::Error| read_error(path, reason);
        let mut file = File::open(path).map_err(refused)?;
        let model = read(&mut file).and_then(Self::from_file);
        model.map_err(|failure| match failure {
            Failure::Model(problem) => at(path, problem),
            Failure::Io(reason) => refused(reason),
        })
    }

    fn to_bytes(&self) -> Result<Vec<u8>, Failure> {
        let losses = std::iter::once(self.recipe.train.loss).chain(self.recipe.log.loss);
        if let Some(custom) = losses.into_iter().find(|loss| matches!(loss, Loss::Custom(_))) {
            let name = custom.name();
            let message = format!(
                "the recipe's loss, `{name}`, is a program's own, which no file can name; give the model's recipe one of \
                 the built-in losses, such as that which comes nearest"
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

    fn from_file(file: ModelFile) -> Result<Self, Failure> {
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
            version: writer(&file.metadata),
        };
        model.check().map_err(ModelProblem::Contradiction)?;
        Ok(model)
    }

    /// Whether the parts fit each other.
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

/// A file whose checksum is right.
struct ModelFile {
    header: Metadata,
    metadata: HashMap<String, String>,
    data: Vec<u8>,
}

impl ModelFile {
    fn parsed<T: DeserializeOwned>(&self, key: &'static str) -> Result<T, ModelProblem> {
        let refuse = |found: String| ModelProblem::Metadata {
            key,
            found,
            writer: writer(&self.metadata),
        };
        let text = self
            .metadata
            .get(key)
            .ok_or_else(|| refuse("is missing".into()))?;
        serde_json::from_str(text).map_err(|error| refuse(format!("cannot be read ({error})")))
    }
}

enum Failure {
    Model(ModelProblem),
    Io(io::Error),
}

impl From<ModelProblem> for Failure {
    fn from(problem: ModelProblem) -> Self {
        Self::Model(problem)
    }
}

impl From<io::Error> for Failure {
    fn from(reason: io::Error) -> Self {
        Self::Io(reason)
    }
}

fn at(path: &Path, problem: ModelProblem) -> DataError {
    DataError::Model {
        path: path.into(),
        problem,
    }
}

fn writer(metadata: &HashMap<String, String>) -> String {
    metadata
        .get("pellucid_version")
        .cloned()
        .unwrap_or_else(|| "of unknown version".into())
}

fn json(part: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(part).map_err(|error| Failure::Io(error.into()))
}

fn write(mut metadata: BTreeMap<&str, String>, tensors: &[Tensor]) -> Result<Vec<u8>, Failure> {
    let failed = |error: safetensors::SafeTensorError| Failure::Io(io::Error::other(error.to_string()));
    let mut sorted: Vec<&Tensor> = tensors.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let texts = metadata.iter().map(|(&key, value)| (key, value.as_str()));
    let bytes = sorted
        .iter()
        .map(|tensor| (tensor.name.as_str(), tensor.bytes.as_slice()));
    metadata.insert("sha256", checksum(texts, bytes));

    let mut views = Vec::new();
    for tensor in &sorted {
        views.push((tensor.name.as_str(), tensor.view().map_err(failed)?));
    }
    let owned = metadata
        .into_iter()
        .map(|(key, value)| (key.to_string(), value))
        .collect();
    let mut file = safetensors::serialize(views, Some(owned)).map_err(failed)?;
    sort_header(&mut file);
    Ok(file)
}

/// The library writes the metadata in an order that changes from run to run; sorted, it is as long as before.
fn sort_header(file: &mut [u8]) {
    let Some((length, rest)) = file.split_first_chunk_mut::<8>() else {
        return;
    };
    let header = &mut rest[..u64::from_le_bytes(*length) as usize];
    type Sorted = BTreeMap<String, BTreeMap<String, serde_json::Value>>;
    if let Ok(parsed) = serde_json::from_slice::<Sorted>(header) {
        let sorted = json(&parsed).unwrap_or_default();
        if sorted.len() == header.trim_ascii_end().len() {
            header[..sorted.len()].copy_from_slice(sorted.as_bytes());
        }
    }
}

/// `texts` and `tensors` are sorted.
fn checksum<'a>(
    texts: impl Iterator<Item = (&'a str, &'a str)>,
    tensors: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> String {
    let mut hash = Sha256::new();
    for (name, bytes) in texts.map(|(key, value)| (key, value.as_bytes())).chain(tensors) {
        for part in [name.as_bytes(), bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads no more than the header of what is no model, and never takes memory for what is not there.
fn read(file: &mut impl Read) -> Result<ModelFile, Failure> {
    let mut part = |bytes: u64| -> io::Result<Vec<u8>> {
        let mut read = Vec::new();
        file.by_ref().take(bytes).read_to_end(&mut read)?;
        Ok(read)
    };
    let start = part(8)?;
    if start.is_empty() {
        return Err(ModelProblem::Empty.into());
    }
    let cut_off = |part, promised, found: &[u8]| ModelProblem::CutOff {
        part,
        promised,
        found: found.len() as u64,
    };
    let not_safetensors = |why: String| {
        let found = looks_like(&start).unwrap_or(why);
        Failure::Model(ModelProblem::NotSafetensors { found })
    };
    let Ok(length) = <[u8; 8]>::try_from(start.as_slice()).map(u64::from_le_bytes) else {
        // Of a model's length, little-endian, the first three bytes may be anything.
        return Err(match looks_like(&start) {
            Some(found) if start.len() > 3 => ModelProblem::NotSafetensors { found }.into(),
            _ => cut_off("first part", 8, &start).into(),
        });
    };
    let would_mean = format!("its first 8 bytes would mean a header of {length} bytes");
    if length > LARGEST_HEADER {
        return Err(not_safetensors(format!("{would_mean}, more than any has")));
    }
    let header = part(length)?;
    if header.first().is_some_and(|&byte| byte != b'{') || length == 0 {
        return Err(not_safetensors(format!(
            "{would_mean}, which does not begin with '{{'"
        )));
    }
    if (header.len() as u64) < length {
        return Err(cut_off("header", length, &header).into());
    }
    let header: Metadata = serde_json::from_slice(&header).map_err(|error| ModelProblem::DamagedHeader {
        reason: error.to_string(),
    })?;
    let metadata = header.metadata().clone().unwrap_or_default();
    check_format(&header, &metadata)?;

    let promised = header.data_len() as u64;
    let data = part(promised)?;
    if (data.len() as u64) < promised {
        return Err(cut_off("tensors", promised, &data).into());
    }
    let extra = io::copy(file, &mut io::sink())?;
    if extra > 0 {
        return Err(ModelProblem::TrailingBytes { extra }.into());
    }
    let texts: BTreeMap<&str, &str> = metadata
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let infos = header.tensors();
    let tensors: BTreeMap<&str, &[u8]> = infos
        .iter()
        .filter_map(|(name, info)| Some((name.as_str(), data.get(info.data_offsets.0..info.data_offsets.1)?)))
        .collect();
    let expected = checksum(
        texts.into_iter().filter(|(key, _)| *key != "sha256"),
        tensors.into_iter(),
    );
    if metadata.get("sha256") != Some(&expected) {
        return Err(ModelProblem::Changed {
            writer: writer(&metadata),
        }
        .into());
    }
    Ok(ModelFile {
        header,
        metadata,
        data,
    })
}

fn check_format(header: &Metadata, metadata: &HashMap<String, String>) -> Result<(), ModelProblem> {
    if metadata.get("format").map(String::as_str) != Some(FORMAT) {
        let names = header.offset_keys();
        let mut first = names
            .iter()
            .take(3)
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ");
        if names.len() > 3 {
            first += ", …";
        }
        return Err(ModelProblem::Foreign {
            tensors: names.len(),
            names: if first.is_empty() {
                first
            } else {
                format!(" ({first})")
            },
        });
    }
    let writer = writer(metadata);
    let version = metadata.get("format_version").map_or("", String::as_str);
    match version.parse() {
        Ok(1..=FORMAT_VERSION) => Ok(()),
        Ok(found) if found > FORMAT_VERSION => Err(ModelProblem::Newer { found, writer }),
        _ => Err(ModelProblem::Metadata {
            key: "format_version",
            found: format!("is {version:?}; expected 1 or more"),
            writer,
        }),
    }
}

/// What people take for a model.
fn looks_like(start: &[u8]) -> Option<String> {
    let known: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "a zip archive, as PyTorch, Keras and NumPy write"),
        (b"\x89HDF", "an HDF5 file, as Keras writes"),
        (b"\x80", "a Python pickle, as scikit-learn's models are kept"),
        (b"\x1f\x8b", "a gzip file; unpack it first"),
        (b"GGUF", "a GGUF file"),
    ];
    if let Some((_, what)) = known.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(format!("it looks like {what}"));
    }
    let printable = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    start.iter().all(printable).then(|| {
        let beginning = String::from_utf8_lossy(start);
        format!("it looks like text that begins with {beginning:?}")
    })
}

//! The bytes of a model file: safetensors with a checksum and checked metadata.

use super::network::Tensor;
use super::problem::{Failure, ModelProblem};
use safetensors::tensor::Metadata;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};

/// The format that is written, and the highest that is read.
pub const FORMAT_VERSION: u64 = 2;
/// The format that is written if no layer is normalised, so that earlier versions read it.
pub(super) const FORMAT_WITHOUT_NORMALISATION: u64 = 1;
pub(super) const FORMAT: &str = "pellucid";
/// The limit of the safetensors library.
const LARGEST_HEADER: u64 = 100_000_000;
pub(super) const ORIENTATION: &str =
    "layers.N.weight is (fan_in, fan_out), row-major: z = x.W + b; PyTorch keeps the transpose";

/// The parts of a file whose checksum is right.
pub(super) struct ModelBytes {
    pub(super) header: Metadata,
    pub(super) metadata: HashMap<String, String>,
    pub(super) data: Vec<u8>,
}

impl ModelBytes {
    /// The version of pellucid that wrote it.
    pub(super) fn writer(&self) -> String {
        writer(&self.metadata)
    }

    /// A value of the metadata.
    pub(super) fn parsed<T: DeserializeOwned>(&self, key: &'static str) -> Result<T, ModelProblem> {
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

fn writer(metadata: &HashMap<String, String>) -> String {
    let version = metadata.get("pellucid_version").cloned();
    version.unwrap_or_else(|| "of unknown version".into())
}

pub(super) fn json(part: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(part).map_err(|error| Failure::Io(error.into()))
}

pub(super) fn write(mut metadata: BTreeMap<&str, String>, tensors: &[Tensor]) -> Result<Vec<u8>, Failure> {
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

/// Sorts the metadata, which the library writes in an order that changes from run to run. Its length stays the same.
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

/// Reads only the header of a file that is no model, and never reserves memory for bytes that are not there.
pub(super) fn read(file: &mut impl Read) -> Result<ModelBytes, Failure> {
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
        // The first three bytes of a model's little-endian length may have any value.
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
    Ok(ModelBytes {
        header,
        metadata,
        data,
    })
}

fn check_format(header: &Metadata, metadata: &HashMap<String, String>) -> Result<(), ModelProblem> {
    if metadata.get("format").map(String::as_str) != Some(FORMAT) {
        let keys = header.offset_keys();
        let first: Vec<String> = keys.iter().take(3).map(|name| format!("`{name}`")).collect();
        let more = if keys.len() > 3 { ", …" } else { "" };
        return Err(ModelProblem::Foreign {
            tensors: keys.len(),
            names: match first.is_empty() {
                true => String::new(),
                false => format!(" ({}{more})", first.join(", ")),
            },
        });
    }
    let writer = writer(metadata);
    let version = metadata.get("format_version").map_or("", String::as_str);
    match version.parse() {
        Ok(1..=FORMAT_VERSION) => Ok(()),
        Ok(found) if found > FORMAT_VERSION => Err(ModelProblem::Newer {
            found,
            newest: FORMAT_VERSION,
            writer,
        }),
        _ => Err(ModelProblem::Metadata {
            key: "format_version",
            found: format!("is {version:?}; expected 1 or more"),
            writer,
        }),
    }
}

/// The known kind of file that the first bytes are of.
fn looks_like(start: &[u8]) -> Option<String> {
    let known: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "a zip archive, as PyTorch, Keras and NumPy write"),
        (b"\x89HDF", "an HDF5 file, as Keras writes"),
        (b"\x80", "a Python pickle, as scikit-learn writes"),
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

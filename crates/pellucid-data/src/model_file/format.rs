//! The bytes of a model file: safetensors with a checksum and checked metadata.

use crate::files::FileError;
use pellucid::recipe::shortened;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo, TensorView};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;

/// The format that is written, and the highest that is read.
pub const FORMAT_VERSION: u64 = 4;
/// The format that is written if numbers have no bins, so that earlier versions read it.
pub(super) const FORMAT_WITHOUT_BINS: u64 = 3;
/// The format that is written if besides features have no scales, there is one network, and predictions are not adjusted after
/// the training.
pub(super) const FORMAT_WITH_NORMALISATION: u64 = 2;
/// The format that is written if no layer is normalised either.
pub(super) const FORMAT_WITHOUT_NORMALISATION: u64 = 1;
pub(super) const MODEL: FileKind = FileKind {
    format: "pellucid",
    newest: FORMAT_VERSION,
    noun: "model",
    otherwise: "train the model again",
};
/// The limit of the safetensors library.
pub(crate) const LARGEST_HEADER: u64 = 100_000_000;
pub(super) const ORIENTATION: &str =
    "layers.N.weight is (fan_in, fan_out), row-major: z = x.W + b; PyTorch keeps the transpose";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A kind of safetensors file that pellucid writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileKind {
    /// The value of the metadata `format`.
    pub(crate) format: &'static str,
    /// The highest version that is read.
    pub(crate) newest: u64,
    /// What it is, in messages.
    pub(crate) noun: &'static str,
    /// What to do where there is no good copy of a file.
    pub(crate) otherwise: &'static str,
}

/// A file that is read; its checksum is right.
pub(crate) struct ModelBytes<'a> {
    /// The file, in messages.
    path: &'a Path,
    kind: FileKind,
    header: Metadata,
    data: Vec<u8>,
}

/// Tensors by name: type, shape and bytes.
pub(crate) type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

impl ModelBytes<'_> {
    pub(crate) fn wrong(&self, problem: impl Into<String>) -> FileError {
        FileError::contents(self.path, problem)
    }

    /// A value of the metadata.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.header.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// The version of pellucid that wrote it, as far as the file can be believed.
    pub(crate) fn writer(&self) -> &str {
        let is_version = |text: &&str| {
            let is_part = |letter: char| letter.is_ascii_alphanumeric() || ".-+".contains(letter);
            !text.is_empty() && text.len() <= 40 && text.chars().all(is_part)
        };
        let version = self.text("pellucid_version").filter(is_version);
        version.unwrap_or("of unknown version")
    }

    /// The name of the instruction set that its numbers were computed with; empty where the file has none.
    pub(crate) fn instruction_set(&self) -> &str {
        let is_name =
            |text: &&str| text.len() <= 40 && text.chars().all(|letter| letter.is_ascii_alphanumeric());
        self.text("instruction_set").filter(is_name).unwrap_or_default()
    }

    /// A value of the metadata that is JSON.
    pub(crate) fn parsed<T: DeserializeOwned>(&self, key: &str) -> Result<T, FileError> {
        let text = self.text(key).ok_or_else(|| self.wrong_text(key, "is missing"))?;
        serde_json::from_str(text).map_err(|error| {
            // It repeats names of the file, which may hold anything.
            let reason = error.to_string().replace(char::is_control, " ");
            let reason = shortened(&reason, 300);
            self.wrong_text(key, &format!("cannot be read ({reason})"))
        })
    }

    fn wrong_text(&self, key: &str, found: &str) -> FileError {
        let writer = self.writer();
        self.wrong(format!(
            "the metadata `{key}` {found}; pellucid {writer} wrote the file, this is {VERSION}; write it again with its \
             own version, or {}",
            self.kind.otherwise
        ))
    }

    /// The names of the tensors.
    pub(crate) fn names(&self) -> Vec<String> {
        self.header.offset_keys()
    }

    /// The bytes of all tensors.
    pub(super) fn data_length(&self) -> usize {
        self.data.len()
    }

    /// The number of tensors.
    pub(crate) fn tensor_count(&self) -> usize {
        self.header.offset_keys().len()
    }

    /// Type, shape and bytes of a tensor.
    pub(crate) fn tensor(&self, name: &str) -> Option<(&TensorInfo, &[u8])> {
        let info = self.header.info(name)?;
        Some((info, self.data.get(info.data_offsets.0..info.data_offsets.1)?))
    }

    fn check_format(&self) -> Result<(), FileError> {
        let FileKind {
            format, newest, noun, ..
        } = self.kind;
        let other = [("pellucid", "model"), ("pellucid checkpoint", "checkpoint")];
        let other = other
            .iter()
            .find(|(name, _)| self.text("format") == Some(*name) && *name != format);
        if let Some((_, found)) = other {
            return Err(self.wrong(format!("it is a {found}, not a {noun}")));
        }
        if self.text("format") != Some(format) {
            let keys = self.header.offset_keys();
            let first: Vec<String> = keys.iter().take(3).map(|name| format!("`{name}`")).collect();
            let more = if keys.len() > 3 { ", …" } else { "" };
            let names = match first.is_empty() {
                true => String::new(),
                false => format!(" ({}{more})", first.join(", ")),
            };
            return Err(self.wrong(format!(
                "a safetensors file of {} tensor(s){names} that pellucid did not write; only pellucid's own {noun}s can be \
                 read, since tensors alone do not say how to compute with them",
                keys.len()
            )));
        }
        let version = self.text("format_version").unwrap_or_default();
        match version.parse() {
            Ok(found) if (1..=newest).contains(&found) => Ok(()),
            Ok(found) if found > newest => Err(self.wrong(format!(
                "a {noun} of format {found}, written by pellucid {}; this pellucid, {VERSION}, reads format {newest}; \
                 update it",
                self.writer()
            ))),
            _ => Err(self.wrong_text("format_version", &format!("is {version:?}; expected 1 or more"))),
        }
    }
}

/// The bytes that a part takes in the header of a file: JSON in a string of JSON.
pub(crate) fn bytes_in_header(part: &impl Serialize) -> io::Result<u64> {
    Ok(json(&json(part)?)?.len() as u64)
}

pub(crate) fn json(part: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(part)?)
}

/// The bytes of a file with this metadata, a checksum and these tensors.
pub(crate) fn write(mut metadata: BTreeMap<String, String>, tensors: &Tensors) -> io::Result<Vec<u8>> {
    let texts = metadata.iter().map(|(key, value)| (key, value.as_bytes()));
    let bytes = tensors
        .iter()
        .map(|(name, (_, _, bytes))| (name, bytes.as_slice()));
    metadata.insert("sha256".into(), checksum(texts.chain(bytes)));
    let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
        let view = TensorView::new(*dtype, shape.clone(), bytes)?;
        Ok((name, view))
    });
    let file = views
        .collect::<Result<Vec<_>, _>>()
        .and_then(|views| safetensors::serialize(views, Some(metadata.into_iter().collect())));
    let mut file = file.map_err(|error| io::Error::other(error.to_string()))?;
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

/// The checksum of the metadata and then the tensors, each sorted by name.
fn checksum<'a>(parts: impl Iterator<Item = (&'a String, &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    for part in parts.flat_map(|(name, bytes)| [name.as_bytes(), bytes]) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a file. Reads only the header of one that is no model, and never reserves memory for bytes that are not there.
pub(crate) fn read<'a>(
    file: &mut impl Read,
    path: &'a Path,
    kind: FileKind,
) -> Result<ModelBytes<'a>, FileError> {
    let unread = |error: io::Error| FileError::from_read(path, error);
    let mut part = |bytes: u64| -> Result<Vec<u8>, FileError> {
        let mut read = Vec::new();
        file.by_ref().take(bytes).read_to_end(&mut read).map_err(unread)?;
        Ok(read)
    };
    let wrong = |problem: String| FileError::contents(path, problem);
    let cut_off = |part: &str, promised: u64, found: &[u8]| {
        let found = found.len();
        wrong(format!(
            "the file is cut off: its {part} takes {promised} bytes, {found} are there; copy it again"
        ))
    };
    let other_kind = |found: String| {
        wrong(format!(
            "not a {}: {found}; expected a safetensors file that pellucid wrote",
            kind.noun
        ))
    };
    let start = part(8)?;
    if start.is_empty() {
        return Err(wrong(format!("the file is empty; a {} was expected", kind.noun)));
    }
    let Ok(length) = <[u8; 8]>::try_from(start.as_slice()).map(u64::from_le_bytes) else {
        // The first three bytes of a model's little-endian length may have any value.
        return Err(match looks_like(&start) {
            Some(found) if start.len() > 3 => other_kind(found),
            _ => cut_off("first part", 8, &start),
        });
    };
    let not_safetensors = |why: &str| {
        let would_mean = format!("its first 8 bytes would mean a header of {length} bytes, {why}");
        other_kind(looks_like(&start).unwrap_or(would_mean))
    };
    if length > LARGEST_HEADER {
        return Err(not_safetensors("more than any has"));
    }
    let header = part(length)?;
    if header.first().is_some_and(|&byte| byte != b'{') || length == 0 {
        return Err(not_safetensors("which does not begin with '{'"));
    }
    if (header.len() as u64) < length {
        return Err(cut_off("header", length, &header));
    }
    let header = serde_json::from_slice(&header).map_err(|error| {
        wrong(format!(
            "the header cannot be read ({error}); the file is damaged, copy it again"
        ))
    })?;
    let mut read = ModelBytes {
        path,
        kind,
        header,
        data: Vec::new(),
    };
    read.check_format()?;

    let promised = read.header.data_len() as u64;
    read.data = part(promised)?;
    if (read.data.len() as u64) < promised {
        return Err(cut_off("tensors", promised, &read.data));
    }
    let extra = io::copy(file, &mut io::sink()).map_err(unread)?;
    if extra > 0 {
        return Err(wrong(format!(
            "the file goes on for {extra} bytes after its last tensor; it is damaged, copy it again"
        )));
    }
    let texts: BTreeMap<_, _> = read.header.metadata().iter().flatten().collect();
    let texts = texts.into_iter().filter(|(key, _)| *key != "sha256");
    let names: BTreeSet<String> = read.header.tensors().into_keys().collect();
    let tensors = names.iter().filter_map(|name| Some((name, read.tensor(name)?.1)));
    let expected = checksum(texts.map(|(key, value)| (key, value.as_bytes())).chain(tensors));
    if read.text("sha256") != Some(&expected) {
        return Err(wrong(format!(
            "the checksum does not match: the file was changed after pellucid {} wrote it; copy it again, or {}",
            read.writer(),
            kind.otherwise
        )));
    }
    Ok(read)
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

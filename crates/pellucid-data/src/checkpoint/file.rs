//! The bytes of a checkpoint.

use super::identity::Identity;
use crate::files::FileError;
use crate::model_file::format::{self, FileKind, Tensors};
use pellucid::state::{State, StateArray};
use safetensors::Dtype;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

/// The format that is written, and the highest that is read.
const FORMAT_VERSION: u64 = 1;
const CHECKPOINT: FileKind = FileKind {
    format: "pellucid checkpoint",
    newest: FORMAT_VERSION,
    noun: "checkpoint",
    otherwise: "begin the training anew",
};

/// What a file holds.
pub(super) struct Contents {
    pub(super) identity: Identity,
    /// The states of the trainings, in their order.
    pub(super) states: Vec<State>,
    /// The instruction set that computed them.
    pub(super) instruction_set: String,
    /// The version of pellucid that wrote it.
    pub(super) writer: String,
}

/// The bytes of a file.
pub(super) fn to_bytes(identity: &Identity, states: &[State]) -> io::Result<Vec<u8>> {
    let metadata = [
        ("format", CHECKPOINT.format.to_owned()),
        ("format_version", FORMAT_VERSION.to_string()),
        ("pellucid_version", env!("CARGO_PKG_VERSION").to_owned()),
        ("instruction_set", pellucid::instruction_set().to_owned()),
        ("identity", format::json(identity)?),
        ("trainings", states.len().to_string()),
    ];
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value));
    let arrays = states.iter().enumerate().flat_map(|(index, state)| {
        let arrays = state.arrays();
        arrays.map(move |(name, array)| (format!("{index}/{name}"), tensor(array)))
    });
    let tensors: Tensors = arrays.collect();
    format::write(BTreeMap::from(metadata), &tensors)
}

fn tensor(array: &StateArray) -> (Dtype, Vec<usize>, Vec<u8>) {
    fn all<V: Copy, const N: usize>(values: &[V], bytes: impl Fn(V) -> [u8; N]) -> (Vec<usize>, Vec<u8>) {
        let mut all = Vec::with_capacity(N * values.len());
        values.iter().for_each(|&value| all.extend(bytes(value)));
        (vec![values.len()], all)
    }
    let (dtype, (shape, bytes)) = match array {
        StateArray::F32(values) => (Dtype::F32, all(values, f32::to_le_bytes)),
        StateArray::F64(values) => (Dtype::F64, all(values, f64::to_le_bytes)),
        StateArray::U32(values) => (Dtype::U32, all(values, u32::to_le_bytes)),
        StateArray::U64(values) => (Dtype::U64, all(values, u64::to_le_bytes)),
    };
    (dtype, shape, bytes)
}

/// Reads a file, which is damaged where its checksum does not match.
pub(super) fn read(path: &Path) -> Result<Contents, FileError> {
    let mut file = File::open(path).map_err(|reason| FileError::from_read(path, reason))?;
    let read = format::read(&mut file, path, CHECKPOINT)?;
    let identity: Identity = read.parsed("identity")?;
    let trainings: usize = read.parsed("trainings")?;
    let mut states = vec![State::default(); trainings.min(read.tensor_count())];
    for name in read.names() {
        let at = name.split_once('/').and_then(|(index, name)| {
            let index: usize = index.parse().ok()?;
            Some((states.get_mut(index)?, name))
        });
        let (Some((state, short)), Some((info, bytes))) = (at, read.tensor(&name)) else {
            return Err(read.wrong(format!("its tensor `{name}` is of no training")));
        };
        let array = array(info.dtype, bytes)
            .ok_or_else(|| read.wrong(format!("its tensor `{name}` is of a type that no checkpoint has")))?;
        state.put(short, array);
    }
    Ok(Contents {
        identity,
        states,
        instruction_set: read.text("instruction_set").unwrap_or_default().to_owned(),
        writer: read.writer().to_owned(),
    })
}

fn array(dtype: Dtype, bytes: &[u8]) -> Option<StateArray> {
    fn all<V, const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> V) -> Vec<V> {
        bytes
            .as_chunks::<N>()
            .0
            .iter()
            .map(|&bytes| value(bytes))
            .collect()
    }
    Some(match dtype {
        Dtype::F32 => StateArray::F32(all(bytes, f32::from_le_bytes)),
        Dtype::F64 => StateArray::F64(all(bytes, f64::from_le_bytes)),
        Dtype::U32 => StateArray::U32(all(bytes, u32::from_le_bytes)),
        Dtype::U64 => StateArray::U64(all(bytes, u64::from_le_bytes)),
        _ => return None,
    })
}

//! IDX files: the arrays of bytes in which MNIST and similar sets are published.
//!
//! All numbers are big-endian:
//!
//! ```text
//! offset 0       two zero bytes
//! offset 2       element type: 0x08 unsigned byte, 0x09 signed byte, 0x0b 16-bit, 0x0c 32-bit integer,
//!                0x0d 32-bit, 0x0e 64-bit float
//! offset 3       number of dimensions d
//! offset 4       d dimensions of 4 bytes each
//! offset 4 + 4d  the elements, last dimension fastest
//! ```
//!
//! Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits". A file may be packed with gzip.

use super::error::FileError;
use super::gzip::Unpacked;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// An array of unsigned bytes, last dimension fastest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxArray {
    /// The sizes of the dimensions, at least one, none of them 0: MNIST's training images have `[60000, 28, 28]`.
    pub shape: Vec<usize>,
    /// The elements; as many as the product of `shape`.
    pub values: Vec<u8>,
}

/// An IDX file that cannot be read, or that does not hold what it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdxError {
    /// The file itself cannot be read.
    #[error(transparent)]
    File(#[from] FileError),

    /// The file is no complete IDX file of unsigned bytes, or its contents do not fit other files.
    #[error("{}: {problem}", path.display())]
    Contents {
        /// The file or folder.
        path: PathBuf,
        /// What was found, what was expected.
        problem: String,
    },

    /// The file is not one of images with a file of labels beside it.
    #[error("{}: {problem}", path.display())]
    NotAPair {
        /// The file.
        path: PathBuf,
        /// What was found, what was expected.
        problem: String,
    },
}

impl IdxError {
    pub(super) fn contents(path: &Path, problem: impl Into<String>) -> Self {
        Self::Contents {
            path: path.to_path_buf(),
            problem: problem.into(),
        }
    }
}

const UNSIGNED_BYTE: u8 = 0x08;

fn element_name(code: u8) -> Option<&'static str> {
    match code {
        UNSIGNED_BYTE => Some("unsigned bytes (type 0x08)"),
        0x09 => Some("signed bytes (type 0x09)"),
        0x0b => Some("16-bit integers (type 0x0b)"),
        0x0c => Some("32-bit integers (type 0x0c)"),
        0x0d => Some("32-bit floats (type 0x0d)"),
        0x0e => Some("64-bit floats (type 0x0e)"),
        _ => None,
    }
}

/// Bytes for which memory is reserved at a time where the length of the file is not known.
const CHUNK_BYTES: usize = 256 * 1024;

/// The highest compression ratio of Deflate: 258 bytes in 2 bits. (RFC 1951: a match of the longest length, one bit for
/// its length and one for its distance.)
const DEFLATE_MAXIMAL_RATIO: u64 = 1032;

/// Reads an IDX file, plain or packed with gzip.
///
/// # Errors
///
/// The file cannot be read or is no complete IDX file of unsigned bytes. A header that promises more than the file can
/// hold is refused before memory is reserved.
pub fn read_idx(path: impl AsRef<Path>) -> Result<IdxArray, IdxError> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|reason| FileError::from_read(path, reason))?;
    // The length of pipes and devices is not known: they say 0.
    let metadata = file.metadata().ok();
    let length = metadata
        .filter(|metadata| metadata.is_file())
        .map(|metadata| metadata.len());
    parse(file, path, length)
}

/// Reads an IDX array, plain or packed with gzip, from `reader`; `origin` is the file named in messages.
///
/// ```
/// use std::path::Path;
/// let file = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];
/// let array = pellucid_data::parse_idx(&file[..], Path::new("six.idx"))?;
/// assert_eq!(array.shape, [2, 3]);
/// assert_eq!(array.values, [1, 2, 3, 4, 5, 6]);
/// # Ok::<(), pellucid_data::IdxError>(())
/// ```
///
/// # Errors
///
/// As [`read_idx`].
pub fn parse_idx(reader: impl Read, origin: &Path) -> Result<IdxArray, IdxError> {
    parse(reader, origin, None)
}

/// `length` is that of the file, packed if it is packed, where it is known.
fn parse(reader: impl Read, origin: &Path, length: Option<u64>) -> Result<IdxArray, IdxError> {
    let mut reader = Unpacked::new(reader, origin)?;
    let capacity = match reader.is_packed() {
        true => length.map(|length| length.saturating_mul(DEFLATE_MAXIMAL_RATIO)),
        false => length,
    };
    let wrong = |problem: String| Err(IdxError::contents(origin, problem));
    let mut read =
        |bytes: &mut [u8]| fill(&mut reader, bytes).map_err(|error| FileError::from_read(origin, error));
    let short_header = |promised: usize, found: usize| {
        wrong(format!(
            "the file ends inside its IDX header: the header takes {promised} bytes, the file holds {found}; it is \
             cut off"
        ))
    };

    let mut start = [0; 4];
    match read(&mut start)? {
        0 => return wrong("the file is empty; an IDX file begins with a header of at least 8 bytes".into()),
        4 => (),
        found => return short_header(4, found),
    }
    let [a, b, code, dimensions] = start;
    match element_name(code).filter(|_| [a, b] == [0, 0]) {
        None => {
            return wrong(format!(
                "not an IDX file: expected two zero bytes, an element type and a number of dimensions at offset 0, \
                 found {a:02x} {b:02x} {code:02x} {dimensions:02x}"
            ));
        }
        Some(element) if code != UNSIGNED_BYTE => {
            return wrong(format!(
                "the IDX header says (offset 2) that the elements are {element}; only unsigned bytes (type 0x08) can \
                 be read"
            ));
        }
        Some(_) => (),
    }
    if dimensions == 0 {
        return wrong(
            "the IDX header says (offset 3) that the array has no dimensions; expected at least 1".into(),
        );
    }
    let mut sizes = vec![0; 4 * usize::from(dimensions)];
    let found = read(&mut sizes)?;
    if found < sizes.len() {
        return short_header(4 + sizes.len(), 4 + found);
    }
    let sizes = sizes.as_chunks().0.iter();
    let shape: Vec<usize> = sizes.map(|&size| u32::from_be_bytes(size) as usize).collect();
    if let Some(index) = shape.iter().position(|&size| size == 0) {
        return wrong(format!(
            "the IDX header says (offset {}) that dimension {} has the size 0, so the file holds no data; expected at \
             least 1",
            4 * (index + 1),
            index + 1
        ));
    }
    let too_large = || {
        IdxError::contents(
            origin,
            format!(
                "the IDX header promises {} elements, more than this machine can hold; the header is damaged or the \
                 file is not what it says",
                product(&shape)
            ),
        )
    };
    let elements = shape
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size));
    let elements = elements
        .filter(|&elements| isize::try_from(elements).is_ok())
        .ok_or_else(too_large)?;

    // Memory is reserved once for what the file can hold, and as the bytes arrive where that is not known.
    let capacity = capacity.map_or(CHUNK_BYTES, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    let mut values = Vec::new();
    values
        .try_reserve_exact(elements.min(capacity))
        .map_err(|_| too_large())?;
    let promised = format!(
        "the IDX header promises {} = {elements} bytes of data",
        product(&shape)
    );
    while values.len() < elements {
        let start = values.len();
        let end = elements.min(start + CHUNK_BYTES);
        values.try_reserve(end - start).map_err(|_| too_large())?;
        values.resize(end, 0);
        let filled = start + read(&mut values[start..])?;
        if filled < end {
            return wrong(format!("{promised}, the file holds {filled}; it is cut off"));
        }
    }
    // Reading past the end also makes the gzip decoder compare its checksum.
    if read(&mut [0])? > 0 {
        let end = 4 + 4 * shape.len() + elements;
        return wrong(format!(
            "{promised}, but the file goes on after them (offset {end})"
        ));
    }
    Ok(IdxArray { shape, values })
}

/// Fills `bytes` as far as the reader goes, and returns how far that is.
fn fill(reader: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match reader.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A shape as it is written in a message: `60000 x 28 x 28`.
pub(super) fn product(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    sizes.join(" x ")
}

#[cfg(test)]
pub(crate) mod tests;

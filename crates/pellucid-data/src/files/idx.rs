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
use super::expansion::{Budget, MaxExpansion};
use super::packed::Unpacked;
use pellucid::allocation::tried;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// An array of unsigned bytes, last dimension fastest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxArray {
    /// The sizes of the dimensions, at least one, none of them 0: MNIST's training images have `[60000, 28, 28]`.
    pub shape: Vec<usize>,
    /// The elements; as many as the product of `shape`.
    pub values: Vec<u8>,
}

/// The types of elements by code and name. Only the first is read.
const ELEMENTS: [(u8, &str); 6] = [
    (0x08, "unsigned bytes (type 0x08)"),
    (0x09, "signed bytes (type 0x09)"),
    (0x0b, "16-bit integers (type 0x0b)"),
    (0x0c, "32-bit integers (type 0x0c)"),
    (0x0d, "32-bit floats (type 0x0d)"),
    (0x0e, "64-bit floats (type 0x0e)"),
];

/// Bytes for which memory is reserved at a time where the length of the file is not known.
const CHUNK_BYTES: usize = 256 * 1024;

/// Reads an IDX file, plain or packed with gzip.
///
/// # Errors
///
/// The file cannot be read or is no complete IDX file of unsigned bytes. A header that promises more than the file can
/// hold is refused before memory is reserved.
pub fn read_idx(path: impl AsRef<Path>) -> Result<IdxArray, FileError> {
    read_idx_within(path.as_ref(), MaxExpansion::default())
}

/// The same; the file may unpack to as much as `limit` says.
pub(super) fn read_idx_within(path: &Path, limit: MaxExpansion) -> Result<IdxArray, FileError> {
    let file = File::open(path).map_err(|reason| FileError::from_read(path, reason))?;
    // The length of pipes and devices is not known: they say 0.
    let metadata = file.metadata().ok();
    let length = metadata
        .filter(|metadata| metadata.is_file())
        .map(|metadata| metadata.len());
    parse(file, path, length, limit)
}

/// Reads an IDX array, plain or packed with gzip, from `reader`; `origin` is the file named in messages.
///
/// ```
/// use std::path::Path;
/// let file = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];
/// let array = pellucid_data::parse_idx(&file[..], Path::new("six.idx"))?;
/// assert_eq!(array.shape, [2, 3]);
/// assert_eq!(array.values, [1, 2, 3, 4, 5, 6]);
/// # Ok::<(), pellucid_data::FileError>(())
/// ```
///
/// # Errors
///
/// As [`read_idx`].
pub fn parse_idx(reader: impl Read, origin: &Path) -> Result<IdxArray, FileError> {
    parse(reader, origin, None, MaxExpansion::default())
}

/// `length` is that of the file, packed if it is packed, where it is known.
fn parse(
    reader: impl Read,
    origin: &Path,
    length: Option<u64>,
    limit: MaxExpansion,
) -> Result<IdxArray, FileError> {
    let budget = Arc::new(Budget::new(origin, length.unwrap_or(0), limit));
    let mut reader = Unpacked::new(reader, origin, Some(budget), length.is_none())?;
    let capacity = length.filter(|_| !reader.is_packed());
    let wrong = |problem: String| FileError::contents(origin, problem);
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
        0 => {
            let problem = "the file is empty; an IDX file begins with a header of at least 8 bytes";
            return Err(wrong(problem.into()));
        }
        4 => (),
        found => return Err(short_header(4, found)),
    }
    let [a, b, code, dimensions] = start;
    let element = ELEMENTS
        .iter()
        .find(|(known, _)| *known == code && [a, b] == [0, 0]);
    let Some((_, element)) = element else {
        return Err(wrong(format!(
            "not an IDX file: expected two zero bytes, an element type and a number of dimensions at offset 0, found \
             {a:02x} {b:02x} {code:02x} {dimensions:02x}"
        )));
    };
    if code != ELEMENTS[0].0 {
        return Err(wrong(format!(
            "the IDX header says (offset 2) that the elements are {element}; only unsigned bytes (type 0x08) can be read"
        )));
    }
    if dimensions == 0 {
        let problem = "the IDX header says (offset 3) that the array has no dimensions; expected at least 1";
        return Err(wrong(problem.into()));
    }
    let mut sizes = vec![0; 4 * usize::from(dimensions)];
    let found = read(&mut sizes)?;
    if found < sizes.len() {
        return Err(short_header(4 + sizes.len(), 4 + found));
    }
    let sizes = sizes.as_chunks().0.iter();
    let shape: Vec<usize> = sizes.map(|&size| u32::from_be_bytes(size) as usize).collect();
    if let Some(index) = shape.iter().position(|&size| size == 0) {
        return Err(wrong(format!(
            "the IDX header says (offset {}) that dimension {} has the size 0, so the file holds no data; expected at \
             least 1",
            4 * (index + 1),
            index + 1
        )));
    }
    let product = product(&shape);
    let too_large = || {
        wrong(format!(
            "the IDX header promises {product} elements, more than this machine can hold; the header is damaged or the \
             file is not what it says"
        ))
    };
    let elements = shape
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size));
    let elements = elements
        .filter(|&elements| isize::try_from(elements).is_ok())
        .ok_or_else(too_large)?;

    // Memory is reserved once for what the file holds, and as the bytes arrive where that is not known.
    let capacity = capacity.map_or(CHUNK_BYTES, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    let mut values = Vec::new();
    tried(|| values.try_reserve_exact(elements.min(capacity))).map_err(|_| too_large())?;
    let promised = format!("the IDX header promises {product} = {elements} bytes of data");
    while values.len() < elements {
        let start = values.len();
        let end = elements.min(start + CHUNK_BYTES);
        tried(|| values.try_reserve(end - start)).map_err(|_| too_large())?;
        values.resize(end, 0);
        let filled = start + read(&mut values[start..])?;
        if filled < end {
            return Err(wrong(format!(
                "{promised}, the file holds {filled}; it is cut off"
            )));
        }
    }
    // Reading past the end also makes the gzip decoder compare its checksum.
    if read(&mut [0])? > 0 {
        let end = 4 + 4 * shape.len() + elements;
        return Err(wrong(format!(
            "{promised}, but the file goes on after them (offset {end})"
        )));
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

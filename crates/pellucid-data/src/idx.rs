//! IDX files: the arrays of bytes in which MNIST and its kin are published.
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
//! Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits". A file may be packed
//! with gzip, which is told by its first bytes and not by its name.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::error::{DataError, Result};

/// An array of unsigned bytes, last dimension fastest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxArray {
    /// The sizes of the dimensions, at least one, none of them 0: MNIST's training images have `[60000, 28, 28]`.
    pub shape: Vec<usize>,
    /// The elements; as many as the product of `shape`.
    pub values: Vec<u8>,
}

/// The element types of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElementType {
    /// Type 0x08.
    UnsignedByte,
    /// Type 0x09.
    SignedByte,
    /// Type 0x0b.
    Integer16,
    /// Type 0x0c.
    Integer32,
    /// Type 0x0d.
    Float32,
    /// Type 0x0e.
    Float64,
}

impl ElementType {
    fn from_code(code: u8) -> Option<ElementType> {
        match code {
            0x08 => Some(ElementType::UnsignedByte),
            0x09 => Some(ElementType::SignedByte),
            0x0b => Some(ElementType::Integer16),
            0x0c => Some(ElementType::Integer32),
            0x0d => Some(ElementType::Float32),
            0x0e => Some(ElementType::Float64),
            _ => None,
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ElementType::UnsignedByte => "unsigned bytes (type 0x08)",
            ElementType::SignedByte => "signed bytes (type 0x09)",
            ElementType::Integer16 => "16-bit integers (type 0x0b)",
            ElementType::Integer32 => "32-bit integers (type 0x0c)",
            ElementType::Float32 => "32-bit floats (type 0x0d)",
            ElementType::Float64 => "64-bit floats (type 0x0e)",
        })
    }
}

pub(crate) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Large enough that the decoder seldom stops, small enough to stay in a core's cache.
const CHUNK_BYTES: usize = 256 * 1024;

/// Deflate cannot pack tighter: 258 bytes in 2 bits. (RFC 1951: a match of the longest length, one bit for its
/// length and one for its distance.)
const DEFLATE_MAXIMAL_RATIO: u64 = 1032;

/// Reads an IDX file, plain or packed with gzip.
///
/// # Errors
///
/// Where the file cannot be read or is not a complete IDX file of unsigned bytes. A header that promises more
/// than the file can hold does not make memory be taken.
pub fn read_idx(path: impl AsRef<Path>) -> Result<IdxArray> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|reason| read_error(path, reason))?;
    // Pipes and devices say 0: nothing is known about their length.
    let length = file
        .metadata()
        .ok()
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
/// # Ok::<(), pellucid_data::DataError>(())
/// ```
///
/// # Errors
///
/// As [`read_idx`].
pub fn parse_idx(reader: impl Read, origin: &Path) -> Result<IdxArray> {
    parse(reader, origin, None)
}

/// `length` is that of the file, packed if it is packed, where it is known.
fn parse(reader: impl Read, origin: &Path, length: Option<u64>) -> Result<IdxArray> {
    let mut reader = BufReader::with_capacity(CHUNK_BYTES, reader);
    let mut magic = [0; 2];
    let found = fill(&mut reader, &mut magic).map_err(|(_, reason)| read_error(origin, reason))?;
    let reader = (&magic[..found]).chain(reader);
    if magic[..found] == GZIP_MAGIC {
        let capacity = length.map(|length| length.saturating_mul(DEFLATE_MAXIMAL_RATIO));
        Parser {
            reader: MultiGzDecoder::new(reader),
            origin,
            offset: 0,
            gzip: true,
        }
        .parse(capacity)
    } else {
        Parser {
            reader,
            origin,
            offset: 0,
            gzip: false,
        }
        .parse(length)
    }
}

struct Parser<'a, R> {
    reader: R,
    origin: &'a Path,
    /// Unpacked bytes read so far.
    offset: u64,
    gzip: bool,
}

impl<R: Read> Parser<'_, R> {
    /// `capacity` is what the file can hold at most, where that is known.
    fn parse(mut self, capacity: Option<u64>) -> Result<IdxArray> {
        let origin = self.origin;
        let path = || origin.to_path_buf();

        let mut start = [0; 4];
        match self.fill(&mut start)? {
            0 => return Err(DataError::Empty { path: path() }),
            4 => (),
            found => {
                return Err(DataError::ShortHeader {
                    path: path(),
                    promised: 4,
                    found: found as u64,
                });
            }
        }
        let element = match (start[0], start[1], ElementType::from_code(start[2])) {
            (0, 0, Some(element)) => element,
            _ => {
                return Err(DataError::NotIdx {
                    path: path(),
                    found: start,
                });
            }
        };
        if element != ElementType::UnsignedByte {
            return Err(DataError::UnsupportedElement {
                path: path(),
                element,
            });
        }

        let dimensions = usize::from(start[3]);
        if dimensions == 0 {
            return Err(DataError::NoDimensions { path: path() });
        }
        let mut sizes = vec![0; 4 * dimensions];
        let found = self.fill(&mut sizes)?;
        if found < sizes.len() {
            let promised = 4 + sizes.len() as u64;
            return Err(DataError::ShortHeader {
                path: path(),
                promised,
                found: 4 + found as u64,
            });
        }
        let sizes: Vec<u32> = sizes
            .chunks_exact(4)
            .map(|size| u32::from_be_bytes([size[0], size[1], size[2], size[3]]))
            .collect();
        if let Some(index) = sizes.iter().position(|&size| size == 0) {
            return Err(DataError::ZeroDimension {
                path: path(),
                dimension: index + 1,
            });
        }
        let elements = sizes
            .iter()
            .try_fold(1_usize, |product, &size| {
                product.checked_mul(usize::try_from(size).ok()?)
            })
            .filter(|&elements| isize::try_from(elements).is_ok());
        let Some(elements) = elements else {
            return Err(DataError::TooLarge {
                path: path(),
                shape: sizes,
            });
        };

        let values = self.body(elements, &sizes, capacity)?;
        // Reading past the end also makes the gzip decoder compare its checksum.
        let end = self.offset;
        if self.fill(&mut [0])? > 0 {
            return Err(DataError::TrailingBytes {
                path: path(),
                shape: sizes,
                promised: elements as u64,
                end,
            });
        }
        // No size was refused by the product above, so none is by the conversion.
        let shape = sizes
            .iter()
            .filter_map(|&size| usize::try_from(size).ok())
            .collect();
        Ok(IdxArray { shape, values })
    }

    /// Takes memory once for what the file can hold, and as the bytes arrive where that is not known.
    fn body(&mut self, elements: usize, sizes: &[u32], capacity: Option<u64>) -> Result<Vec<u8>> {
        let too_large = || DataError::TooLarge {
            path: self.origin.to_path_buf(),
            shape: sizes.to_vec(),
        };
        let capacity = capacity.map_or(CHUNK_BYTES, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        let mut values = Vec::new();
        values
            .try_reserve_exact(elements.min(capacity))
            .map_err(|_| too_large())?;
        let mut filled = 0;
        while filled < elements {
            let end = elements.min(filled + CHUNK_BYTES);
            values.try_reserve(end - filled).map_err(|_| too_large())?;
            values.resize(end, 0);
            filled += self.fill(&mut values[filled..end])?;
            if filled < end {
                return Err(DataError::ShortBody {
                    path: self.origin.to_path_buf(),
                    shape: sizes.to_vec(),
                    promised: elements as u64,
                    found: filled as u64,
                });
            }
        }
        Ok(values)
    }

    /// Fills `bytes` as far as the file goes; returns how far that is.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<usize> {
        match fill(&mut self.reader, bytes) {
            Ok(filled) => {
                self.offset += filled as u64;
                Ok(filled)
            }
            Err((filled, reason)) => {
                let unpacked = self.offset + filled as u64;
                let path = self.origin.to_path_buf();
                Err(match reason.kind() {
                    io::ErrorKind::UnexpectedEof if self.gzip => DataError::GzipCutOff { path, unpacked },
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if self.gzip => {
                        DataError::GzipDamaged {
                            path,
                            unpacked,
                            reason,
                        }
                    }
                    _ => read_error(self.origin, reason),
                })
            }
        }
    }
}

/// Fills `bytes` as far as the reader goes; an error comes with how far that was.
fn fill(reader: &mut impl Read, bytes: &mut [u8]) -> Result<usize, (usize, io::Error)> {
    let mut filled = 0;
    while filled < bytes.len() {
        match reader.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err((filled, error)),
        }
    }
    Ok(filled)
}

pub(crate) fn read_error(path: &Path, reason: io::Error) -> DataError {
    let path = path.to_path_buf();
    match reason.kind() {
        io::ErrorKind::NotFound => DataError::Missing { path },
        io::ErrorKind::IsADirectory => {
            let reason = io::Error::other("it is a folder; give the name of a file");
            DataError::Read { path, reason }
        }
        _ => DataError::Read { path, reason },
    }
}

/// Unpacks `reader` if it is packed with gzip, up to `limit` bytes, and leaves it as it is otherwise.
pub(crate) fn unpack(mut reader: impl BufRead, limit: u64) -> io::Result<Vec<u8>> {
    let packed = reader.fill_buf()?.starts_with(&GZIP_MAGIC);
    let mut bytes = Vec::new();
    if packed {
        MultiGzDecoder::new(reader).take(limit).read_to_end(&mut bytes)?;
    } else {
        reader.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn idx_file(shape: &[u32], values: &[u8]) -> Vec<u8> {
        let mut file = vec![0, 0, 8, u8::try_from(shape.len()).unwrap()];
        shape.iter().for_each(|size| file.extend(size.to_be_bytes()));
        file.extend(values);
        file
    }

    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn parse_bytes(bytes: &[u8]) -> Result<IdxArray> {
        parse(bytes, Path::new("a.idx"), Some(bytes.len() as u64))
    }

    fn message(bytes: &[u8]) -> String {
        parse_bytes(bytes).unwrap_err().to_string()
    }

    /// 3 x 5 elements that do not repeat, so that packing them takes more than a run.
    fn small() -> Vec<u8> {
        idx_file(&[3, 5], &(0..15).collect::<Vec<u8>>())
    }

    #[test]
    fn plain_and_packed_files_are_read_whatever_their_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("neutral");
        for bytes in [small(), gzip(&small())] {
            std::fs::write(&path, bytes).unwrap();
            let array = read_idx(&path).unwrap();
            assert_eq!(array.shape, [3, 5]);
            assert_eq!(array.values, (0..15).collect::<Vec<u8>>());
        }
    }

    #[test]
    fn a_gzip_file_of_several_members_is_read_whole() {
        let (head, tail) = (gzip(&small()[..14]), gzip(&small()[14..]));
        assert_eq!(
            parse_bytes(&[head, tail].concat()).unwrap(),
            parse_bytes(&small()).unwrap()
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read_idx("no/such/file.idx").unwrap_err().to_string();
        assert_eq!(error, "no/such/file.idx: there is no such file; check the path");
    }

    #[test]
    fn a_folder_instead_of_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read_idx(folder.path()), Err(DataError::Read { .. })));
    }

    #[test]
    fn an_empty_file_is_called_empty_plain_and_packed() {
        assert!(message(&[]).contains("the file is empty"));
        assert!(message(&gzip(&[])).contains("the file is empty"));
    }

    #[test]
    fn a_cut_header_says_how_many_bytes_were_promised_and_found() {
        assert!(message(&small()[..3]).contains("takes 4 bytes, the file holds 3"));
        assert!(message(&small()[..11]).contains("takes 12 bytes, the file holds 11"));
    }

    #[test]
    fn a_cut_body_says_how_many_bytes_were_promised_and_found() {
        let expected = "promises 3 x 5 = 15 bytes of data, the file holds 14";
        assert!(message(&small()[..26]).contains(expected));
        assert!(message(&gzip(&small()[..26])).contains(expected));
    }

    #[test]
    fn trailing_bytes_are_refused_with_their_offset() {
        let mut long = small();
        long.push(0);
        assert!(
            message(&long).contains("goes on after them (offset 27)"),
            "{}",
            message(&long)
        );
        assert!(message(&gzip(&long)).contains("goes on after them (offset 27)"));
    }

    #[test]
    fn a_header_that_promises_too_much_is_refused_without_taking_the_memory() {
        // 2^62 bytes: taking them would fail, so reaching the end of the file shows that none were taken.
        let huge = idx_file(&[1 << 31, 1 << 31], &[1, 2, 3]);
        for bytes in [huge.clone(), gzip(&huge)] {
            assert!(message(&bytes).contains("2147483648 x 2147483648 = 4611686018427387904 bytes"));
            assert!(message(&bytes).contains("the file holds 3"));
            let streamed = parse_idx(&bytes[..], Path::new("stream")).unwrap_err();
            assert!(matches!(streamed, DataError::ShortBody { found: 3, .. }));
        }
    }

    #[test]
    fn a_product_of_dimensions_that_overflows_is_refused() {
        let error = message(&idx_file(&[u32::MAX; 3], &[0]));
        assert!(
            error.contains("4294967295 x 4294967295 x 4294967295 elements"),
            "{error}"
        );
        // Fits in a usize, but not in an allocation.
        assert!(matches!(
            parse_bytes(&idx_file(&[1 << 31, 1 << 31, 2], &[0])),
            Err(DataError::TooLarge { .. })
        ));
    }

    #[test]
    fn wrong_first_bytes_are_shown() {
        assert!(message(b"\x89PNG....").contains("found 89 50 4e 47"));
        assert!(message(&[0, 0, 7, 1, 0, 0, 0, 1, 5]).contains("found 00 00 07 01"));
    }

    #[test]
    fn other_element_types_are_named() {
        for (code, name) in [
            (0x09, "signed bytes"),
            (0x0b, "16-bit integers"),
            (0x0c, "32-bit integers"),
            (0x0d, "32-bit floats"),
            (0x0e, "64-bit floats"),
        ] {
            let mut file = small();
            file[2] = code;
            assert!(
                message(&file).contains(&format!("the elements are {name}")),
                "{}",
                message(&file)
            );
        }
    }

    #[test]
    fn no_dimensions_and_dimensions_of_size_0_are_refused() {
        assert!(message(&idx_file(&[], &[1])).contains("no dimensions"));
        let error = message(&idx_file(&[3, 0, 5], &[]));
        assert!(
            error.contains("(offset 8) that dimension 2 has the size 0"),
            "{error}"
        );
    }

    #[test]
    fn damaged_gzip_is_told_from_cut_gzip() {
        let packed = gzip(&small());
        // Everything but the last byte of the trailer; and a cut inside the stream.
        for kept in [packed.len() - 1, packed.len() - 12, 5] {
            assert!(
                matches!(parse_bytes(&packed[..kept]), Err(DataError::GzipCutOff { .. })),
                "{kept} bytes kept"
            );
        }
        let mut wrong_checksum = packed.clone();
        let checksum = packed.len() - 8;
        wrong_checksum[checksum] ^= 1;
        assert!(
            message(&wrong_checksum).contains("damaged after 27 unpacked bytes"),
            "{}",
            message(&wrong_checksum)
        );
        let mut corrupt = packed.clone();
        corrupt[10] = 0xff; // the reserved block type
        assert!(matches!(
            parse_bytes(&corrupt),
            Err(DataError::GzipDamaged { .. })
        ));
        let mut followed = packed;
        followed.extend(b"left over from elsewhere");
        assert!(matches!(
            parse_bytes(&followed),
            Err(DataError::GzipDamaged { .. })
        ));
    }

    #[test]
    fn a_reader_of_one_byte_at_a_time_gives_the_same() {
        struct Drip<'a>(&'a [u8]);
        impl Read for Drip<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                let wanted = into.len().min(1);
                self.0.read(&mut into[..wanted])
            }
        }
        for bytes in [small(), gzip(&small())] {
            assert_eq!(
                parse_idx(Drip(&bytes), Path::new("drip")).unwrap(),
                parse_bytes(&small()).unwrap()
            );
        }
    }

    fn any_array() -> impl Strategy<Value = (Vec<u32>, Vec<u8>)> {
        prop::collection::vec(1_u32..=9, 1..=4).prop_flat_map(|shape| {
            let elements = shape.iter().product::<u32>() as usize;
            (Just(shape), prop::collection::vec(any::<u8>(), elements))
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_plain_and_packed((shape, values) in any_array()) {
            let file = idx_file(&shape, &values);
            for bytes in [file.clone(), gzip(&file)] {
                let array = parse_bytes(&bytes).unwrap();
                prop_assert_eq!(&array.shape, &shape.iter().map(|&size| size as usize).collect::<Vec<_>>());
                prop_assert_eq!(&array.values, &values);
            }
        }

        #[test]
        fn no_proper_prefix_is_read((shape, values) in any_array(), cut in any::<prop::sample::Index>()) {
            let file = idx_file(&shape, &values);
            let packed = gzip(&file);
            prop_assert!(parse_bytes(&file[..cut.index(file.len())]).is_err());
            prop_assert!(parse_bytes(&packed[..cut.index(packed.len())]).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_bytes(&bytes);
            let _ = parse_bytes(&[&GZIP_MAGIC[..], &[8, 0], &bytes].concat());
        }

        #[test]
        fn an_arbitrary_header_is_refused_or_filled(
            dimensions in any::<u8>(),
            bytes in prop::collection::vec(0_u8..3, 0..600),
        ) {
            let file = [&[0, 0, 8, dimensions][..], &bytes].concat();
            if let Ok(array) = parse_bytes(&file) {
                prop_assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
            }
        }

        #[test]
        fn a_changed_bit_of_a_packed_file_never_changes_the_values(
            (shape, values) in any_array(),
            place in any::<prop::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let file = idx_file(&shape, &values);
            let mut packed = gzip(&file);
            // From the end of gzip's own header on: within it, a time stamp may change freely.
            let place = 10 + place.index(packed.len() - 10);
            packed[place] ^= 1 << bit;
            if let Ok(array) = parse_bytes(&packed) {
                prop_assert_eq!(array.values, values);
            }
        }
    }
}

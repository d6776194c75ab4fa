//! Reading a stream that may be packed with gzip, bzip2, xz or Zstandard. Its first bytes decide, not its name.

use super::error::FileError;
use super::expansion::Budget;
use super::zstandard::{Zstandard, unpack_zstandard};
use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// As many bytes as show how a stream is packed.
const MAGIC_BYTES: u64 = 10;

/// Large enough that the decoder seldom stops, small enough to stay in a core's cache.
const BUFFER_BYTES: usize = 256 * 1024;

/// The most memory that unpacking an xz stream may take: that of its highest level is 65 MiB.
const LARGEST_XZ_KIB: u32 = 128 * 1024;

/// The first bytes of a stream, which were read to see how it is packed, and the others.
type WithBeginning<R> = Chain<Cursor<Vec<u8>>, Counted<R>>;

/// The unpacked bytes of a stream. A damaged one gives an [`io::Error`] that wraps a [`FileError`], which
/// [`FileError::from_read`] returns.
pub(crate) struct Unpacked<R: Read> {
    stream: Stream<BufReader<WithBeginning<R>>>,
    path: PathBuf,
    count: u64,
    budget: Option<Arc<Budget>>,
}

/// Bytes that are counted, where the size of a file is not known beforehand. A read that a signal interrupts is repeated: not
/// everyone who reads does that.
struct Counted<R> {
    inner: R,
    budget: Option<Arc<Budget>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = loop {
            match self.inner.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        if let Some(budget) = &self.budget {
            budget.add_held(count as u64);
        }
        Ok(count)
    }
}

enum Stream<R: io::BufRead> {
    Plain(R),
    Gzip(Box<MultiGzDecoder<R>>),
    Bzip2(Box<MultiBzDecoder<R>>),
    Xz(Box<XzReader<R>>),
    Zstandard(Box<Zstandard<R>>),
}

impl<R: Read> Unpacked<R> {
    /// Reads the first bytes of `raw`; `path` is its name in messages. What is unpacked counts against the limit, if there is
    /// one; with `is_counted`, what is read is the size of the file.
    pub(crate) fn new(
        raw: R,
        path: &Path,
        budget: Option<Arc<Budget>>,
        is_counted: bool,
    ) -> Result<Self, FileError> {
        let mut raw = Counted {
            inner: raw,
            budget: budget.clone().filter(|_| is_counted),
        };
        let mut magic = Vec::new();
        let unread = |reason| FileError::from_read(path, reason);
        raw.by_ref()
            .take(MAGIC_BYTES)
            .read_to_end(&mut magic)
            .map_err(unread)?;
        let start = magic.clone();
        let raw = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(magic).chain(raw));
        Ok(Self {
            stream: match start.as_slice() {
                [0x1f, 0x8b, ..] => Stream::Gzip(Box::new(MultiGzDecoder::new(raw))),
                [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]
                | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90] => {
                    Stream::Bzip2(Box::new(MultiBzDecoder::new(raw)))
                }
                [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
                    Stream::Xz(Box::new(XzReader::new_mem_limit(raw, true, LARGEST_XZ_KIB)))
                }
                [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                    Stream::Zstandard(Box::new(unpack_zstandard(raw).map_err(unread)?))
                }
                _ => Stream::Plain(raw),
            },
            path: path.to_path_buf(),
            count: 0,
            budget,
        })
    }

    pub(crate) fn is_packed(&self) -> bool {
        !matches!(self.stream, Stream::Plain(_))
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
        let (format, read) = match &mut self.stream {
            Stream::Plain(reader) => return reader.read(buffer),
            Stream::Gzip(reader) => ("gzip", reader.read(buffer)),
            Stream::Bzip2(reader) => ("bzip2", reader.read(buffer)),
            Stream::Xz(reader) => ("xz", reader.read(buffer)),
            Stream::Zstandard(reader) => ("Zstandard", reader.read(buffer)),
        };
        let reason = match read {
            Ok(bytes) => {
                self.count += bytes as u64;
                if let Some(budget) = &self.budget {
                    budget.spend(bytes as u64).map_err(io::Error::other)?;
                }
                return Ok(bytes);
            }
            Err(reason) => reason,
        };
        let damage = match reason.kind() {
            UnexpectedEof => format!("cut off after {} unpacked bytes", self.count),
            InvalidInput | InvalidData | Other => {
                format!("damaged after {} unpacked bytes ({reason})", self.count)
            }
            _ => return Err(reason),
        };
        let problem = format!("the {format} stream is {damage}; copy or download the file again");
        Err(io::Error::new(
            reason.kind(),
            FileError::contents(&self.path, problem),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        let mut reader =
            Unpacked::new(bytes, Path::new("t.csv"), None, false).map_err(|error| error.to_string())?;
        let read = reader.read_to_end(&mut all);
        read.map(|_| all).map_err(|error| error.to_string())
    }

    /// As `printf 'a,b\n1,2\n' | xz` writes it.
    #[rustfmt::skip]
    const XZ: &[u8] = &[
        0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01,
        0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x07, 0x61, 0x2c, 0x62, 0x0a, 0x31,
        0x2c, 0x32, 0x0a, 0x00, 0xbe, 0x9c, 0xbd, 0x49, 0xb5, 0x12, 0x2a, 0xfe, 0x00, 0x01, 0x20, 0x08,
        0xbb, 0x19, 0xd9, 0xbb, 0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
    ];

    /// A reader whose every other read is interrupted.
    struct OftenInterrupted<R>(R, bool);

    impl<R: Read> Read for OftenInterrupted<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            match self.1 {
                true => Err(io::ErrorKind::Interrupted.into()),
                false => self.0.read(buffer),
            }
        }
    }

    #[test]
    fn an_interrupted_read_is_repeated() {
        let raw = OftenInterrupted(&b"a,b\n1,2\n"[..], false);
        let mut reader = Unpacked::new(raw, Path::new("t.csv"), None, false).unwrap();
        let mut buffer = [0; 4];
        let mut all = Vec::new();
        loop {
            let count = reader.read(&mut buffer).unwrap();
            if count == 0 {
                break;
            }
            all.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(all, b"a,b\n1,2\n");
    }

    #[test]
    fn every_packing_is_undone_and_damage_named() {
        let text = b"a,b\n1,2\n";
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        bzip2.write_all(text).unwrap();
        for (name, packed) in [
            ("gzip", gzip.finish().unwrap()),
            ("bzip2", bzip2.finish().unwrap()),
            ("xz", XZ.to_vec()),
            ("Zstandard", zstd::encode_all(&text[..], 3).unwrap()),
        ] {
            assert_eq!(unpacked(&packed).unwrap(), text, "{name}");
            let twice = [packed.as_slice(), packed.as_slice()].concat();
            assert_eq!(unpacked(&twice).unwrap(), text.repeat(2), "{name}");
            let cut = unpacked(&packed[..packed.len() - 5]).unwrap_err();
            assert!(cut.contains(&format!("the {name} stream is")), "{cut}");
        }
        assert_eq!(unpacked(b"BZh9,1\n").unwrap(), b"BZh9,1\n");
    }
}

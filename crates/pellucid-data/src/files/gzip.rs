//! Reading a stream that may be packed with gzip. Its first two bytes decide, not its name.

use super::error::FileError;
use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::{Path, PathBuf};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Large enough that the decoder seldom stops, small enough to stay in a core's cache.
const BUFFER_BYTES: usize = 256 * 1024;

/// The unpacked bytes of a stream. A damaged gzip stream gives an [`io::Error`] that wraps a [`FileError`], which
/// [`FileError::from_read`] returns.
pub(crate) struct Unpacked<R> {
    stream: Stream<BufReader<Chain<Cursor<Vec<u8>>, R>>>,
    path: PathBuf,
    count: u64,
}

enum Stream<R> {
    Plain(R),
    Packed(Box<MultiGzDecoder<R>>),
}

impl<R: Read> Unpacked<R> {
    /// Reads the first two bytes of `raw`; `path` is its name in messages.
    pub(crate) fn new(mut raw: R, path: &Path) -> Result<Self, FileError> {
        let mut magic = Vec::new();
        let read = raw.by_ref().take(2).read_to_end(&mut magic);
        read.map_err(|reason| FileError::from_read(path, reason))?;
        let is_packed = magic == GZIP_MAGIC;
        let raw = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(magic).chain(raw));
        Ok(Self {
            stream: match is_packed {
                true => Stream::Packed(Box::new(MultiGzDecoder::new(raw))),
                false => Stream::Plain(raw),
            },
            path: path.to_path_buf(),
            count: 0,
        })
    }

    pub(crate) fn is_packed(&self) -> bool {
        matches!(self.stream, Stream::Packed(_))
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let reader = match &mut self.stream {
            Stream::Plain(reader) => return reader.read(buffer),
            Stream::Packed(reader) => reader,
        };
        let reason = match reader.read(buffer) {
            Ok(bytes) => {
                self.count += bytes as u64;
                return Ok(bytes);
            }
            Err(reason) => reason,
        };
        let damage = match reason.kind() {
            UnexpectedEof => format!("cut off after {} unpacked bytes", self.count),
            InvalidInput | InvalidData => format!("damaged after {} unpacked bytes ({reason})", self.count),
            _ => return Err(reason),
        };
        let problem = format!("the gzip stream is {damage}; copy or download the file again");
        Err(io::Error::new(
            reason.kind(),
            FileError::contents(&self.path, problem),
        ))
    }
}

//! Where a table comes from, unpacked, and what format it is in.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::error::{DataError, Result};
use crate::idx::{GZIP_MAGIC, read_error};

/// A file, or the standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableSource {
    /// A file.
    Path(PathBuf),
    /// The standard input.
    Stdin,
}

impl<P: AsRef<Path>> From<P> for TableSource {
    /// `-` is the standard input, everything else a path.
    fn from(path: P) -> Self {
        match path.as_ref() {
            path if path == Path::new("-") => TableSource::Stdin,
            path => TableSource::Path(path.to_path_buf()),
        }
    }
}

impl fmt::Display for TableSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableSource::Path(path) => path.display().fmt(formatter),
            TableSource::Stdin => formatter.write_str("standard input"),
        }
    }
}

/// As much as is looked at to find out the format and the delimiter.
const PREFIX_BYTES: u64 = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Delimited,
    Parquet,
    Npy,
    Npz,
    Idx,
}

impl Format {
    fn of(prefix: &[u8]) -> Format {
        match prefix {
            [b'P', b'A', b'R', b'1', ..] => Format::Parquet,
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Format::Npy,
            [b'P', b'K', 3 | 5, 4 | 6, ..] => Format::Npz,
            [0, 0, 8..=14, ..] => Format::Idx,
            _ => Format::Delimited,
        }
    }
}

/// An open source.
pub(super) struct Opened {
    /// As messages name it.
    pub(super) path: PathBuf,
    pub(super) format: Format,
    /// The first bytes, unpacked.
    pub(super) prefix: Vec<u8>,
    /// Whether the prefix is all there is.
    pub(super) is_whole: bool,
    /// The file itself, where it is an ordinary one and not packed.
    pub(super) seekable: Option<File>,
    rest: Unpacked,
}

impl Opened {
    pub(super) fn open(source: &TableSource) -> Result<Opened> {
        let path = PathBuf::from(source.to_string());
        let mut seekable = None;
        let mut raw: Box<dyn Read + Send> = match source {
            TableSource::Stdin => Box::new(io::stdin()),
            TableSource::Path(_) => {
                let file = File::open(&path).map_err(|reason| read_error(&path, reason))?;
                if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
                    seekable = file.try_clone().ok();
                }
                Box::new(file)
            }
        };
        let mut magic = Vec::new();
        let read = (&mut raw).take(2).read_to_end(&mut magic);
        read.map_err(|reason| read_error(&path, reason))?;
        let gzip = magic == GZIP_MAGIC;
        let raw = BufReader::with_capacity(PREFIX_BYTES as usize, Cursor::new(magic).chain(raw));
        let mut rest = Unpacked {
            reader: if gzip {
                Box::new(MultiGzDecoder::new(raw))
            } else {
                Box::new(raw)
            },
            path: path.clone(),
            gzip,
            unpacked: 0,
        };
        let mut prefix = Vec::new();
        let read = (&mut rest).take(PREFIX_BYTES).read_to_end(&mut prefix);
        read.map_err(|error| data_error(&path, error))?;
        Ok(Opened {
            format: Format::of(&prefix),
            is_whole: (prefix.len() as u64) < PREFIX_BYTES,
            prefix,
            seekable: seekable.filter(|_| !gzip),
            path,
            rest,
        })
    }

    /// The unpacked bytes from the beginning.
    pub(super) fn into_reader(self) -> Box<dyn Read + Send> {
        Box::new(Cursor::new(self.prefix).chain(self.rest))
    }

    /// All of the unpacked bytes.
    pub(super) fn into_bytes(self) -> Result<Vec<u8>> {
        let path = self.path.clone();
        let mut bytes = Vec::new();
        let read = self.into_reader().read_to_end(&mut bytes);
        read.map_err(|error| data_error(&path, error))?;
        Ok(bytes)
    }
}

/// The error that [`Unpacked`] has hidden in one of reading, or that error itself.
pub(super) fn data_error(path: &Path, error: io::Error) -> DataError {
    match error.downcast::<DataError>() {
        Ok(hidden) => hidden,
        Err(error) => read_error(path, error),
    }
}

/// Unpacks, and says which file is damaged and where.
struct Unpacked {
    reader: Box<dyn Read + Send>,
    path: PathBuf,
    gzip: bool,
    unpacked: u64,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer);
        let (path, unpacked) = (self.path.clone(), self.unpacked);
        match read {
            Ok(count) => {
                self.unpacked += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) if self.gzip && error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(io::Error::other(DataError::GzipCutOff { path, unpacked }))
            }
            Err(reason)
                if self.gzip
                    && matches!(
                        reason.kind(),
                        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
                    ) =>
            {
                Err(io::Error::other(DataError::GzipDamaged {
                    path,
                    unpacked,
                    reason,
                }))
            }
            Err(error) => Err(error),
        }
    }
}

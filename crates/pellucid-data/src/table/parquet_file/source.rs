//! The bytes of a file, in memory or on the disk.

use super::compact::Damage;
use super::fault::Fault;
use super::footer::Footer;
use crate::files::FileError;
use bytes::Bytes;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file that is read in parts.
pub(in crate::table) struct Source {
    contents: Contents,
    length: u64,
    path: PathBuf,
}

enum Contents {
    File(File),
    Memory(Bytes),
}

/// The bytes of a footer's length and the magic after it.
const END: u64 = 8;

impl Source {
    pub(in crate::table) fn of_file(file: File, path: &Path) -> Result<Source, FileError> {
        let length = file
            .metadata()
            .map_err(|reason| FileError::from_read(path, reason))?
            .len();
        Ok(Source {
            contents: Contents::File(file),
            length,
            path: path.to_path_buf(),
        })
    }

    pub(in crate::table) fn of_bytes(bytes: Vec<u8>, path: &Path) -> Source {
        Source {
            length: bytes.len() as u64,
            contents: Contents::Memory(bytes.into()),
            path: path.to_path_buf(),
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes within the file.
    pub(super) fn read(&self, at: u64, count: usize) -> Result<Bytes, Fault> {
        let end = at.checked_add(count as u64).filter(|&end| end <= self.length);
        let end = end.ok_or("a part lies outside the file")?;
        let mut file = match &self.contents {
            Contents::Memory(bytes) => return Ok(bytes.slice(at as usize..end as usize)),
            Contents::File(file) => file,
        };
        let mut bytes = vec![0; count];
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|reason| FileError::from_read(&self.path, reason))?;
        Ok(bytes.into())
    }

    pub(in crate::table) fn footer(&self) -> Result<Footer, Fault> {
        const CUT_OFF: Damage = "it does not end as it should: it is cut off";
        const MAGIC: u64 = 4;
        let start = self.length.checked_sub(END).filter(|&start| start >= MAGIC);
        let start = start.ok_or(CUT_OFF)?;
        let end = self.read(start, END as usize)?;
        match &end[4..] {
            b"PAR1" => {}
            b"PARE" => return Err("it is encrypted, which is not read".into()),
            _ => return Err(CUT_OFF.into()),
        }
        let length = u32::from_le_bytes([end[0], end[1], end[2], end[3]]);
        let at = start.checked_sub(length.into()).filter(|&at| at >= MAGIC);
        let at = at.ok_or("its description is longer than the file")?;
        Ok(Footer::parse(&self.read(at, length as usize)?)?)
    }
}

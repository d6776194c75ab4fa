//! Reads zip archives, whose parts are checked against the bytes that are there before memory is reserved for them.
//!
//! Source: PKWARE, *.ZIP File Format Specification* (APPNOTE), version 6.3.

use crate::files::{Budget, FileError};
use std::io::Read;

/// Why an archive, or a file in it, cannot be read.
#[derive(Debug)]
pub(super) enum ZipFault {
    Damaged(&'static str),
    /// The file unpacks to more than it may.
    File(FileError),
}

impl From<&'static str> for ZipFault {
    fn from(damage: &'static str) -> ZipFault {
        ZipFault::Damaged(damage)
    }
}

/// An archive in memory.
pub(super) struct ZipArchive<'a> {
    bytes: &'a [u8],
    pub(super) members: Vec<Member>,
}

/// A file in an archive, as the directory at its end describes it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    method: u16,
    is_encrypted: bool,
    checksum: u32,
    packed_size: u64,
    size: u64,
    /// Where its own header begins.
    header: u64,
}

const CUT_OFF: &str = "the directory at its end is not there: the archive is cut off";
const OUTSIDE: &str = "the directory at its end does not fit the archive";

impl<'a> ZipArchive<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<ZipArchive<'a>, &'static str> {
        let end = end_of_directory(bytes).ok_or(CUT_OFF)?;
        let record = Record::at(bytes, end).ok_or(OUTSIDE)?;
        let mut directory = Directory {
            count: record.number16(10).ok_or(OUTSIDE)?.into(),
            size: record.number32(12).ok_or(OUTSIDE)?.into(),
            start: record.number32(16).ok_or(OUTSIDE)?.into(),
        };
        let mut directory_end = end;
        if directory.is_large()
            && let Some((large, at)) = large_directory(bytes, end)
        {
            (directory, directory_end) = (large, at);
        }
        let size = usize::try_from(directory.size).map_err(|_| OUTSIDE)?;
        let start = directory_end.checked_sub(size).ok_or(OUTSIDE)?;
        // Something may stand before the archive, which its own positions do not count.
        let before = (start as u64).checked_sub(directory.start).ok_or(OUTSIDE)?;
        if directory.count > directory.size / Member::LEAST_BYTES {
            return Err("it promises more files than its directory holds");
        }
        let mut at = start;
        let mut members = Vec::new();
        for _ in 0..directory.count {
            let (member, length) = bytes
                .get(at..directory_end)
                .and_then(|rest| Member::parse(rest, before))
                .ok_or(OUTSIDE)?;
            members.push(member);
            at += length;
        }
        Ok(ZipArchive { bytes, members })
    }

    /// The contents of a member.
    pub(super) fn unpacked(&self, member: &Member, budget: &Budget) -> Result<Vec<u8>, ZipFault> {
        if member.is_encrypted {
            return Err("it is encrypted, which is not read".into());
        }
        budget.spend(member.size).map_err(ZipFault::File)?;
        let packed = self.packed(member).ok_or("it lies outside the archive")?;
        let mut contents = Vec::new();
        match member.method {
            0 => contents.extend_from_slice(packed),
            8 => {
                let read = flate2::read::DeflateDecoder::new(packed)
                    .take(member.size.saturating_add(1))
                    .read_to_end(&mut contents);
                read.map_err(|_| "its packed bytes are damaged")?;
            }
            _ => return Err("it is packed by another method than Deflate, which is not read".into()),
        }
        if contents.len() as u64 != member.size {
            return Err("it has another size than the archive says".into());
        }
        let mut checksum = flate2::Crc::new();
        checksum.update(&contents);
        match checksum.sum() == member.checksum {
            true => Ok(contents),
            false => Err("its checksum does not match".into()),
        }
    }

    fn packed(&self, member: &Member) -> Option<&'a [u8]> {
        const HEADER: usize = 30;
        let header = Record::at(self.bytes, usize::try_from(member.header).ok()?)?;
        header.0.starts_with(b"PK\x03\x04").then_some(())?;
        let lengths = [26, 28].map(|at| header.number16(at).map(usize::from));
        let start = HEADER + lengths[0]? + lengths[1]?;
        let end = start.checked_add(usize::try_from(member.packed_size).ok()?)?;
        header.0.get(start..end)
    }
}

/// Where the description of the directory begins: before a comment of up to 64 KiB.
fn end_of_directory(bytes: &[u8]) -> Option<usize> {
    const LENGTH: usize = 22;
    let last = bytes.len().checked_sub(LENGTH)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|&at| {
        let comment = usize::from(u16::from_le_bytes([bytes[at + 20], bytes[at + 21]]));
        bytes[at..].starts_with(b"PK\x05\x06") && at + LENGTH + comment <= bytes.len()
    })
}

struct Directory {
    count: u64,
    size: u64,
    start: u64,
}

impl Directory {
    /// Whether another record has the numbers, which are too large for this one.
    fn is_large(&self) -> bool {
        self.count == u64::from(u16::MAX)
            || self.size == u64::from(u32::MAX)
            || self.start == u64::from(u32::MAX)
    }
}

/// The directory by the record of large archives, and where that begins.
fn large_directory(bytes: &[u8], end: usize) -> Option<(Directory, usize)> {
    const LOCATOR: usize = 20;
    const RECORD: usize = 56;
    let locator = end.checked_sub(LOCATOR)?;
    bytes[locator..].starts_with(b"PK\x06\x07").then_some(())?;
    // Where nothing stands before the archive, this is where the locator says it is.
    let at = locator.checked_sub(RECORD)?;
    let record = Record::at(bytes, at)?;
    record.0.starts_with(b"PK\x06\x06").then_some(())?;
    let directory = Directory {
        count: record.number64(32)?,
        size: record.number64(40)?,
        start: record.number64(48)?,
    };
    Some((directory, at))
}

/// Bytes with numbers at known places, the lowest byte first.
struct Record<'a>(&'a [u8]);

impl<'a> Record<'a> {
    fn at(bytes: &'a [u8], at: usize) -> Option<Record<'a>> {
        bytes.get(at..).map(Record)
    }

    fn bytes<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..)?.first_chunk().copied()
    }

    fn number16(&self, at: usize) -> Option<u16> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    fn number32(&self, at: usize) -> Option<u32> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    fn number64(&self, at: usize) -> Option<u64> {
        self.bytes(at).map(u64::from_le_bytes)
    }
}

impl Member {
    const LEAST_BYTES: u64 = 46;

    /// The member that the beginning of these bytes describes, and the length of its description.
    fn parse(bytes: &[u8], before: u64) -> Option<(Member, usize)> {
        let record = Record(bytes);
        bytes.starts_with(b"PK\x01\x02").then_some(())?;
        let length = |at| record.number16(at).map(usize::from);
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        let start = Member::LEAST_BYTES as usize;
        let name_bytes = bytes.get(start..start + name)?;
        let extra_bytes = bytes.get(start + name..start + name + extra)?;
        let mut sizes = [24, 20, 42].map(|at| u64::from(record.number32(at).unwrap_or(0)));
        read_large_numbers(extra_bytes, &mut sizes);
        let [size, packed_size, header] = sizes;
        let member = Member {
            name: String::from_utf8_lossy(name_bytes).into_owned(),
            method: record.number16(10)?,
            is_encrypted: record.number16(8)? & 1 == 1,
            checksum: record.number32(16)?,
            packed_size,
            size,
            header: before.checked_add(header)?,
        };
        Some((member, start + name + extra + comment))
    }
}

/// Replaces numbers that do not fit into 32 bits by those of the extra field for them.
fn read_large_numbers(mut extra: &[u8], numbers: &mut [u64]) {
    const LARGE: u16 = 1;
    while let (Some(kind), Some(length)) = (Record(extra).number16(0), Record(extra).number16(2)) {
        let Some(mut values) = extra.get(4..4 + usize::from(length)) else {
            return;
        };
        extra = &extra[4 + usize::from(length)..];
        for number in numbers
            .iter_mut()
            .filter(|number| kind == LARGE && **number == u64::from(u32::MAX))
        {
            let Some((value, rest)) = values.split_first_chunk::<8>() else {
                break;
            };
            *number = u64::from_le_bytes(*value);
            values = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::MaxExpansion;
    use std::io::{Cursor, Write};
    use std::path::Path;

    fn packed(method: zip::CompressionMethod, is_large: bool) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(method)
            .large_file(is_large);
        for (name, contents) in [("a", b"first".repeat(9)), ("folder/é", b"second".to_vec())] {
            writer.start_file(name, options).unwrap();
            writer.write_all(&contents).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn contents(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
        let budget = Budget::new(Path::new("t.zip"), bytes.len() as u64, MaxExpansion::default());
        let archive = ZipArchive::new(bytes).map_err(str::to_owned)?;
        let members = archive.members.iter().map(|member| {
            let contents = archive
                .unpacked(member, &budget)
                .map_err(|fault| format!("{fault:?}"))?;
            Ok((member.name.clone(), contents))
        });
        members.collect()
    }

    #[test]
    fn archives_are_read_and_damage_found() {
        for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
            for is_large in [false, true] {
                let bytes = packed(method, is_large);
                let expected = [
                    ("a".to_owned(), b"first".repeat(9)),
                    ("folder/é".to_owned(), b"second".to_vec()),
                ];
                assert_eq!(contents(&bytes).unwrap(), expected);
                for length in 0..bytes.len() {
                    assert!(contents(&bytes[..length]).is_err(), "{length}");
                }
            }
        }
    }
}

//! The values of one column in a group of rows, page by page.

use super::codec::unpacked;
use super::compact::{Compact, ENDS as HEADER_ENDS};
use super::encodings::{ENDS, runs};
use super::fault::Fault;
use super::footer::Chunk;
use super::source::Source;
use super::stored::Stored;
use super::values::decoded;
use crate::files::Budget;
use bytes::Bytes;
use parquet::schema::types::ColumnDescPtr;
use std::sync::Arc;

/// A column that is being read.
pub(in crate::table) struct ColumnReader {
    source: Arc<Source>,
    budget: Arc<Budget>,
    kind: ColumnDescPtr,
    codec: i32,
    /// Where the next page begins, and where the last one ends.
    at: u64,
    end: u64,
    dictionary: Option<Stored>,
    page: Page,
}

/// Values of a page that are still to be read.
struct Page {
    /// 1 for each row with a value; of a column that has one in each, empty.
    levels: Vec<i16>,
    values: Values,
    rows: usize,
    next_row: usize,
    next_value: usize,
}

enum Values {
    Own(Stored),
    /// Positions in the dictionary.
    Codes(Vec<u32>),
}

/// What stands before a page.
#[derive(Debug, Default)]
struct Header {
    kind: i32,
    size: i32,
    packed_size: i32,
    values: i32,
    encoding: i32,
    level_encoding: i32,
    /// Of the second version: the bytes of levels, and whether the values are packed.
    level_bytes: i32,
    repetition_bytes: i32,
    is_plain: bool,
}

/// What a page counts for beside its values.
const PAGE_AS_CELLS: usize = 16;

/// The kinds of pages.
const DATA: i32 = 0;
const DICTIONARY: i32 = 2;
const DATA_OF_VERSION_2: i32 = 3;

impl ColumnReader {
    pub(in crate::table) fn new(
        source: &Arc<Source>,
        budget: &Arc<Budget>,
        kind: &ColumnDescPtr,
        chunk: &Chunk,
    ) -> Result<ColumnReader, Fault> {
        if chunk.is_elsewhere {
            return Err("a column is in another file, or encrypted, which is not read".into());
        }
        let dictionary = chunk.dictionary.filter(|&at| at > 0 && at < chunk.data);
        let outside = "a column lies outside the file";
        let at = u64::try_from(dictionary.unwrap_or(chunk.data)).map_err(|_| outside)?;
        let size = u64::try_from(chunk.size).map_err(|_| outside)?;
        let end = at
            .checked_add(size)
            .filter(|&end| end <= source.length())
            .ok_or(outside)?;
        Ok(ColumnReader {
            source: Arc::clone(source),
            budget: Arc::clone(budget),
            kind: Arc::clone(kind),
            codec: chunk.codec,
            at,
            end,
            dictionary: None,
            page: Page {
                levels: Vec::new(),
                values: Values::Codes(Vec::new()),
                rows: 0,
                next_row: 0,
                next_value: 0,
            },
        })
    }

    /// Appends up to `most` rows, and returns how many; none at the end of the column. `levels` gets 1 for each row with a
    /// value and 0 for the others, or nothing if each has one.
    pub(in crate::table) fn read(
        &mut self,
        most: usize,
        levels: &mut Vec<i16>,
        values: &mut Stored,
    ) -> Result<usize, Fault> {
        while self.page.next_row == self.page.rows {
            if self.at >= self.end {
                return Ok(0);
            }
            self.next_page()?;
        }
        let page = &mut self.page;
        let rows = page.next_row..page.rows.min(page.next_row + most);
        let count = rows.len();
        let new_levels = page.levels.get(rows.clone()).unwrap_or_default();
        let present = match new_levels.is_empty() {
            true => count,
            false => new_levels.iter().filter(|&&level| level > 0).count(),
        };
        levels.extend_from_slice(new_levels);
        let taken = page.next_value..page.next_value + present;
        let is_of_type = match (&page.values, &self.dictionary) {
            (Values::Own(own), _) => values.extend(own, taken.clone()),
            (Values::Codes(codes), Some(dictionary)) => values.extend_by(dictionary, &codes[taken.clone()]),
            (Values::Codes(codes), None) => codes.is_empty(),
        };
        if !is_of_type {
            return Err("a value is not in the dictionary of its column".into());
        }
        (page.next_row, page.next_value) = (rows.end, taken.end);
        Ok(count)
    }

    fn next_page(&mut self) -> Result<(), Fault> {
        let header = self.header()?;
        let below_0 = "a page has a size below 0";
        let size = usize::try_from(header.size).map_err(|_| below_0)?;
        let packed_size = u64::try_from(header.packed_size).map_err(|_| below_0)?;
        let count = usize::try_from(header.values).map_err(|_| below_0)?;
        let end = self.at + packed_size;
        if end > self.end {
            return Err("a page goes beyond the end of its column".into());
        }
        // A page costs time too, and several columns may be the same pages.
        self.budget.spend_cells(PAGE_AS_CELLS.saturating_add(count), 0)?;
        if ![DATA, DICTIONARY, DATA_OF_VERSION_2].contains(&header.kind) {
            // An index, or what is not known yet.
            self.at = end;
            return Ok(());
        }
        let packed = self.source.read(self.at, packed_size as usize)?;
        self.at = end;
        match header.kind {
            DICTIONARY => {
                let bytes = unpacked(self.codec, &packed, size, &self.budget)?.into();
                self.dictionary = Some(decoded(&self.kind, 0, &bytes, count, &self.budget)?);
                Ok(())
            }
            DATA => {
                let bytes = Bytes::from(unpacked(self.codec, &packed, size, &self.budget)?);
                let (levels, start) = match self.kind.max_def_level() {
                    0 => (Vec::new(), 0),
                    _ => levels_of_version_1(&bytes, header.level_encoding, count)?,
                };
                self.set_page(levels, bytes.slice(start..), header.encoding, count)
            }
            _ => {
                let level_bytes = usize::try_from(header.level_bytes).map_err(|_| below_0)?;
                let before = level_bytes
                    .checked_add(usize::try_from(header.repetition_bytes).map_err(|_| below_0)?)
                    .filter(|&before| before <= packed.len().min(size))
                    .ok_or(ENDS)?;
                let levels = match self.kind.max_def_level() {
                    0 => Vec::new(),
                    _ => levels_of(runs(&packed[before - level_bytes..before], 1, count)?),
                };
                let codec = if header.is_plain { 0 } else { self.codec };
                // There may be no values at all to unpack.
                let bytes = match size - before {
                    0 => Vec::new(),
                    size => unpacked(codec, &packed[before..], size, &self.budget)?,
                };
                self.set_page(levels, bytes.into(), header.encoding, count)
            }
        }
    }

    fn set_page(&mut self, levels: Vec<i16>, bytes: Bytes, encoding: i32, count: usize) -> Result<(), Fault> {
        /// Two numbers for the same encoding.
        const DICTIONARIES: [i32; 2] = [2, 8];
        let present = match self.kind.max_def_level() {
            0 => count,
            _ => levels.iter().filter(|&&level| level > 0).count(),
        };
        let values = if present == 0 {
            Values::Codes(Vec::new())
        } else if DICTIONARIES.contains(&encoding) {
            let (&width, rest) = bytes.split_first().ok_or(ENDS)?;
            Values::Codes(runs(rest, width.into(), present)?)
        } else {
            Values::Own(decoded(&self.kind, encoding, &bytes, present, &self.budget)?)
        };
        self.page = Page {
            levels,
            values,
            rows: count,
            next_row: 0,
            next_value: 0,
        };
        Ok(())
    }

    /// The header of the next page.
    fn header(&mut self) -> Result<Header, Fault> {
        const MOST: u64 = 64 << 20;
        let left = self.end - self.at;
        let mut length = left.min(1024);
        loop {
            let bytes = self.source.read(self.at, length as usize)?;
            match Header::parse(&bytes) {
                Ok((header, taken)) => {
                    self.at += taken as u64;
                    return Ok(header);
                }
                Err(HEADER_ENDS) if length < left.min(MOST) => length = left.min(MOST).min(16 * length),
                Err(damage) => return Err(damage.into()),
            }
        }
    }
}

impl Header {
    /// A header at the beginning of bytes, and how many it takes.
    fn parse(bytes: &[u8]) -> Result<(Header, usize), &'static str> {
        let mut header = Header {
            kind: -1,
            ..Header::default()
        };
        let mut compact = Compact::new(bytes);
        compact.fields(|compact, id, kind| {
            match id {
                1 => header.kind = compact.int32(kind)?,
                2 => header.size = compact.int32(kind)?,
                3 => header.packed_size = compact.int32(kind)?,
                5 | 7 => compact.fields(|compact, id, kind| {
                    match id {
                        1 => header.values = compact.int32(kind)?,
                        2 => header.encoding = compact.int32(kind)?,
                        3 if kind.is_integer() => header.level_encoding = compact.int32(kind)?,
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?,
                8 => compact.fields(|compact, id, kind| {
                    match id {
                        1 => header.values = compact.int32(kind)?,
                        4 => header.encoding = compact.int32(kind)?,
                        5 => header.level_bytes = compact.int32(kind)?,
                        6 => header.repetition_bytes = compact.int32(kind)?,
                        7 => header.is_plain = !compact.boolean(kind)?,
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let length = compact.position();
        Ok((header, length))
    }
}

fn levels_of(runs: Vec<u32>) -> Vec<i16> {
    runs.into_iter().map(|level| level as i16).collect()
}

/// The levels of a page of the first version, and the bytes they take.
fn levels_of_version_1(bytes: &[u8], encoding: i32, count: usize) -> Result<(Vec<i16>, usize), Fault> {
    const RUNS: i32 = 3;
    const BITS: i32 = 4;
    match encoding {
        RUNS => {
            let (length, rest) = bytes.split_first_chunk::<4>().ok_or(ENDS)?;
            let length = u32::from_le_bytes(*length) as usize;
            let packed = rest.get(..length).ok_or(ENDS)?;
            Ok((levels_of(runs(packed, 1, count)?), 4 + length))
        }
        // Of old writers: the highest bit first.
        BITS => {
            let bits = bytes.get(..count.div_ceil(8)).ok_or(ENDS)?;
            let level = |at: usize| i16::from(bits[at / 8] >> (7 - at % 8) & 1);
            Ok(((0..count).map(level).collect(), bits.len()))
        }
        _ => Err("levels are in an encoding that is not read".into()),
    }
}

//! The footer: the columns, and where the values of each lie.
//!
//! Source: <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>

use super::compact::{Compact, Damage, Kind};

/// What a file holds.
#[derive(Debug, Default)]
pub(in crate::table) struct Footer {
    /// All parts of the schema, each before its children; the first is the table.
    pub(super) schema: Vec<SchemaPart>,
    pub(in crate::table) rows: i64,
    pub(in crate::table) groups: Vec<RowGroup>,
}

/// A column, or a group of columns.
#[derive(Debug, Default, Clone)]
pub(super) struct SchemaPart {
    pub(super) name: String,
    /// Of a column.
    pub(super) physical: Option<i32>,
    /// Bytes of each value, where all have as many.
    pub(super) length: Option<i32>,
    pub(super) repetition: Option<i32>,
    pub(super) children: Option<i32>,
    pub(super) converted: Option<i32>,
    pub(super) scale: Option<i32>,
    pub(super) precision: Option<i32>,
    pub(super) id: Option<i32>,
    pub(super) logical: Option<Logical>,
}

/// A logical type: its number, and its settings where it has some.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Logical {
    pub(super) number: i16,
    /// The scale of decimals, the bits of integers, whether times are in universal time.
    pub(super) first: i32,
    /// The precision of decimals, whether integers have a sign, the unit of times.
    pub(super) second: i32,
}

/// Rows, column by column.
#[derive(Debug, Default)]
pub(in crate::table) struct RowGroup {
    pub(in crate::table) chunks: Vec<Chunk>,
    pub(in crate::table) rows: i64,
}

/// The values of a column in a group.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::table) struct Chunk {
    pub(super) codec: i32,
    pub(super) size: i64,
    pub(super) data: i64,
    pub(super) dictionary: Option<i64>,
    /// Whether the values are in another file, or encrypted.
    pub(super) is_elsewhere: bool,
}

impl Footer {
    pub(super) fn parse(bytes: &[u8]) -> Result<Footer, Damage> {
        let mut footer = Footer::default();
        Compact::new(bytes).fields(|compact, id, kind| {
            match id {
                2 => footer.schema = list(compact, kind, schema_part)?,
                3 => footer.rows = compact.integer(kind)?,
                4 => footer.groups = list(compact, kind, row_group)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(footer)
    }
}

fn list<T>(
    compact: &mut Compact<'_>,
    kind: Kind,
    element: fn(&mut Compact<'_>) -> Result<T, Damage>,
) -> Result<Vec<T>, Damage> {
    let count = compact.structures(kind)?;
    (0..count).map(|_| element(compact)).collect()
}

fn schema_part(compact: &mut Compact<'_>) -> Result<SchemaPart, Damage> {
    let mut part = SchemaPart::default();
    let mut name = None;
    compact.fields(|compact, id, kind| {
        match id {
            1 => part.physical = Some(compact.int32(kind)?),
            2 => part.length = Some(compact.int32(kind)?),
            3 => part.repetition = Some(compact.int32(kind)?),
            4 => name = Some(compact.text(kind)?.to_owned()),
            5 => part.children = Some(compact.int32(kind)?),
            6 => part.converted = Some(compact.int32(kind)?),
            7 => part.scale = Some(compact.int32(kind)?),
            8 => part.precision = Some(compact.int32(kind)?),
            9 => part.id = Some(compact.int32(kind)?),
            10 => part.logical = logical(compact)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    part.name = name.ok_or("a column has no name")?;
    Ok(part)
}

fn logical(compact: &mut Compact<'_>) -> Result<Option<Logical>, Damage> {
    const DECIMAL: i16 = 5;
    const TIME: i16 = 7;
    const TIMESTAMP: i16 = 8;
    const INTEGER: i16 = 10;
    let mut found = None;
    compact.fields(|compact, number, _| {
        let mut logical = Logical {
            number,
            ..Logical::default()
        };
        let result = &mut logical;
        compact.fields(|compact, id, kind| {
            match (number, id) {
                (DECIMAL, 1) | (INTEGER, 1) => result.first = compact.int32(kind)?,
                (DECIMAL, 2) => result.second = compact.int32(kind)?,
                (INTEGER, 2) => result.second = compact.boolean(kind)?.into(),
                (TIME | TIMESTAMP, 1) => result.first = compact.boolean(kind)?.into(),
                (TIME | TIMESTAMP, 2) => compact.fields(|_, unit, _| {
                    result.second = unit.into();
                    Ok(false)
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        found = Some(logical);
        Ok(true)
    })?;
    Ok(found)
}

fn row_group(compact: &mut Compact<'_>) -> Result<RowGroup, Damage> {
    let mut group = RowGroup::default();
    let mut rows = None;
    compact.fields(|compact, id, kind| {
        match id {
            1 => group.chunks = list(compact, kind, chunk)?,
            3 => rows = Some(compact.integer(kind)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    group.rows = rows.ok_or("a group of rows does not say how many it has")?;
    Ok(group)
}

fn chunk(compact: &mut Compact<'_>) -> Result<Chunk, Damage> {
    let mut chunk = Chunk::default();
    let mut has_description = false;
    compact.fields(|compact, id, kind| {
        match id {
            1 => chunk.is_elsewhere |= !compact.text(kind)?.is_empty(),
            3 => {
                has_description = true;
                let [mut codec, mut size, mut data] = [None; 3];
                compact.fields(|compact, id, kind| {
                    let value = match id {
                        4 => &mut codec,
                        7 => &mut size,
                        9 => &mut data,
                        11 => &mut chunk.dictionary,
                        _ => return Ok(false),
                    };
                    *value = Some(compact.integer(kind)?);
                    Ok(true)
                })?;
                let missing = "a column does not say where its values are";
                chunk.codec = i32::try_from(codec.ok_or(missing)?).unwrap_or(i32::MAX);
                (chunk.size, chunk.data) = (size.ok_or(missing)?, data.ok_or(missing)?);
            }
            8 => {
                chunk.is_elsewhere = true;
                return Ok(false);
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    match has_description || chunk.is_elsewhere {
        true => Ok(chunk),
        false => Err("a column does not say where its values are"),
    }
}

//! The columns of a file.

use super::footer::{Footer, Logical, SchemaPart};
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor, ColumnPath, Type};
use std::sync::Arc;

/// A column of the file: a part of the schema that has values.
#[derive(Debug, Clone)]
pub(in crate::table) struct Leaf {
    /// Its name, or of a nested one that of the column it is a part of.
    pub(in crate::table) name: String,
    /// What it holds; `None` of one that is nested, or of a type that contradicts itself.
    pub(in crate::table) kind: Option<ColumnDescPtr>,
    /// Whether it is a part of another column, or has several values a row.
    pub(in crate::table) is_nested: bool,
}

/// The number of the logical type of decimals.
const DECIMAL: i16 = 5;
/// No table nests its columns so deeply.
const DEEPEST: usize = 64;

/// The columns in the order in which groups of rows have them.
pub(in crate::table) fn leaves(footer: &Footer) -> Result<Vec<Leaf>, &'static str> {
    let (root, parts) = footer.schema.split_first().ok_or("there is no schema")?;
    let mut leaves = Vec::new();
    // The parts that the open groups are still to have, the outermost first.
    let mut open = vec![children(root)?];
    let mut top = "";
    for part in parts {
        while open.last() == Some(&0) {
            open.pop();
        }
        let left = open
            .last_mut()
            .ok_or("the schema has a part that belongs nowhere")?;
        *left -= 1;
        let is_top = open.len() == 1;
        if is_top {
            top = &part.name;
        }
        if part.physical.is_some() && children(part)? == 0 {
            let is_repeated = part.repetition == Some(2);
            leaves.push(Leaf {
                name: top.to_owned(),
                kind: if is_top && !is_repeated {
                    descriptor(part)
                } else {
                    None
                },
                is_nested: !is_top || is_repeated,
            });
            continue;
        }
        open.push(children(part)?);
        if open.len() > DEEPEST {
            return Err("its columns are nested too deeply");
        }
    }
    match open.iter().all(|&left| left == 0) {
        true => Ok(leaves),
        false => Err("the schema has fewer parts than it says"),
    }
}

fn children(part: &SchemaPart) -> Result<usize, &'static str> {
    usize::try_from(part.children.unwrap_or(0)).map_err(|_| "a part of the schema has fewer than 0 columns")
}

/// The description of a column that is no part of another; `None` where it contradicts itself.
fn descriptor(part: &SchemaPart) -> Option<ColumnDescPtr> {
    let physical = match part.physical? {
        0 => Physical::BOOLEAN,
        1 => Physical::INT32,
        2 => Physical::INT64,
        3 => Physical::INT96,
        4 => Physical::FLOAT,
        5 => Physical::DOUBLE,
        6 => Physical::BYTE_ARRAY,
        7 => Physical::FIXED_LEN_BYTE_ARRAY,
        _ => return None,
    };
    let (repetition, depth) = match part.repetition {
        Some(1) => (Repetition::OPTIONAL, 1),
        _ => (Repetition::REQUIRED, 0),
    };
    let logical = part.logical.map(logical_type);
    let length = part.length.unwrap_or(-1);
    let decimal = part.logical.filter(|logical| logical.number == DECIMAL);
    let scale = part.scale.or(decimal.map(|decimal| decimal.first));
    let precision = part.precision.or(decimal.map(|decimal| decimal.second));
    if physical == Physical::FIXED_LEN_BYTE_ARRAY && length < 1 {
        return None;
    }
    let with = |logical: Option<LogicalType>, converted: ConvertedType| {
        Type::primitive_type_builder(&part.name, physical)
            .with_repetition(repetition)
            .with_length(length)
            .with_converted_type(converted)
            .with_scale(scale.unwrap_or(-1))
            .with_precision(precision.unwrap_or(-1))
            .with_id(part.id)
            .with_logical_type(logical)
            .build()
            .ok()
    };
    let converted = part.converted.map_or(ConvertedType::NONE, converted_type);
    // Of two types that contradict each other the newer one counts.
    let kind = with(logical.clone(), converted)
        .or_else(|| with(Some(logical?), ConvertedType::NONE))
        .map(Arc::new)?;
    let path = ColumnPath::new(vec![part.name.clone()]);
    Some(Arc::new(ColumnDescriptor::new(kind, depth, 0, path)))
}

fn logical_type(logical: Logical) -> LogicalType {
    let Logical { first, second, .. } = logical;
    let unit = match second {
        1 => TimeUnit::MILLIS,
        2 => TimeUnit::MICROS,
        _ => TimeUnit::NANOS,
    };
    match logical.number {
        1 => LogicalType::String,
        2 => LogicalType::Map,
        3 => LogicalType::List,
        4 => LogicalType::Enum,
        DECIMAL => LogicalType::decimal(first, second),
        6 => LogicalType::Date,
        7 => LogicalType::time(first == 1, unit),
        8 => LogicalType::timestamp(first == 1, unit),
        10 => LogicalType::integer(i8::try_from(first).unwrap_or(0), second == 1),
        11 => LogicalType::Unknown,
        12 => LogicalType::Json,
        13 => LogicalType::Bson,
        14 => LogicalType::Uuid,
        15 => LogicalType::Float16,
        17 => LogicalType::geometry(None),
        18 => LogicalType::geography(None, None),
        field_id => LogicalType::_Unknown { field_id },
    }
}

fn converted_type(number: i32) -> ConvertedType {
    use ConvertedType as Kind;
    const KINDS: [ConvertedType; 22] = [
        Kind::UTF8,
        Kind::MAP,
        Kind::MAP_KEY_VALUE,
        Kind::LIST,
        Kind::ENUM,
        Kind::DECIMAL,
        Kind::DATE,
        Kind::TIME_MILLIS,
        Kind::TIME_MICROS,
        Kind::TIMESTAMP_MILLIS,
        Kind::TIMESTAMP_MICROS,
        Kind::UINT_8,
        Kind::UINT_16,
        Kind::UINT_32,
        Kind::UINT_64,
        Kind::INT_8,
        Kind::INT_16,
        Kind::INT_32,
        Kind::INT_64,
        Kind::JSON,
        Kind::BSON,
        Kind::INTERVAL,
    ];
    let known = usize::try_from(number).ok().and_then(|number| KINDS.get(number));
    known.copied().unwrap_or(Kind::NONE)
}

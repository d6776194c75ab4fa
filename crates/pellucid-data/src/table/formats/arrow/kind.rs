//! The types of Arrow's columns.

use super::Damage;
use crate::files::Budget;
use crate::table::columns::ColumnKind;
use crate::table::type_text::MOST_DECIMALS;
use polars_arrow_format::ipc::planus::{self, Vector};
use polars_arrow_format::ipc::{DateUnit, FieldRef, IntRef, Precision, TimeUnit, TypeRef, UnionMode};

/// A column, or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The number of the dictionary that holds its values, of which each row has the index.
    pub(super) dictionary: Option<i64>,
    /// How those are stored.
    pub(super) index: Kind,
    pub(super) children: Vec<Field>,
}

/// What the values are, and how they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    /// Bytes of a value, and whether it has a sign.
    Integer(usize, bool),
    /// Bytes of a value.
    Float(usize),
    /// Bytes of a value, and digits after the point.
    Decimal(usize, usize),
    /// Text, whose offsets have so many bytes.
    Text(usize),
    /// Text in several pieces.
    TextView,
    /// Bytes of a value: 4 of days, 8 of milliseconds.
    Date(usize),
    /// Bytes of a value, and digits of a second after the point.
    Time(usize, usize),
    /// Digits of a second after the point, and whether it is in UTC.
    Timestamp(usize, bool),
    /// What cannot be a feature: the number of its buffers, whether there are some more, and what it is.
    Other(usize, Views, &'static str),
}

/// Whether the values are in some more buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Views {
    No,
    Yes,
}

impl Field {
    /// What the values are, or what they are that cannot be a feature.
    pub(super) fn values(&self) -> Result<Kind, &'static str> {
        match self.kind {
            Kind::Other(_, _, found) => Err(found),
            Kind::Null => Err("without any value"),
            kind => Ok(kind),
        }
    }
}

impl Kind {
    pub(super) fn column_kind(self) -> ColumnKind {
        match self {
            Kind::Boolean => ColumnKind::Boolean,
            Kind::Text(_) | Kind::TextView | Kind::Date(_) | Kind::Time(..) | Kind::Timestamp(..) => {
                ColumnKind::Category
            }
            _ => ColumnKind::Number,
        }
    }
}

const NESTED: &str = "nested (a list, map or struct)";
/// Fields may lie within each other; a file that nests them deeper than this was made to harm.
const DEEPEST: usize = 64;

/// The fields of a schema, or of a field.
pub(super) fn fields_of(
    fields: Option<Vector<'_, planus::Result<FieldRef<'_>>>>,
    depth: usize,
    budget: &Budget,
) -> Result<Vec<Field>, Damage> {
    if depth > DEEPEST {
        return Err("its columns are nested too deeply".into());
    }
    fields
        .into_iter()
        .flatten()
        .map(|field| field_of(field?, depth, budget))
        .collect()
}

fn field_of(field: FieldRef<'_>, depth: usize, budget: &Budget) -> Result<Field, Damage> {
    let name = field.name()?.unwrap_or_default();
    // Several may be the same bytes of the file.
    budget.spend((size_of::<Field>() + name.len()) as u64)?;
    let dictionary = field.dictionary()?;
    let index = match &dictionary {
        Some(dictionary) => dictionary
            .index_type()?
            .map_or(Ok(Kind::Integer(4, true)), integer)?,
        None => Kind::Null,
    };
    Ok(Field {
        name: name.to_owned(),
        kind: kind_of(field.type_()?.ok_or("a column has no type")?)?,
        dictionary: dictionary.map(|dictionary| dictionary.id()).transpose()?,
        index,
        children: fields_of(field.children()?, depth + 1, budget)?,
    })
}

fn kind_of(kind: TypeRef<'_>) -> Result<Kind, Damage> {
    Ok(match kind {
        TypeRef::Null(_) => Kind::Null,
        TypeRef::Bool(_) => Kind::Boolean,
        TypeRef::Int(of) => integer(of)?,
        TypeRef::FloatingPoint(of) => Kind::Float(match of.precision()? {
            Precision::Half => 2,
            Precision::Single => 4,
            Precision::Double => 8,
        }),
        TypeRef::Decimal(of) => match usize::try_from(of.scale()?) {
            Ok(scale @ ..=MOST_DECIMALS) => Kind::Decimal(bytes(of.bit_width()?)?, scale),
            _ => Kind::Other(2, Views::No, "decimal numbers of a scale below 0, or too large"),
        },
        TypeRef::Utf8(_) => Kind::Text(4),
        TypeRef::LargeUtf8(_) => Kind::Text(8),
        TypeRef::Utf8View(_) => Kind::TextView,
        TypeRef::Date(of) => Kind::Date(match of.unit()? {
            DateUnit::Day => 4,
            DateUnit::Millisecond => 8,
        }),
        TypeRef::Time(of) => match bytes(of.bit_width()?)? {
            size @ (4 | 8) => Kind::Time(size, digits(of.unit()?)),
            _ => return Err("times have 32 or 64 bits".into()),
        },
        TypeRef::Timestamp(of) => Kind::Timestamp(digits(of.unit()?), of.timezone()?.is_some()),
        TypeRef::Duration(_) => Kind::Integer(8, true),
        TypeRef::Interval(_) => Kind::Other(2, Views::No, "intervals of months, days and nanoseconds"),
        TypeRef::FixedSizeBinary(_) => Kind::Other(2, Views::No, "binary data"),
        TypeRef::Binary(_) | TypeRef::LargeBinary(_) => Kind::Other(3, Views::No, "binary data"),
        TypeRef::BinaryView(_) => Kind::Other(2, Views::Yes, "binary data"),
        TypeRef::List(_) | TypeRef::LargeList(_) | TypeRef::Map(_) => Kind::Other(2, Views::No, NESTED),
        TypeRef::ListView(_) | TypeRef::LargeListView(_) => Kind::Other(3, Views::No, NESTED),
        TypeRef::FixedSizeList(_) | TypeRef::Struct(_) => Kind::Other(1, Views::No, NESTED),
        TypeRef::RunEndEncoded(_) => Kind::Other(0, Views::No, "encoded by lengths of runs"),
        TypeRef::Union(of) => match of.mode()? {
            UnionMode::Sparse => Kind::Other(1, Views::No, "of several types"),
            UnionMode::Dense => Kind::Other(2, Views::No, "of several types"),
        },
    })
}

fn integer(of: IntRef<'_>) -> Result<Kind, Damage> {
    match bytes(of.bit_width()?)? {
        size @ (1 | 2 | 4 | 8) => Ok(Kind::Integer(size, of.is_signed()?)),
        _ => Err("integers have 8 to 64 bits".into()),
    }
}

fn bytes(bits: i32) -> Result<usize, Damage> {
    match bits {
        8 | 16 | 32 | 64 | 128 | 256 => Ok(bits as usize / 8),
        _ => Err("a number has a number of bits that none has".into()),
    }
}

fn digits(unit: TimeUnit) -> usize {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

//! Parquet files of one column and one page, byte by byte, of which every promise can be a lie.

use super::alone;
use super::crafted::require_all;
use crate::readers;
use pellucid_data::{ReadOptions, TableSource, read_table};

/// What a file says.
#[derive(Clone, Copy)]
struct Promises<'a> {
    /// The number of the type of the values.
    physical: i64,
    encoding: i64,
    codec: i64,
    rows: i64,
    /// The values that the page says it has.
    values: i64,
    /// The size that the page says it has unpacked; its own by default.
    size: Option<i64>,
    body: &'a [u8],
}

const STRINGS: Promises<'static> = Promises {
    physical: 6,
    encoding: 0,
    codec: 0,
    rows: 2,
    values: 2,
    size: None,
    body: b"\x01\0\0\0a\x02\0\0\0bc",
};
const DOUBLE: i64 = 5;
const BOOLEAN: i64 = 0;
const RUNS: i64 = 3;
const DIFFERENCES: i64 = 5;
const LENGTHS: i64 = 6;
const FRONTS: i64 = 7;
const DICTIONARY: i64 = 8;
const STREAMS: i64 = 9;
const SNAPPY: i64 = 1;
const ZSTANDARD: i64 = 6;

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A field of Thrift's compact protocol: a whole number, after so many other fields.
fn number(header: u8, number: i64) -> Vec<u8> {
    [
        vec![header],
        varint(((number << 1) ^ (number >> 63)).cast_unsigned()),
    ]
    .concat()
}

fn file(promises: Promises<'_>) -> Vec<u8> {
    let Promises {
        physical, rows, body, ..
    } = promises;
    let size = promises.size.unwrap_or(body.len() as i64);
    let header = [
        number(0x15, 0),
        number(0x15, size),
        number(0x15, body.len() as i64),
        vec![0x2c],
        number(0x15, promises.values),
        number(0x15, promises.encoding),
        vec![0, 0],
    ]
    .concat();
    let chunk = header.len() + body.len();
    let footer = [
        number(0x15, 1),
        // The table, and its column.
        vec![0x19, 0x2c, 0x48, 1, b't'],
        number(0x15, 1),
        vec![0],
        number(0x15, physical),
        number(0x25, 0),
        vec![0x18, 1, b's', 0],
        number(0x16, rows),
        // A group of rows of one column.
        vec![0x19, 0x1c, 0x19, 0x1c, 0x3c],
        number(0x45, promises.codec),
        number(0x36, chunk as i64),
        number(0x26, 4),
        vec![0, 0],
        number(0x26, rows),
        vec![0, 0],
    ]
    .concat();
    let length = (footer.len() as u32).to_le_bytes();
    [&b"PAR1"[..], &header, body, &footer, &length, b"PAR1"].concat()
}

#[test]
fn what_is_true_is_read() {
    let _alone = alone();
    let source = |bytes: Vec<u8>| TableSource::Memory {
        name: "t".into(),
        bytes: bytes.into(),
    };
    let table = read_table(&source(file(STRINGS)), &ReadOptions::default()).unwrap();
    assert_eq!((table.rows(), table.columns[0].name.as_str()), (2, "s"));
    let differences = Promises {
        physical: 2,
        encoding: DIFFERENCES,
        // A block of 128 numbers in 4 parts, 2 numbers, the first 3, and a difference of 2 in no bits.
        body: &[0x80, 1, 4, 2, 6, 4, 0, 0, 0, 0],
        ..STRINGS
    };
    let table = read_table(&source(file(differences)), &ReadOptions::default()).unwrap();
    let expected = pellucid_data::Values::Numbers(vec![3.0, 5.0]);
    assert_eq!(table.columns[0].values, expected);
}

#[test]
fn what_is_not_is_refused() {
    let _alone = alone();
    let many = i64::from(i32::MAX);
    let blocks = [varint(1 << 31), varint(1), varint(1 << 30), varint(0)].concat();
    let zeros = zstd::encode_all(&vec![0_u8; 64 << 20][..], 3).unwrap();
    let files = [
        (
            "more rows than values",
            Promises {
                rows: i64::MAX,
                ..STRINGS
            },
        ),
        (
            "more values than bytes",
            Promises {
                values: many,
                rows: many,
                ..STRINGS
            },
        ),
        ("rows below 0", Promises { rows: -1, ..STRINGS }),
        (
            "values below 0",
            Promises {
                values: -1,
                ..STRINGS
            },
        ),
        (
            "a size below 0",
            Promises {
                size: Some(-1),
                ..STRINGS
            },
        ),
        (
            "a type that there is not",
            Promises {
                physical: 99,
                ..STRINGS
            },
        ),
        (
            "an encoding that there is not",
            Promises {
                encoding: 77,
                ..STRINGS
            },
        ),
        ("a packing that there is not", Promises { codec: 55, ..STRINGS }),
        (
            "another size than it has",
            Promises {
                size: Some(many),
                ..STRINGS
            },
        ),
        (
            "a packed page that promises 2 GiB",
            Promises {
                codec: SNAPPY,
                size: Some(many),
                body: &[0xff, 0xff, 0xff, 0xff, 7, 0],
                ..STRINGS
            },
        ),
        (
            "a packed page of 64 MiB",
            Promises {
                physical: DOUBLE,
                codec: ZSTANDARD,
                size: Some(64 << 20),
                values: 8 << 20,
                rows: 8 << 20,
                body: &zeros,
                ..STRINGS
            },
        ),
        (
            "a run of 2^31 booleans",
            Promises {
                physical: BOOLEAN,
                encoding: RUNS,
                values: many,
                rows: many,
                body: &[6, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xf, 1],
                ..STRINGS
            },
        ),
        (
            "positions in no dictionary",
            Promises {
                encoding: DICTIONARY,
                body: &[2, 4, 1],
                ..STRINGS
            },
        ),
        (
            "positions of 200 bits",
            Promises {
                encoding: DICTIONARY,
                body: &[200, 4, 1],
                ..STRINGS
            },
        ),
        (
            "2^30 differences in no bits",
            Promises {
                physical: 2,
                encoding: DIFFERENCES,
                values: 1 << 30,
                rows: 1 << 30,
                body: &blocks,
                ..STRINGS
            },
        ),
        (
            "blocks of no parts",
            Promises {
                physical: 2,
                encoding: DIFFERENCES,
                body: &[0x80, 1, 0, 2, 6, 4],
                ..STRINGS
            },
        ),
        (
            "lengths below 0",
            Promises {
                encoding: LENGTHS,
                body: &[0x80, 1, 4, 2, 1, 3, 0, 0, 0, 0],
                ..STRINGS
            },
        ),
        (
            "values that begin as none before",
            Promises {
                encoding: FRONTS,
                body: &[0x80, 1, 4, 2, 8, 0, 0, 0, 0, 0, 0x80, 1, 4, 2, 0, 0, 0, 0, 0, 0],
                ..STRINGS
            },
        ),
        (
            "streams that are too short",
            Promises {
                physical: DOUBLE,
                encoding: STREAMS,
                body: &[0; 9],
                ..STRINGS
            },
        ),
    ];
    let files: Vec<_> = files.map(|(name, promises)| (name, file(promises))).into();
    for (name, bytes) in &files {
        let source = TableSource::Memory {
            name: (*name).into(),
            bytes: bytes.clone().into(),
        };
        let read = read_table(&source, &ReadOptions::default());
        assert!(read.is_err() || *name == "a packed page of 64 MiB", "{name}");
    }
    require_all(readers::table, &files);
}

//! Files that broke a reader once, or were made with its weak points in mind.

use super::{alone, readers, require, seeds};
use crate::readers::Reader;

pub(crate) fn require_all(reader: Reader, files: &[(&str, Vec<u8>)]) {
    for (name, bytes) in files {
        require(reader, name, bytes);
    }
}

#[test]
fn arrays_that_promise_more_than_they_hold() {
    let _alone = alone();
    let escaped = |shape: &str| {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'sh\\x61pe': {shape}}}");
        let length = (header.len() as u16).to_le_bytes();
        [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes(), &[0; 16]].concat()
    };
    let mut files = vec![
        ("an escape in a key", escaped("(12884901888,)")),
        (
            "an escape in a key, too large",
            escaped("(9223372036854775807, 3)"),
        ),
        (
            "a header of 4 GiB",
            b"\x93NUMPY\x02\x00\xf4\xff\xff\xfe{'descr': '<f8'".to_vec(),
        ),
        (
            "a product of 0",
            seeds::npy("<f8", "(0, 9223372036854775807)", &[]),
        ),
        (
            "many columns of no rows",
            seeds::npy("<f8", "(1, 4294967296)", &[0; 64]),
        ),
        (
            "a product that overflows",
            seeds::npy("|u1", "(4294967296, 4294967296, 2)", &[0; 64]),
        ),
        ("no dimension", seeds::npy("<f8", "()", &[0; 8])),
    ];
    let in_archive = |bytes: Vec<u8>| seeds::zip(&[("X.npy", bytes)]);
    let packed: Vec<_> = files
        .iter()
        .map(|(name, bytes)| (*name, in_archive(bytes.clone())))
        .collect();
    files.extend(packed);
    require_all(readers::table, &files);
}

#[test]
fn small_files_that_unpack_to_large_ones() {
    let _alone = alone();
    const LARGE: usize = 64 << 20;
    let cell = vec![b'1'; LARGE];
    let rows = b"0\n".repeat(LARGE / 2);
    let array = seeds::npy("|u1", &format!("({LARGE},)"), &vec![0; LARGE]);
    let packed = vec![
        ("one cell", seeds::gzip(&cell)),
        ("many rows", seeds::gzip(&rows)),
        ("an unclosed quote", seeds::gzip(&[b"a\n\"", &cell[..]].concat())),
        ("an array", seeds::zip(&[("X.npy", array)])),
        ("a table in an archive", seeds::zip(&[("t.csv", rows.clone())])),
        ("zstandard", zstd::encode_all(&rows[..], 3).unwrap()),
        ("gzip in gzip", seeds::gzip(&seeds::gzip(&rows))),
        (
            "gzip in an archive",
            seeds::zip(&[("t.csv.gz", seeds::gzip(&rows))]),
        ),
        (
            "images",
            seeds::gzip(&[&[0, 0, 8, 1][..], &(LARGE as u32).to_be_bytes(), &cell[..]].concat()),
        ),
    ];
    drop((cell, rows));
    require_all(readers::table, &packed);
}

#[test]
fn objects_with_keys_of_their_own() {
    let _alone = alone();
    let rows: String = (0..30_000).map(|row| format!("{{\"k{row}\":1}}\n")).collect();
    let keys: Vec<String> = (0..30_000).map(|key| format!("\"k{key}\":1")).collect();
    let nested = format!("{{\"a\":{}{}}}\n", "[".repeat(100_000), "]".repeat(100_000));
    require_all(
        readers::table,
        &[
            ("a key a row", rows.into_bytes()),
            ("many keys", format!("{{{}}}\n", keys.join(",")).into_bytes()),
            ("lists in lists", nested.into_bytes()),
            ("lists in lists without end", "[".repeat(200_000).into_bytes()),
        ],
    );
}

#[test]
fn wide_and_odd_texts() {
    let _alone = alone();
    let names: Vec<String> = (0..40_000).map(|column| format!("column {column}")).collect();
    let row = vec!["1"; 40_000].join(",");
    require_all(
        readers::table,
        &[
            (
                "wide",
                format!("{}\n{row}\n{row}\n", names.join(",")).into_bytes(),
            ),
            ("commas", vec![b','; 50_000]),
            ("quotes", vec![b'"'; 200_001]),
            ("returns", b"\r".repeat(200_000)),
            ("zeros", vec![0; 200_000]),
            (
                "a long name",
                format!("{},b\n1,2\n3,4\n", "n".repeat(300_000)).into_bytes(),
            ),
        ],
    );
}

#[test]
fn keys_of_many_parts() {
    let _alone = alone();
    let dots = vec!["a"; 60_000].join(".");
    let brackets = "[".repeat(60_000);
    for (name, text) in [
        ("dots", format!("train.{dots}=1")),
        ("dots in quotes", format!("\"train.{dots}\" = [\"1\", \"2\"]")),
        ("a header of dots", format!("[{dots}]\na = 1")),
        ("brackets", format!("train.epochs={brackets}")),
        ("braces", format!("train.loss={}", "{a=".repeat(60_000))),
        ("dots in braces", format!("train.loss={{{dots}=1}}")),
    ] {
        let text = text.into_bytes();
        for reader in [readers::recipe as Reader, readers::settings, readers::space] {
            require_all(reader, &[(name, text.clone())]);
        }
    }
}

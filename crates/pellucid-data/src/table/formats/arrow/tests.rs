use crate::table::{ReadOptions, Table, Values, read_table};
use std::path::PathBuf;

fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(file(name)).unwrap()
}

fn read(path: PathBuf) -> Result<Table, String> {
    read_table(&path.into(), &ReadOptions::default()).map_err(|error| error.to_string())
}

fn read_bytes(bytes: &[u8]) -> Result<Table, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    std::fs::write(&path, bytes).unwrap();
    read(path)
}

/// The rows of a column as text.
fn texts(table: &Table, name: &str) -> Vec<String> {
    match &table.column(name).unwrap_or_else(|| panic!("{name}")).values {
        Values::Numbers(numbers) => numbers.iter().map(ToString::to_string).collect(),
        Values::Categories(words) | Values::Booleans(words) => (0..words.codes.len())
            .map(|row| words.get(row).unwrap_or("-").to_owned())
            .collect(),
    }
}

const FILES: [&str; 4] = [
    "arrow_plain.arrow",
    "arrow_lz4.arrow",
    "arrow_zstd.arrow",
    "arrow_stream.arrows",
];

#[test]
fn every_type_is_read_from_files_and_streams() {
    let words = ["a", "-", "a word of more than 12 bytes", "a", "é"];
    let days = [
        "2024-02-28",
        "2024-02-29",
        "2024-03-01",
        "2024-03-02",
        "2024-03-03",
    ];
    for name in FILES {
        let table = read(file(name)).unwrap();
        let whole = |first: u64| -> Vec<String> { (0..5).map(|row| (first + row).to_string()).collect() };
        assert_eq!(texts(&table, "int64"), whole(9_007_199_254_740_993), "{name}");
        assert_eq!(texts(&table, "uint64")[4], (u64::MAX - 4).to_string());
        assert_eq!(texts(&table, "int8"), ["-3", "NaN", "1", "2", "3"]);
        assert_eq!(texts(&table, "f16"), ["0.5", "1.5", "NaN", "-2", "0"]);
        assert_eq!(texts(&table, "f32"), ["0.5", "NaN", "2.5", "3.5", "4.5"]);
        assert_eq!(texts(&table, "f64"), ["0.1", "0.2", "0.3", "0.4", "NaN"]);
        assert_eq!(texts(&table, "decimal"), ["0.25", "1.25", "2.25", "3.25", "4.25"]);
        assert_eq!(
            texts(&table, "decimal256"),
            ["-0.25", "-1.25", "-2.25", "-3.25", "-4.25"]
        );
        assert_eq!(texts(&table, "boolean"), ["true", "false", "-", "true", "false"]);
        assert_eq!(texts(&table, "date"), days);
        assert_eq!(texts(&table, "date64"), days);
        assert_eq!(texts(&table, "time")[4], "14:30:00");
        assert_eq!(
            texts(&table, "seconds")[..2],
            ["2024-02-28T23:30:00", "2024-02-29T00:30:00"]
        );
        assert_eq!(texts(&table, "nanoseconds")[4], "2024-02-29T03:30:00Z");
        assert_eq!(texts(&table, "duration"), ["0", "1000", "2000", "3000", "4000"]);
        for column in ["text", "large", "view", "dictionary"] {
            assert_eq!(texts(&table, column), words, "{name}: {column}");
        }
        assert_eq!(texts(&table, "last"), ["0", "1", "2", "3", "4"]);
        let left_out = ["nothing", "list", "struct", "binary", "binary_view", "runs"];
        assert_eq!(table.left_out, left_out);
        assert!(
            table.notes[1].contains("\"list\" is left out: it is nested"),
            "{:?}",
            table.notes
        );
    }
}

/// A cut or a changed byte is an error or another table, never a panic.
#[test]
fn damaged_files_are_refused() {
    for name in FILES {
        let whole = bytes(name);
        for length in (1..whole.len()).step_by(37) {
            if let Err(message) = read_bytes(&whole[..length]) {
                assert!(!message.is_empty());
            }
        }
        for at in (0..whole.len()).step_by(3) {
            for change in [0xff, 0x80, 0x01] {
                let mut changed = whole.clone();
                changed[at] ^= change;
                drop(read_bytes(&changed));
            }
        }
    }
    let message = read_bytes(&bytes(FILES[0])[..3000]).unwrap_err();
    assert!(message.contains("not a complete Arrow file"), "{message}");
}

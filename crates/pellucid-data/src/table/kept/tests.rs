use super::*;
use crate::files::OutputFile;
use crate::table::{ReadOptions, TableChunks, TableWriter};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

const SCHEMA: &str = "message table {
    required int64 account;
    optional int64 seen (TIMESTAMP(NANOS,true));
    optional fixed_len_byte_array(9) price (DECIMAL(20,2));
    optional boolean paid;
    optional binary zip (STRING);
    optional int32 born (DATE);
    required double x;
}";
const KEPT: [&str; 6] = ["account", "seen", "price", "paid", "zip", "born"];
const FIRST: i64 = 9_007_199_254_740_993;

/// Five rows; each kept column but the first is missing in the second.
fn typed(path: &Path) {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut file = SerializedFileWriter::new(File::create(path).unwrap(), schema, properties).unwrap();
    let mut group = file.next_row_group().unwrap();
    let levels: Option<&[i16]> = Some(&[1, 0, 1, 1, 1]);
    macro_rules! column {
        ($type:ident, $values:expr, $levels:expr) => {
            let mut column = group.next_column().unwrap().unwrap();
            column
                .typed::<$type>()
                .write_batch(&$values, $levels, None)
                .unwrap();
            column.close().unwrap();
        };
    }
    column!(Int64Type, [0, 2, 4, 6, 8].map(|more| FIRST + more), None);
    column!(
        Int64Type,
        [0, 1, 2, 3].map(|more| 1_700_000_000_000_000_000 + more),
        levels
    );
    let price = |cents: i128| ByteArray::from(cents.to_be_bytes()[7..].to_vec()).into();
    column!(
        FixedLenByteArrayType,
        [150, -5, 12_345_678_901_234_567_890, 0].map(price),
        levels
    );
    column!(BoolType, [true, false, true, false], levels);
    column!(
        ByteArrayType,
        ["00501", "NA", "", "x, y"].map(ByteArray::from),
        levels
    );
    column!(Int32Type, [0, -1, 19_782, 1], levels);
    column!(DoubleType, [0.0, 1.0, 2.0, 3.0, 4.0], None);
    group.close().unwrap();
    file.close().unwrap();
}

/// Copies the kept columns of a table, two rows at a time.
fn copy(from: &Path, to: &Path, kept: &[&str]) {
    let kept: Vec<String> = kept.iter().map(|&name| name.to_owned()).collect();
    let expected = [("x".to_owned(), ColumnKind::Number)];
    let chunks = TableChunks::open(&from.into(), &ReadOptions::default(), &expected, 2).unwrap();
    let mut chunks = chunks.keeping(&kept).unwrap();
    let mut writer = TableWriter::new(OutputFile::prepare(to).unwrap());
    while let Some(chunk) = chunks.next() {
        let table = chunk.unwrap();
        writer.write_beside(&chunks.take_kept(), &table).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn typed_values_keep_their_types_values_and_nulls() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
    typed(&from);
    copy(&from, &to, &KEPT);
    let [from, to] = [&from, &to].map(|path| SerializedFileReader::new(File::open(path).unwrap()).unwrap());
    let types = |file: &SerializedFileReader<File>, column| {
        file.metadata()
            .file_metadata()
            .schema_descr()
            .column(column)
            .self_type_ptr()
    };
    for (column, name) in KEPT.iter().enumerate() {
        assert_eq!(types(&from, column), types(&to, column), "{name}");
    }
    let rows = |file: &SerializedFileReader<File>| -> Vec<Vec<String>> {
        let rows = file.get_row_iter(None).unwrap().map(Result::unwrap);
        rows.map(|row| {
            row.get_column_iter()
                .map(|(_, field)| format!("{field:?}"))
                .take(6)
                .collect()
        })
        .collect()
    };
    assert_eq!(rows(&from), rows(&to));
    assert_eq!(rows(&to)[0][0], format!("Long({FIRST})"));
    assert_eq!(rows(&to)[1][1], "Null");
}

#[test]
fn typed_values_become_text_with_every_digit() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("a.parquet"), folder.path().join("b.csv"));
    typed(&from);
    copy(&from, &to, &KEPT);
    assert_eq!(
        fs::read_to_string(to).unwrap(),
        "account,seen,price,paid,zip,born,x\n\
         9007199254740993,2023-11-14T22:13:20Z,1.50,true,00501,1970-01-01,0\n\
         9007199254740995,,,,,,1\n\
         9007199254740997,2023-11-14T22:13:20.000000001Z,-0.05,false,NA,1969-12-31,2\n\
         9007199254740999,2023-11-14T22:13:20.000000002Z,123456789012345678.90,true,,2024-02-29,3\n\
         9007199254741001,2023-11-14T22:13:20.000000003Z,0.00,false,\"x, y\",1970-01-02,4\n"
    );
}

#[test]
fn text_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = "zip,account,price,note,x\n\
                00501,9007199254740993,1.50,NA,1\n\
                02134,9007199254740995,+2,\" a, b\",2\n\
                ?,1e3,007,,3\n";
    fs::write(path("a.csv"), text.replace('\n', "\r\n")).unwrap();
    let kept = ["zip", "account", "price", "note"];
    copy(&path("a.csv"), &path("b.csv"), &kept);
    assert_eq!(fs::read_to_string(path("b.csv")).unwrap(), text);
    // As strings in Parquet, where an empty text is null.
    copy(&path("a.csv"), &path("c.parquet"), &kept);
    copy(&path("c.parquet"), &path("d.csv"), &kept);
    assert_eq!(fs::read_to_string(path("d.csv")).unwrap(), text);
}

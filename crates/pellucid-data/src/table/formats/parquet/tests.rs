use super::super::super::{ColumnKind, ReadOptions, Table, TableChunks, TableSource, Values, read_table};
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{
    ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type, Int96,
    Int96Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

const SCHEMA: &str = "message table {
    required int32 day (DATE);
    optional int64 at (TIMESTAMP(MILLIS, true));
    required int96 old;
    required int64 price (DECIMAL(10, 2));
    required fixed_len_byte_array(2) wide (DECIMAL(4, 1));
    required fixed_len_byte_array(3) raw;
    optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
    required binary label (UTF8);
}";

/// Two rows of each type.
fn written(compression: Compression) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let text = |text: &str| ByteArray::from(text);
    let fixed = |bytes: &[u8]| FixedLenByteArray::from(ByteArray::from(bytes.to_vec()));
    let mut noon = Int96::new();
    noon.set_data(0, 0, 2_440_589);
    for column in 0.. {
        let Some(mut writer) = group.next_column().unwrap() else {
            break;
        };
        match column {
            0 => writer.typed::<Int32Type>().write_batch(&[0, 19_782], None, None),
            1 => writer
                .typed::<Int64Type>()
                .write_batch(&[1_500], Some(&[0, 1]), None),
            2 => writer.typed::<Int96Type>().write_batch(&[noon, noon], None, None),
            3 => writer.typed::<Int64Type>().write_batch(&[-5, 1_250], None, None),
            4 => (writer.typed::<FixedLenByteArrayType>()).write_batch(
                &[fixed(&[0xff, 0xf6]), fixed(&[0, 15])],
                None,
                None,
            ),
            5 => (writer.typed::<FixedLenByteArrayType>()).write_batch(
                &[fixed(b"abc"), fixed(b"def")],
                None,
                None,
            ),
            6 => (writer.typed::<ByteArrayType>()).write_batch(
                &[text("u"), text("v")],
                Some(&[3, 3]),
                Some(&[0, 0]),
            ),
            _ => (writer.typed::<ByteArrayType>()).write_batch(&[text("a"), text("b")], None, None),
        }
        .unwrap();
        writer.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

fn words(table: &Table, name: &str) -> Vec<String> {
    let Some(Values::Categories(words)) = table.column(name).map(|column| &column.values) else {
        panic!("{name} is not words");
    };
    (0..table.rows())
        .map(|row| words.get(row).unwrap_or("missing").to_owned())
        .collect()
}

#[test]
fn every_type_in_every_compression() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        std::fs::write(&path, written(compression)).unwrap();
        let source = TableSource::from(&path);
        let table = read_table(&source, &ReadOptions::default()).unwrap();
        assert_eq!(
            table.names(),
            ["day", "at", "old", "price", "wide", "label"],
            "{compression:?}"
        );
        assert_eq!(words(&table, "day"), ["1970-01-01", "2024-02-29"]);
        assert_eq!(words(&table, "at"), ["missing", "1970-01-01T00:00:01.500Z"]);
        assert_eq!(words(&table, "old"), ["1970-01-02T00:00:00"; 2]);
        assert_eq!(
            table.column("price").unwrap().values,
            Values::Numbers(vec![-0.05, 12.5])
        );
        assert_eq!(
            table.column("wide").unwrap().values,
            Values::Numbers(vec![-1.0, 1.5])
        );
        assert_eq!(words(&table, "label"), ["a", "b"]);
        assert_eq!(table.left_out, ["raw", "tags"]);
        let notes = table.notes.join("; ");
        assert!(
            notes.contains("column \"raw\" is left out: it is binary data"),
            "{notes}"
        );
        assert!(
            notes.contains("column \"tags\" is left out: it is nested"),
            "{notes}"
        );

        let expected = [("label".to_owned(), ColumnKind::Category)];
        let mut chunks = TableChunks::open(&source, &ReadOptions::default(), &expected, 1).unwrap();
        assert_eq!(
            chunks.names(),
            ["day", "at", "old", "price", "wide", "raw", "label"]
        );
        assert_eq!(
            chunks
                .by_ref()
                .map(|chunk| words(&chunk.unwrap(), "label").concat())
                .collect::<String>(),
            "ab"
        );
        let error = TableChunks::open(
            &source,
            &ReadOptions::default(),
            &[("tags".to_owned(), ColumnKind::Number)],
            1,
        );
        assert!(error.is_err_and(|error| error.to_string().contains("no column \"tags\"")));
    }
}

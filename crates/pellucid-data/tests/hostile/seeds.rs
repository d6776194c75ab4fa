//! A small valid file of each format, made here.

use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int32Type,
    Int64Type, Int96, Int96Type,
};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use pellucid_data::load_builtin;
use pellucid_data::training::{Plan, Preset, TrainingRequest};
use std::io::{Cursor, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

pub(crate) const CSV: &str = "id,size,colour,when,open\n1,1.5,\"a, b\",2024-02-29,yes\n2,-3e8,\"say \"\"x\"\"\",2023-01-31,no\n\
                              3,,red,2022-12-24,yes\n004,7,NA,2021-05-05,no\n";

pub(crate) fn tables() -> Vec<(&'static str, Vec<u8>)> {
    let mut seeds = vec![
        ("csv", CSV.as_bytes().to_vec()),
        ("csv with semicolons", b"a;b\n1,5;x\n2,25;y\n3,0;z\n".to_vec()),
        ("text with blanks", b"# of x\n1  2 a\n3 4  b\n5 6 c\n".to_vec()),
        (
            "utf-16",
            CSV.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("latin-1", b"name,x\nJos\xe9,1\nZo\xeb,2\nAnn,3\n".to_vec()),
        (
            "json lines",
            b"{\"a\":1,\"b\":\"x\"}\n{\"a\":2.5,\"b\":null,\"c\":true}\n{\"a\":9007199254740993,\"d\":[1,{}]}\n".to_vec(),
        ),
        ("json array", b"[{\"a\":1,\"b\":\"\\u00e9\"},{\"a\":-2e3,\"b\":\"y\"}]".to_vec()),
        ("npy", npy("<f8", "(2, 3)", &1.5_f64.to_le_bytes().repeat(6))),
        ("npy of integers", npy("<i8", "(3,)", &i64::MAX.to_le_bytes().repeat(3))),
        ("npz", zip(&[("X.npy", npy("<f4", "(2, 2)", &[0; 16])), ("y.npy", npy("|b1", "(2,)", &[1, 0]))])),
        ("zip", zip(&[("t.csv", CSV.as_bytes().to_vec())])),
        ("idx", [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2][..], &[1, 2, 3, 4, 5, 6, 7, 8]].concat()),
        ("gzip", gzip(CSV.as_bytes())),
        ("bzip2", bzip2(CSV.as_bytes())),
        ("zstandard", zstd::encode_all(CSV.as_bytes(), 3).unwrap()),
    ];
    seeds.extend(ARROW.map(|(name, bytes)| (name, bytes.to_vec())));
    for (name, properties) in [
        (
            "parquet",
            WriterProperties::builder().set_compression(Compression::UNCOMPRESSED),
        ),
        (
            "parquet in runs",
            WriterProperties::builder()
                .set_compression(Compression::UNCOMPRESSED)
                .set_writer_version(WriterVersion::PARQUET_2_0)
                .set_dictionary_enabled(false),
        ),
        (
            "parquet in streams",
            WriterProperties::builder()
                .set_compression(Compression::UNCOMPRESSED)
                .set_dictionary_enabled(false)
                .set_column_encoding("x".into(), Encoding::BYTE_STREAM_SPLIT)
                .set_column_encoding("n".into(), Encoding::DELTA_BINARY_PACKED)
                .set_column_encoding("w".into(), Encoding::DELTA_LENGTH_BYTE_ARRAY),
        ),
        (
            "parquet by snappy",
            WriterProperties::builder().set_compression(Compression::SNAPPY),
        ),
        (
            "parquet by gzip",
            WriterProperties::builder().set_compression(Compression::GZIP(GzipLevel::default())),
        ),
        (
            "parquet by brotli",
            WriterProperties::builder().set_compression(Compression::BROTLI(BrotliLevel::default())),
        ),
        (
            "parquet by lz4",
            WriterProperties::builder().set_compression(Compression::LZ4),
        ),
        (
            "parquet by lz4 raw",
            WriterProperties::builder().set_compression(Compression::LZ4_RAW),
        ),
        (
            "parquet by zstandard",
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())),
        ),
    ] {
        seeds.push((name, parquet(properties.build())));
    }
    seeds
}

/// As `golden/make_arrow.py` wrote them.
const ARROW: [(&str, &[u8]); 4] = [
    ("arrow", include_bytes!("../golden/arrow_plain.arrow")),
    ("arrow by lz4", include_bytes!("../golden/arrow_lz4.arrow")),
    ("arrow by zstandard", include_bytes!("../golden/arrow_zstd.arrow")),
    ("arrow stream", include_bytes!("../golden/arrow_stream.arrows")),
];

pub(crate) fn npy(element: &str, shape: &str, body: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{element}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes(), body].concat()
}

pub(crate) fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(contents).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Five rows of every type, in two groups.
fn parquet(properties: WriterProperties) -> Vec<u8> {
    const SCHEMA: &str = "message table {
        required int32 day (DATE);
        optional int64 n;
        required int96 old;
        optional double x;
        required fixed_len_byte_array(2) wide (DECIMAL(4, 1));
        optional binary w (UTF8);
        required boolean flag;
        optional group tags (LIST) { repeated group list { optional binary element (UTF8); } }
    }";
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let words = ["north", "northern", "south", "north"].map(ByteArray::from);
    let fixed = [[0xff, 0xf6], [0, 15], [0, 16], [1, 0], [0, 0]]
        .map(|bytes| FixedLenByteArray::from(ByteArray::from(bytes.to_vec())));
    let mut noon = Int96::new();
    noon.set_data(0, 0, 2_440_589);
    let levels: Option<&[i16]> = Some(&[1, 0, 1, 1, 1]);
    for _ in 0..2 {
        let mut group = writer.next_row_group().unwrap();
        for column in 0.. {
            let Some(mut writer) = group.next_column().unwrap() else {
                break;
            };
            match column {
                0 => writer
                    .typed::<Int32Type>()
                    .write_batch(&[0, 19_782, 5, 7, 9], None, None),
                1 => writer
                    .typed::<Int64Type>()
                    .write_batch(&[1, -9, 1 << 60, 7], levels, None),
                2 => writer.typed::<Int96Type>().write_batch(&[noon; 5], None, None),
                3 => writer
                    .typed::<DoubleType>()
                    .write_batch(&[0.5, -1e300, 3.0, 0.0], levels, None),
                4 => writer
                    .typed::<FixedLenByteArrayType>()
                    .write_batch(&fixed, None, None),
                5 => writer.typed::<ByteArrayType>().write_batch(&words, levels, None),
                6 => writer
                    .typed::<BoolType>()
                    .write_batch(&[true, false, true, true, false], None, None),
                _ => writer.typed::<ByteArrayType>().write_batch(
                    &words[..2],
                    Some(&[3, 3, 0, 0, 0]),
                    Some(&[0; 5]),
                ),
            }
            .unwrap();
            writer.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

/// Models of tables with features of every kind, of classes and of numbers.
pub(crate) fn models() -> Vec<(&'static str, Vec<u8>)> {
    let small = |preset, target: &str| {
        let mut request = TrainingRequest {
            epochs: Some(1),
            hidden: Some(vec![3]),
            preset: Some(preset),
            ..TrainingRequest::default()
        };
        request.columns.target = vec![target.into()];
        request
    };
    let trained = |table: &pellucid_data::Table, request: &TrainingRequest| {
        let plan = Plan::new(table, request).unwrap();
        let trained = plan.train(None, NonZeroUsize::MIN, &mut ()).unwrap();
        trained.into_model().to_bytes(Path::new("seed")).unwrap()
    };
    let iris = load_builtin("iris", 0).unwrap();
    let diabetes = load_builtin("diabetes", 0).unwrap();
    let ensemble = TrainingRequest {
        ensemble: Some(2),
        ..small(Preset::Realmlp, "species")
    };
    vec![
        (
            "model of classes",
            trained(&iris, &small(Preset::Plain, "species")),
        ),
        (
            "model of numbers",
            trained(&diabetes, &small(Preset::RealmlpS, "progression")),
        ),
        ("model of an ensemble", trained(&iris, &ensemble)),
    ]
}

pub(crate) const RECIPE: &str = r#"title = "a test"
[data]
source = "inline"
inputs = [[0.0, 1.0], [1.0, 1.0]]
targets = [[1.0], [0.0]]
[network]
layers = [2, 3, 1]
activation = ["tanh", "sigmoid"]
[init]
method = "uniform"
low = -0.5
high = 0.5
[train]
loss = { name = "huber", delta = 1.5 }
optimizer = { name = "adam", beta1 = 0.8 }
schedule = "cosine"
learning_rate = 0.1
epochs = 3
batch_size = "full"
"#;

pub(crate) const SETTINGS: &str = "train.learning_rate=0.3\ntrain.optimizer=sgd\ntrain.optimizer.name=\"adam\"\n\
    network.activation=[tanh, sigmoid]\ntrain.loss={name = huber, delta = 2}\nlog.metrics=[accuracy]\n";

pub(crate) const SPACE: &str = "hidden = [[64], [128, 64]]\nactivation = [\"relu\", \"tanh\"]\n[train]\n\
    learning_rate = { log = [1e-4, 1e-1] }\nbatch_size = { log_integer = [16, 256] }\noptimizer = [\"adam\", \"sgd\"]\n";

//! What reads bytes that others wrote. `fuzz/` calls the same functions.

use pellucid::Recipe;
use pellucid_data::model_file::Model;
use pellucid_data::tuning::Space;
use pellucid_data::{
    Categories, Column, ColumnKind, MaxExpansion, ReadOptions, Table, TableChunks, TableSource, Values,
    change_recipe, describe, read_table, training,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// Reads bytes, which may be refused, but no more.
pub(crate) type Reader = fn(&[u8]);

/// Less than the default, so that tests see what grows with it.
const LIMIT: MaxExpansion = MaxExpansion {
    ratio: 10,
    floor: 2 << 20,
};

/// As a table: whole, and some rows at a time with every column repeated.
pub(crate) fn table(bytes: &[u8]) {
    let source = TableSource::Memory {
        name: "hostile".into(),
        bytes: Arc::from(bytes),
    };
    let options = ReadOptions {
        max_expansion: LIMIT,
        ..ReadOptions::default()
    };
    let Ok(table) = read_table(&source, &options) else {
        return;
    };
    describe(&table);
    let expected: Vec<(String, ColumnKind)> = table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.values.kind()))
        .collect();
    drop(table);
    let Ok(chunks) = TableChunks::open(&source, &options, &expected, 1000) else {
        return;
    };
    let names = chunks.names();
    let Ok(mut chunks) = chunks.keeping(&names) else {
        return;
    };
    while let Some(Ok(_)) = chunks.next() {
        chunks.take_kept();
    }
}

/// As a model, also with the checksum that the bytes should have; what is read predicts.
pub(crate) fn model(bytes: &[u8]) {
    let path = Path::new("hostile");
    _ = Model::from_bytes(bytes, path);
    let Some(mended) = with_checksum(bytes) else {
        return;
    };
    let Ok(model) = Model::from_bytes(&mended, path) else {
        return;
    };
    let Some(preparation) = &model.preparation else {
        return;
    };
    let table = three_rows(&preparation.expected_columns());
    _ = training::predict_where_possible(
        &model.networks(),
        preparation,
        &table,
        &[0, 1, 2],
        NonZeroUsize::MIN,
    );
    _ = model.calibrated.half_widths(preparation.target(), 0.9, "hostile");
}

/// As a recipe.
pub(crate) fn recipe(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        _ = Recipe::from_toml(text, "hostile").map(|recipe| recipe.validate());
    }
}

/// As settings of a recipe, one a line: those of `--set`, and the keys of `--unset`.
pub(crate) fn settings(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let lines: Vec<String> = text.lines().take(20).map(str::to_owned).collect();
    for (set, unset) in [(lines.as_slice(), &[][..]), (&[], lines.as_slice())] {
        if let Ok(mut recipe) = Recipe::built_in("xor-sgd") {
            _ = change_recipe(&mut recipe, set, unset);
        }
    }
}

/// As the space of a search: a file, and lines of `--vary`.
pub(crate) fn space(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        _ = Space::from_toml(text, "hostile");
        let lines: Vec<&str> = text.lines().take(20).collect();
        _ = Space::from_lines(&lines);
    }
}

/// Rows of these columns: usual values, very large ones, and missing ones.
fn three_rows(expected: &[(String, ColumnKind)]) -> Table {
    let column = |(name, kind): &(String, ColumnKind)| Column {
        name: name.clone(),
        values: match kind {
            ColumnKind::Number => Values::Numbers(vec![1.5, -1e300, f64::NAN]),
            ColumnKind::Category => Values::Categories(Categories {
                names: vec!["1".into(), "a".into()],
                codes: vec![0, 1, Categories::MISSING],
            }),
            ColumnKind::Boolean => Values::Booleans(Categories {
                names: vec!["no".into(), "yes".into()],
                codes: vec![0, 1, Categories::MISSING],
            }),
        },
    };
    Table {
        source: "hostile".into(),
        first_row: 0,
        columns: expected.iter().map(column).collect(),
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
    }
}

/// A model's bytes with the checksum that they should have, by the rule that `model_file` documents.
fn with_checksum(bytes: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (header, data) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let mut header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
    let texts = header.get("__metadata__")?.as_object()?;
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    let texts: BTreeMap<&String, &str> = texts
        .iter()
        .filter_map(|(key, value)| Some((key, value.as_str()?)))
        .collect();
    for (key, value) in texts.iter().filter(|(key, _)| **key != "sha256") {
        add(key.as_bytes());
        add(value.as_bytes());
    }
    for (name, tensor) in header.iter().filter(|(name, _)| *name != "__metadata__") {
        let end = |at: usize| usize::try_from(tensor.get("data_offsets")?.get(at)?.as_u64()?).ok();
        add(name.as_bytes());
        add(data.get(end(0)?..end(1)?)?);
    }
    let checksum: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let texts = header.get_mut("__metadata__")?.as_object_mut()?;
    texts.insert("sha256".into(), checksum.into());
    let header = serde_json::to_vec(&header).ok()?;
    Some([&(header.len() as u64).to_le_bytes()[..], &header, data].concat())
}

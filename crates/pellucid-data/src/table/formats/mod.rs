//! The table formats, a file each.

mod delimiter;
mod idx;
mod numpy;
mod parquet;
mod text;

use super::format::Format;
use std::path::Path;

/// All formats, in the order in which they are tried on a file. Text is last: it takes everything.
const FORMATS: [&dyn Format; 5] = [&parquet::Parquet, &numpy::Npy, &numpy::Npz, &idx::Idx, TEXT];
const TEXT: &dyn Format = &text::Text;

/// The format of a file that begins with `prefix`.
pub(super) fn recognise(prefix: &[u8]) -> &'static dyn Format {
    let found = FORMATS.into_iter().find(|format| format.recognises(prefix));
    found.unwrap_or(TEXT)
}

/// The format in which a file of this name is written: text unless the extension is that of another.
pub(super) fn for_path(path: &Path) -> &'static dyn Format {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    let found = FORMATS
        .into_iter()
        .find(|format| format.extensions().contains(&extension));
    found.unwrap_or(TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_in_the_documentation() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tables.md");
        let page = std::fs::read_to_string(path).unwrap();
        for format in FORMATS {
            let (name, row) = (format.name(), format!("\n| {} |", format.name()));
            assert!(
                page.contains(&row),
                "docs/tables.md, \"What is read\": add a row that begins with | {name} |"
            );
        }
    }
}

//! Zip archives: of one file, of NumPy's arrays, and workbooks.

use crate::files::FileError;
use std::io::{Cursor, Read};
use std::path::Path;

/// Whether the bytes begin a zip archive.
pub(super) fn is_archive(prefix: &[u8]) -> bool {
    matches!(prefix, [b'P', b'K', 3 | 5, 4 | 6, ..])
}

/// The contents of an archive's only file; `None` for an archive of arrays, and for one that cannot be opened, of which the
/// reader of arrays says more.
pub(super) fn only_member(bytes: &[u8], path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    const SHOWN: usize = 4;
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return Ok(None);
    };
    let mut files: Vec<(usize, String)> = Vec::new();
    for index in 0..archive.len() {
        let Ok(file) = archive.by_index_raw(index) else {
            return Ok(None);
        };
        let Ok(name) = file.name().map(std::borrow::Cow::into_owned) else {
            return Ok(None);
        };
        // Folders, and what macOS adds.
        if !name.ends_with('/') && !name.starts_with("__MACOSX/") && !name.ends_with(".DS_Store") {
            files.push((index, name));
        }
    }
    let has = |suffix: &str| files.iter().any(|(_, name)| name.ends_with(suffix));
    let refused = |problem: String| Err(FileError::contents(path, problem));
    if has(".npy") {
        return Ok(None);
    }
    if has("[Content_Types].xml") || has("content.xml") {
        let what = match (
            has("xl/workbook.xml") || has("xl/workbook.bin"),
            has("content.xml"),
        ) {
            (true, _) => "an Excel workbook",
            (false, true) => "an OpenDocument file, as a workbook of LibreOffice is",
            (false, false) => "an Office document",
        };
        return refused(format!("{what}, which is not read; save the sheet as CSV"));
    }
    match files.as_slice() {
        [] => refused("the zip archive has no files".into()),
        [(index, name)] => {
            let mut contents = Vec::new();
            let read = archive
                .by_index(*index)
                .map_err(|error| error.to_string())
                .and_then(|mut file| file.read_to_end(&mut contents).map_err(|error| error.to_string()));
            match read {
                Ok(_) => Ok(Some(contents)),
                Err(reason) => refused(format!(
                    "{name:?} in the zip archive cannot be unpacked ({reason}); unpack it, or pack it again"
                )),
            }
        }
        files => {
            let names: Vec<String> = files.iter().take(SHOWN).map(|(_, name)| name.clone()).collect();
            let more = if files.len() > SHOWN { ", …" } else { "" };
            refused(format!(
                "a zip archive of {} files ({}{more}); unpack it, and give the one that is the table",
                files.len(),
                names.join(", ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn member(files: &[&str]) -> Result<Option<Vec<u8>>, String> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in files {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(b"a,b\n1,2\n").unwrap();
        }
        let bytes = writer.finish().unwrap().into_inner();
        assert!(is_archive(&bytes));
        only_member(&bytes, Path::new("t.zip")).map_err(|error| error.to_string())
    }

    #[test]
    fn an_archive_is_its_only_file_or_is_refused_by_what_it_is() {
        for files in [&["data/t.csv"][..], &["t.csv", "__MACOSX/._t.csv"]] {
            assert_eq!(member(files).unwrap().unwrap(), b"a,b\n1,2\n");
        }
        assert_eq!(member(&["X.npy", "y.npy"]), Ok(None));
        for (files, expected) in [
            (&["a.csv", "b.csv"][..], "2 files (a.csv, b.csv); unpack it"),
            (
                &["[Content_Types].xml", "xl/workbook.xml"],
                "an Excel workbook, which is not read; save the sheet as CSV",
            ),
            (&["mimetype", "content.xml"], "OpenDocument"),
            (&[], "has no files"),
        ] {
            let refused = member(files).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
    }
}

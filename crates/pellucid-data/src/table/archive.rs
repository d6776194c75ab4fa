//! Zip archives: of one file, of NumPy's arrays, and workbooks.

use super::zip_archive::{Member, ZipArchive, ZipFault};
use crate::files::{Budget, FileError};
use std::path::Path;

/// Whether the bytes begin a zip archive.
pub(super) fn is_archive(prefix: &[u8]) -> bool {
    matches!(prefix, [b'P', b'K', 3 | 5, 4 | 6, ..])
}

/// The contents of an archive's only file; `None` for an archive of arrays, and for one that cannot be opened, of which the
/// reader of arrays says more.
pub(super) fn only_member(bytes: &[u8], path: &Path, budget: &Budget) -> Result<Option<Vec<u8>>, FileError> {
    const SHOWN: usize = 4;
    let Ok(archive) = ZipArchive::new(bytes) else {
        return Ok(None);
    };
    // Folders, and what macOS adds.
    let is_other =
        |name: &str| name.ends_with('/') || name.starts_with("__MACOSX/") || name.ends_with(".DS_Store");
    let files = archive.members.iter().filter(|member| !is_other(&member.name));
    let files: Vec<&Member> = files.collect();
    let has = |suffix: &str| files.iter().any(|file| file.name.ends_with(suffix));
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
        [file] => match archive.unpacked(file, budget) {
            Ok(contents) => Ok(Some(contents)),
            Err(ZipFault::File(error)) => Err(error),
            Err(ZipFault::Damaged(reason)) => refused(format!(
                "{:?} in the zip archive cannot be unpacked ({reason}); unpack it, or pack it again",
                file.name
            )),
        },
        files => {
            let names: Vec<String> = files.iter().take(SHOWN).map(|file| file.name.clone()).collect();
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
    use crate::files::MaxExpansion;
    use std::io::{Cursor, Write};

    fn member(files: &[&str]) -> Result<Option<Vec<u8>>, String> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in files {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(b"a,b\n1,2\n").unwrap();
        }
        let bytes = writer.finish().unwrap().into_inner();
        assert!(is_archive(&bytes));
        let path = Path::new("t.zip");
        let budget = Budget::new(path, 0, MaxExpansion::default());
        only_member(&bytes, path, &budget).map_err(|error| error.to_string())
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

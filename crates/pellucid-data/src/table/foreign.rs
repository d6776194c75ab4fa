//! Files of formats that are not read, named for what they are.

const AS_CSV: &str = "save the table as CSV";
const AS_PARQUET: &str = "write the table as CSV or Parquet";
const UNPACK: &str = "unpack it first";

/// The first bytes of known formats, what they are, and what to do.
const BINARY: [(&[u8], &str, &str); 21] = [
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an Excel workbook of the old format",
        "save the sheet as CSV",
    ),
    (
        b"SQLite format 3\0",
        "an SQLite database",
        "export the table: sqlite3 -header -csv FILE 'SELECT * FROM …'",
    ),
    (b"FEA1", "a Feather file of version 1", AS_PARQUET),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", AS_PARQUET),
    (b"CDF\x01", "a NetCDF file", AS_PARQUET),
    (b"CDF\x02", "a NetCDF file", AS_PARQUET),
    (
        b"MATLAB 5.0 MAT-file",
        "a MATLAB file",
        "write the table with `writetable`",
    ),
    (b"$FL2", "an SPSS file", AS_CSV),
    (b"<stata_dta>", "a Stata file", AS_CSV),
    (b"RDX", "an R data file", "write the table with `write.csv`"),
    (b"X\n\0\0\0", "an R data file", "write the table with `write.csv`"),
    (b"ORC", "an ORC file", AS_PARQUET),
    (b"Obj\x01", "an Avro file", AS_PARQUET),
    (b"%PDF-", "a PDF document", AS_CSV),
    (
        b"\x89PNG\r\n",
        "a PNG picture",
        "images are read as IDX or NumPy arrays",
    ),
    (
        b"\xff\xd8\xff",
        "a JPEG picture",
        "images are read as IDX or NumPy arrays",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (b"\x04\x22\x4d\x18", "an LZ4 stream", UNPACK),
    (b"\x1f\x9d", "a stream packed with compress", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard stream", UNPACK),
];

/// What a file that begins with these bytes is, and what to do, if it is of a known format that is not read.
pub(super) fn foreign_format(start: &[u8]) -> Option<String> {
    let told = |what: &str, advice: &str| Some(format!("{what}, which is not read; {advice}"));
    if let Some((_, what, advice)) = BINARY.iter().find(|(magic, ..)| start.starts_with(magic)) {
        // Where a word begins like a short one of them, text follows.
        let is_text = start
            .iter()
            .take(64)
            .all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
        if !is_text || start.starts_with(b"%PDF-") || start.starts_with(b"<stata") {
            return told(what, advice);
        }
    }
    if let [0x80, 2..=5, _, ..] = start {
        return told("a Python pickle", "write the table with `to_csv` or `to_parquet`");
    }
    if start.get(257..262) == Some(b"ustar") {
        return told("a tar archive", UNPACK);
    }
    let text = start
        .strip_prefix("\u{feff}".as_bytes())
        .unwrap_or(start)
        .trim_ascii_start();
    let begins = |word: &[u8]| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins(b"<!doctype html") || begins(b"<html") {
        return told(
            "a page of the Web (HTML)",
            "download the table itself, or save it as CSV",
        );
    }
    if begins(b"<?xml") {
        return told("an XML document", AS_CSV);
    }
    // Comments of ARFF begin with %.
    let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"%"))?;
    let is_relation = first
        .get(..9)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"@relation"));
    match is_relation {
        true => told("an ARFF file, as Weka writes", AS_CSV),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_are_not_read() {
        for (start, expected) in [
            (&b"SQLite format 3\0\x10\0"[..], "an SQLite database"),
            (b"FEA1\0\0\xff\xff\xff\xff", "a Feather file of version 1"),
            (b"\x89HDF\r\n\x1a\n\0", "an HDF5 file"),
            (b"\x80\x04\x95\x10\0", "a Python pickle"),
            (
                b"% a comment\n\n@RELATION iris\n@attribute x real\n@data\n1\n",
                "an ARFF file",
            ),
            (b"\n<!DOCTYPE html>\n<html>", "a page of the Web"),
            (b"%PDF-1.7\n", "a PDF document"),
        ] {
            let found = foreign_format(start).unwrap();
            assert!(
                found.starts_with(expected) && found.contains("not read; "),
                "{found}"
            );
        }
        for text in [
            "ORC,HUMAN\n1,2\n",
            "RDX;x\n1;2\n",
            "% x\na,b\n1,2\n",
            "a,b\n@relation,1\n",
            "\u{80}",
            "",
        ] {
            assert_eq!(foreign_format(text.as_bytes()), None, "{text}");
        }
    }
}

//! Files of text that are read whole: recipes, search spaces, the states of searches.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// The most bytes of a recipe and of a search space: some hundred times what a large one has.
const LARGEST_TEXT: u64 = 64 << 20;

/// Reads a file of text that is a regular file or a pipe, and no larger than 64 MiB.
///
/// # Errors
/// It cannot be opened or read, is of another kind, too large, or not UTF-8.
pub fn read_small_text(path: &Path) -> io::Result<String> {
    read_text_within(path, LARGEST_TEXT)
}

/// The same for a file of at most `most` bytes.
pub(crate) fn read_text_within(path: &Path, most: u64) -> io::Result<String> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if let Some(kind) = other_kind(&metadata) {
        return Err(io::Error::other(format!("it is {kind}; give the name of a file")));
    }
    let too_large = || {
        let most = most >> 20;
        Err(io::Error::other(format!(
            "it is larger than {most} MiB, more than any such file is"
        )))
    };
    if metadata.len() > most {
        return too_large();
    }
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return too_large();
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::other(format!("it is not text: byte {} is not UTF-8", at + 1))
    })
}

/// What a file is, if it is neither a regular file nor a pipe.
pub(crate) fn other_kind(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
    }
    kind.is_dir().then_some("a folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_files_and_pipes_of_text_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, "a = 1").unwrap();
        assert_eq!(read_small_text(&path).unwrap(), "a = 1");
        std::fs::write(&path, b"a = \xff").unwrap();
        let says = |path: &Path| read_small_text(path).unwrap_err().to_string();
        assert_eq!(says(&path), "it is not text: byte 5 is not UTF-8");
        // A sparse file: nothing is written.
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(LARGEST_TEXT + 1)
            .unwrap();
        assert_eq!(
            says(&path),
            "it is larger than 64 MiB, more than any such file is"
        );
        assert!(says(folder.path()).contains("folder"), "{}", says(folder.path()));
        assert_eq!(
            read_small_text(&folder.path().join("no")).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        #[cfg(unix)]
        for device in ["/dev/zero", "/dev/full", "/dev/null"] {
            assert_eq!(says(Path::new(device)), "it is a device; give the name of a file");
        }
    }
}

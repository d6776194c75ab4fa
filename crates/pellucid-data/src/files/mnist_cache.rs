//! MNIST from the user's cache folder, downloaded where it is not there.
//!
//! The cache holds the files unpacked: 55 MB instead of 11, which saves the tenth of a second that unpacking takes. For
//! the same reason the SHA-256 is compared when a file is downloaded, before it gets its name, and afterwards the XXH64
//! each time it is read. A damaged file is downloaded again.

use super::cache_folder::{cache_folder, unusable};
use super::download::{self, Contents, DownloadProgress, KnownFile, Progress};
use super::error::FileError;
use super::mnist::{Mnist, read_mnist, spellings};
use std::env;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use ureq::Agent;

/// The four files as Y. LeCun, C. Cortes and C. Burges published them.
const FILES: [KnownFile<'static>; 4] = [
    KnownFile {
        name: "train-images-idx3-ubyte",
        bytes: 47_040_016,
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        xxh64: 0x89ed_70b3_d058_232f,
    },
    KnownFile {
        name: "train-labels-idx1-ubyte",
        bytes: 60_008,
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        xxh64: 0x1f66_8b70_a51a_09f5,
    },
    KnownFile {
        name: "t10k-images-idx3-ubyte",
        bytes: 7_840_016,
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        xxh64: 0x62bd_ad5a_9629_ee21,
    },
    KnownFile {
        name: "t10k-labels-idx1-ubyte",
        bytes: 10_008,
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        xxh64: 0x4f1d_6dd9_5920_a1f9,
    },
];

const MIRRORS: [&str; 2] = [
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist",
];

/// Reads MNIST from the user's cache, and downloads it first if it is not there.
///
/// The folder is `mnist` in [`cache_folder`](crate::cache_folder()). Files put there by hand, packed or not, are used;
/// others are downloaded from public mirrors, or from those that the environment variable `PELLUCID_MNIST_MIRROR`
/// names: one or more addresses separated by spaces, below which lie `train-images-idx3-ubyte.gz` and so on. A
/// download that broke off is continued, and each file's SHA-256 is compared before it is used. A file of the cache that
/// turns out damaged is downloaded anew. Several processes may do this at the same time: one downloads, the others wait
/// for it.
///
/// # Errors
///
/// No mirror serves (the message names them with their reasons, and says where to put the files by hand), the folder
/// cannot be written, or as [`read_mnist`].
pub fn read_cached_mnist(progress: &mut dyn FnMut(DownloadProgress<'_>)) -> Result<Mnist, FileError> {
    MnistCache::for_user()?.read(progress)
}

struct MnistCache<'a> {
    folder: PathBuf,
    files: &'a [KnownFile<'a>],
    mirrors: Vec<String>,
    agent: Agent,
}

impl MnistCache<'static> {
    fn for_user() -> Result<Self, FileError> {
        let mirrors = match env::var_os("PELLUCID_MNIST_MIRROR") {
            Some(named) if !named.is_empty() => mirrors_named(&named.to_string_lossy())?,
            _ => MIRRORS.map(str::to_owned).to_vec(),
        };
        Ok(Self {
            folder: cache_folder()?.join("mnist"),
            files: &FILES,
            mirrors,
            agent: download::agent(),
        })
    }
}

impl MnistCache<'_> {
    fn read(&self, progress: Progress<'_>) -> Result<Mnist, FileError> {
        self.complete(progress)?;
        read_mnist(&self.folder)
    }

    /// Makes sure that all files are there.
    fn complete(&self, progress: Progress<'_>) -> Result<(), FileError> {
        // The usual case, which a folder that may only be read allows too.
        if self.files.iter().all(|file| file.is_intact(&self.folder)) {
            return Ok(());
        }
        let failed = |reason: std::io::Error| unusable(format!("{}: {reason}", self.folder.display()));
        fs::create_dir_all(&self.folder).map_err(failed)?;
        // The lock ends with the file's handle, however the process ends; the empty file itself stays, because
        // removing it would let two processes hold a lock on different files.
        let lock = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(self.folder.join(".lock"))
            .map_err(failed)?;
        self.wait_for(&lock, progress);
        for &file in self.files {
            // Another process may have downloaded it meanwhile.
            if !file.is_intact(&self.folder) && !self.take_other_spelling(file)? {
                self.download(file, progress)?;
            }
        }
        Ok(())
    }

    /// Takes a file put here by hand, packed or under another name, if it is the right one.
    fn take_other_spelling(&self, file: KnownFile<'_>) -> Result<bool, FileError> {
        for name in &spellings(file.name) {
            let path = self.folder.join(name);
            if path.is_file()
                && let Contents::Known(bytes) = download::examine(&path, file)?
            {
                download::keep(&bytes, file, &self.folder, &file.part_path(&self.folder))?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn download(&self, file: KnownFile<'_>, progress: Progress<'_>) -> Result<(), FileError> {
        download::download(&self.agent, file, &self.mirrors, &self.folder, progress)?.map_err(|attempts| {
            let all_files: Vec<String> = self.files.iter().map(KnownFile::packed_name).collect();
            FileError::Unavailable(format!(
                "cannot download {}:\n  {}\nIs there a network? Otherwise put {} by hand into {}, name a folder that \
                 holds them with --data, or name another mirror in PELLUCID_MNIST_MIRROR.",
                file.packed_name(),
                attempts.join("\n  "),
                all_files.join(", "),
                self.folder.display()
            ))
        })
    }

    /// Waits until no other process downloads into this folder, and reports its progress.
    fn wait_for(&self, lock: &File, progress: Progress<'_>) {
        // Any other error: the file system has no locks. Then the SHA-256 alone guards the files.
        while let Err(TryLockError::WouldBlock) = lock.try_lock() {
            if let Some(file) = self.files.iter().find(|file| !file.has_length(&self.folder)) {
                progress(DownloadProgress {
                    file: &file.packed_name(),
                    bytes: download::length(&file.part_path(&self.folder)),
                    total: None,
                });
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

fn mirrors_named(text: &str) -> Result<Vec<String>, FileError> {
    let mirrors: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let address = |mirror: &String| mirror.starts_with("https://") || mirror.starts_with("http://");
    if mirrors.is_empty() || !mirrors.iter().all(address) {
        return Err(FileError::Unavailable(format!(
            "PELLUCID_MNIST_MIRROR: expected one or more addresses that begin with https:// or http://, separated by \
             spaces, found {text:?}"
        )));
    }
    Ok(mirrors)
}

#[cfg(test)]
mod tests;

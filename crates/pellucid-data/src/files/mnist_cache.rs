//! MNIST from the user's cache folder, downloaded where it is not there.
//!
//! The cache holds the files unpacked: 55 MB instead of 11, which saves the tenth of a second that unpacking takes. For
//! the same reason the SHA-256 is compared when a file is downloaded, before it gets its name, and afterwards only its
//! length. If reading then fails all the same, the SHA-256 decides whether the file is downloaded again.

use super::cache_folder::cache_folder;
use super::download::{self, Contents, DownloadError, DownloadProgress, KnownFile};
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
    },
    KnownFile {
        name: "train-labels-idx1-ubyte",
        bytes: 60_008,
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    },
    KnownFile {
        name: "t10k-images-idx3-ubyte",
        bytes: 7_840_016,
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    },
    KnownFile {
        name: "t10k-labels-idx1-ubyte",
        bytes: 10_008,
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
];

const MIRRORS: [&str; 2] = [
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "https://ossci-datasets.s3.amazonaws.com/mnist",
];

/// Makes sure that the four files of MNIST are in the user's cache, and returns their folder, which
/// [`read_mnist`] reads.
///
/// The folder is `mnist` in [`cache_folder`](crate::cache_folder()). Files put there by hand, packed or not, are used;
/// others are downloaded from public mirrors, or from those that the environment variable `PELLUCID_MNIST_MIRROR`
/// names: one or more addresses separated by spaces, below which lie `train-images-idx3-ubyte.gz` and so on. A
/// download that broke off is continued, and each file's SHA-256 is compared before it is used. Several processes may
/// do this at the same time: one downloads, the others wait for it.
///
/// # Errors
///
/// No mirror serves (the message names them with their reasons, and says where to put the files by hand), or the folder
/// cannot be written.
pub fn cached_mnist(progress: &mut dyn FnMut(DownloadProgress<'_>)) -> Result<PathBuf, DownloadError> {
    let cache = MnistCache::for_user()?;
    cache.complete(Trust::Length, progress)?;
    Ok(cache.folder)
}

/// Reads MNIST from the user's cache, after [`cached_mnist`]. A file of the cache that turns out damaged is downloaded
/// anew.
///
/// # Errors
///
/// As [`cached_mnist`] and [`read_mnist`].
pub fn read_cached_mnist(progress: &mut dyn FnMut(DownloadProgress<'_>)) -> Result<Mnist, DownloadError> {
    MnistCache::for_user()?.read(progress)
}

/// How a file that is there is checked to be the right one.
#[derive(Debug, Clone, Copy)]
enum Trust {
    Length,
    Sha256,
}

struct MnistCache<'a> {
    folder: PathBuf,
    files: &'a [KnownFile<'a>],
    mirrors: Vec<String>,
    agent: Agent,
}

impl MnistCache<'static> {
    fn for_user() -> Result<MnistCache<'static>, DownloadError> {
        let mirrors = match env::var_os("PELLUCID_MNIST_MIRROR") {
            Some(named) if !named.is_empty() => mirrors_named(&named.to_string_lossy())?,
            _ => MIRRORS.map(str::to_owned).to_vec(),
        };
        let folder = cache_folder()?.join("mnist");
        Ok(MnistCache {
            folder,
            files: &FILES,
            mirrors,
            agent: download::agent(),
        })
    }
}

impl MnistCache<'_> {
    fn read(&self, progress: &mut dyn FnMut(DownloadProgress<'_>)) -> Result<Mnist, DownloadError> {
        self.complete(Trust::Length, progress)?;
        read_mnist(&self.folder).or_else(|_| {
            self.complete(Trust::Sha256, progress)?;
            Ok(read_mnist(&self.folder)?)
        })
    }

    /// Makes sure that all files are there.
    fn complete(
        &self,
        trust: Trust,
        progress: &mut dyn FnMut(DownloadProgress<'_>),
    ) -> Result<(), DownloadError> {
        // The usual case, which a folder that may only be read allows too.
        if self.files.iter().all(|&file| self.has(file, trust)) {
            return Ok(());
        }
        let unusable = |reason: std::io::Error| DownloadError::CacheFolder {
            reason: format!("{}: {reason}", self.folder.display()),
        };
        fs::create_dir_all(&self.folder).map_err(unusable)?;
        // The lock ends with the file's handle, however the process ends; the empty file itself stays, because
        // removing it would let two processes hold a lock on different files.
        let lock = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(self.folder.join(".lock"))
            .map_err(unusable)?;
        self.wait_for(&lock, progress);
        for &file in self.files {
            // Another process may have downloaded it meanwhile.
            if !self.has(file, trust) && !self.take_other_spelling(file)? {
                self.download(file, progress)?;
            }
        }
        Ok(())
    }

    fn has(&self, file: KnownFile<'_>, trust: Trust) -> bool {
        let path = self.folder.join(file.name);
        match trust {
            Trust::Length => {
                fs::metadata(&path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == file.bytes)
            }
            Trust::Sha256 => fs::read(&path).is_ok_and(|contents| file.is(&contents)),
        }
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

    fn download(
        &self,
        file: KnownFile<'_>,
        progress: &mut dyn FnMut(DownloadProgress<'_>),
    ) -> Result<(), DownloadError> {
        download::download(&self.agent, file, &self.mirrors, &self.folder, progress)?.map_err(|attempts| {
            DownloadError::NoMirror {
                file: file.packed_name(),
                attempts,
                all_files: self.files.iter().map(KnownFile::packed_name).collect(),
                folder: self.folder.clone(),
            }
        })
    }

    /// Waits until no other process downloads into this folder, and reports its progress.
    fn wait_for(&self, lock: &File, progress: &mut dyn FnMut(DownloadProgress<'_>)) {
        // Any other error: the file system has no locks. Then the SHA-256 alone guards the files.
        while let Err(TryLockError::WouldBlock) = lock.try_lock() {
            if let Some(&file) = self.files.iter().find(|&&file| !self.has(file, Trust::Length)) {
                let bytes = fs::metadata(file.part_path(&self.folder)).map_or(0, |metadata| metadata.len());
                progress(DownloadProgress {
                    file: &file.packed_name(),
                    bytes,
                    total: None,
                });
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

fn mirrors_named(text: &str) -> Result<Vec<String>, DownloadError> {
    let mirrors: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let address = |mirror: &String| mirror.starts_with("https://") || mirror.starts_with("http://");
    if mirrors.is_empty() || !mirrors.iter().all(address) {
        let found = text.to_owned();
        return Err(DownloadError::Mirrors { found });
    }
    Ok(mirrors)
}

#[cfg(test)]
mod tests;

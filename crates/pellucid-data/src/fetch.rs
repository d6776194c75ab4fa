//! MNIST from the user's cache folder, downloaded where it is not there.
//!
//! The cache holds the files unpacked: 55 MB instead of 11, for a start that is faster by the tenth of a second
//! that unpacking takes. For the same reason the SHA-256 is compared when a file is downloaded, before it gets its
//! name, and afterwards only its length; where reading it fails all the same, the SHA-256 decides whether it is
//! downloaded anew.

use std::env;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use ureq::Agent;

use crate::cache_folder::cache_folder;
pub use crate::download::Progress;
use crate::download::{self, Contents, KnownFile};
use crate::error::{DataError, Result};
use crate::mnist::{Mnist, read_mnist, spellings};

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
/// The folder is `mnist` in [`cache_folder`](crate::cache_folder()). Files put there by hand, packed or not, are taken;
/// others are downloaded from public mirrors, or from those that the environment variable `PELLUCID_MNIST_MIRROR`
/// names: one or more addresses separated by spaces, below which lie `train-images-idx3-ubyte.gz` and so on. A
/// download that broke off is continued, and each file's SHA-256 is compared before it is used. Several processes may
/// do this at the same time: one downloads, the others wait for it.
///
/// # Errors
///
/// Where no mirror serves (the message names them with their reasons, and says where to put the files by hand), or
/// the folder cannot be written.
pub fn cached_mnist(progress: &mut dyn FnMut(Progress<'_>)) -> Result<PathBuf> {
    let cache = MnistCache::of_the_user()?;
    cache.complete(Trust::Length, progress)?;
    Ok(cache.folder)
}

/// Reads MNIST from the user's cache, after [`cached_mnist`]. A file of the cache that turns out damaged is downloaded
/// anew.
///
/// # Errors
///
/// As [`cached_mnist`] and [`read_mnist`].
pub fn read_cached_mnist(progress: &mut dyn FnMut(Progress<'_>)) -> Result<Mnist> {
    MnistCache::of_the_user()?.read(progress)
}

/// When a file that is there is taken for the right one.
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
    fn of_the_user() -> Result<MnistCache<'static>> {
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
    fn read(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Mnist> {
        self.complete(Trust::Length, progress)?;
        read_mnist(&self.folder).or_else(|_| {
            self.complete(Trust::Sha256, progress)?;
            read_mnist(&self.folder)
        })
    }

    /// Makes sure that all files are there.
    fn complete(&self, trust: Trust, progress: &mut dyn FnMut(Progress<'_>)) -> Result<()> {
        // The usual case, which a folder that may only be read allows too.
        if self.files.iter().all(|&file| self.has(file, trust)) {
            return Ok(());
        }
        let unusable = |reason| DataError::CacheFolder {
            folder: self.folder.clone(),
            reason,
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
            // Another process may have brought it meanwhile.
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
    fn take_other_spelling(&self, file: KnownFile<'_>) -> Result<bool> {
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

    fn download(&self, file: KnownFile<'_>, progress: &mut dyn FnMut(Progress<'_>)) -> Result<()> {
        download::download(&self.agent, file, &self.mirrors, &self.folder, progress)?.map_err(|attempts| {
            DataError::Download {
                file: file.packed_name(),
                attempts,
                all_files: self.files.iter().map(KnownFile::packed_name).collect(),
                folder: self.folder.clone(),
            }
        })
    }

    /// Waits until no other process downloads into this folder, and tells how far that one is.
    fn wait_for(&self, lock: &File, progress: &mut dyn FnMut(Progress<'_>)) {
        // Any other error: the file system knows no locks. Then the SHA-256 alone guards the files.
        while let Err(TryLockError::WouldBlock) = lock.try_lock() {
            if let Some(&file) = self.files.iter().find(|&&file| !self.has(file, Trust::Length)) {
                let bytes = fs::metadata(file.part_path(&self.folder)).map_or(0, |metadata| metadata.len());
                progress(Progress {
                    file: &file.packed_name(),
                    bytes,
                    total: None,
                });
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

fn mirrors_named(text: &str) -> Result<Vec<String>> {
    let mirrors: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let address = |mirror: &String| mirror.starts_with("https://") || mirror.starts_with("http://");
    if mirrors.is_empty() || !mirrors.iter().all(address) {
        return Err(DataError::BadMirror {
            found: text.to_owned(),
        });
    }
    Ok(mirrors)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sha2::{Digest, Sha256};

    use super::*;
    use crate::download::tests::{Reply, Server, deserted_address, direct_agent};
    use crate::idx::tests::gzip;
    use crate::mnist::tests::small_set;

    /// The small set with its hashes: (name, unpacked file, SHA-256).
    fn hashed_set() -> Vec<(&'static str, Vec<u8>, String)> {
        let hash = |bytes: &[u8]| {
            Sha256::digest(bytes)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        };
        small_set()
            .into_iter()
            .map(|(name, bytes)| (name, bytes.clone(), hash(&bytes)))
            .collect()
    }

    fn known<'a>(set: &'a [(&'static str, Vec<u8>, String)]) -> Vec<KnownFile<'a>> {
        set.iter()
            .map(|(name, bytes, sha256)| KnownFile {
                name,
                bytes: bytes.len() as u64,
                sha256,
            })
            .collect()
    }

    fn serve_small_set() -> Server {
        let files = small_set()
            .into_iter()
            .map(|(name, bytes)| (format!("{name}.gz"), gzip(&bytes)));
        Server::start(files.collect(), vec![Reply::Serve])
    }

    fn cache<'a>(folder: &Path, files: &'a [KnownFile<'a>], mirror: &str) -> MnistCache<'a> {
        let folder = folder.join("not yet there").join("mnist");
        MnistCache {
            folder,
            files,
            mirrors: vec![mirror.to_owned()],
            agent: direct_agent(),
        }
    }

    #[test]
    fn what_is_missing_is_downloaded_once() {
        let (set, home, server) = (hashed_set(), tempfile::tempdir().unwrap(), serve_small_set());
        let files = known(&set);
        let cache = cache(home.path(), &files, &server.address);
        let mut reported = Vec::new();
        let first = cache
            .read(&mut |progress| reported.push(progress.file.to_owned()))
            .unwrap();
        assert_eq!(first.training_labels, [7, 0, 9]);
        reported.dedup();
        assert_eq!(
            reported,
            set.iter()
                .map(|(name, ..)| format!("{name}.gz"))
                .collect::<Vec<_>>()
        );
        let second = cache
            .read(&mut |_| panic!("nothing is left to download"))
            .unwrap();
        assert_eq!(second, first);
        assert_eq!(server.offsets().len(), 4);

        fs::remove_file(cache.folder.join("t10k-images-idx3-ubyte")).unwrap();
        assert_eq!(cache.read(&mut |_| ()).unwrap(), first);
        assert_eq!(server.offsets().len(), 5);
    }

    #[test]
    fn a_file_of_the_wrong_length_or_that_cannot_be_read_is_downloaded_anew() {
        let (set, home, server) = (hashed_set(), tempfile::tempdir().unwrap(), serve_small_set());
        let files = known(&set);
        let cache = cache(home.path(), &files, &server.address);
        let good = cache.read(&mut |_| ()).unwrap();
        let labels = cache.folder.join("train-labels-idx1-ubyte");
        let mut not_a_digit = fs::read(&labels).unwrap();
        *not_a_digit.last_mut().unwrap() = 77;
        for (damaged, requests) in [(b"short".to_vec(), 5), (not_a_digit, 6)] {
            fs::write(&labels, damaged).unwrap();
            assert_eq!(cache.read(&mut |_| ()).unwrap(), good);
            assert_eq!(server.offsets().len(), requests);
        }
    }

    #[test]
    fn files_put_there_by_hand_are_taken_and_wrong_ones_left_alone() {
        let (set, home, server) = (hashed_set(), tempfile::tempdir().unwrap(), serve_small_set());
        let files = known(&set);
        let cache = cache(home.path(), &files, &server.address);
        fs::create_dir_all(&cache.folder).unwrap();
        let path = |name: &str| cache.folder.join(name);
        fs::write(path("train-images-idx3-ubyte.gz"), gzip(&set[0].1)).unwrap();
        fs::write(path("train-labels.idx1-ubyte"), &set[1].1).unwrap();
        fs::write(path("t10k-images.idx3-ubyte.gz"), gzip(&set[2].1)).unwrap();
        fs::write(path("t10k-labels-idx1-ubyte.gz"), b"something of the user's").unwrap();
        assert_eq!(cache.read(&mut |_| ()).unwrap().test_labels, [1, 2]);
        let requests = server.requests.lock().unwrap();
        assert_eq!(*requests, [("/mnist/t10k-labels-idx1-ubyte.gz".to_owned(), None)]);
        assert_eq!(
            fs::read(path("t10k-labels-idx1-ubyte.gz")).unwrap(),
            b"something of the user's"
        );
    }

    #[test]
    fn without_a_network_the_message_says_what_to_do() {
        let (set, home, nobody) = (hashed_set(), tempfile::tempdir().unwrap(), deserted_address());
        let files = known(&set);
        let cache = cache(home.path(), &files, &nobody);
        let error = cache.read(&mut |_| ()).unwrap_err().to_string();
        let folder = cache.folder.display().to_string();
        for expected in [
            nobody.as_str(),
            "train-labels-idx1-ubyte.gz",
            &folder,
            "--data",
            "PELLUCID_MNIST_MIRROR",
        ] {
            assert!(error.contains(expected), "{expected} is not in: {error}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let (set, home) = (hashed_set(), tempfile::tempdir().unwrap());
        fs::write(home.path().join("not yet there"), "a file in the way").unwrap();
        let files = known(&set);
        let error = cache(home.path(), &files, "http://unused")
            .read(&mut |_| ())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("PELLUCID_CACHE") && error.contains("not yet there"),
            "{error}"
        );
    }

    #[test]
    fn several_at_once_download_every_file_once() {
        let (set, home, server) = (hashed_set(), tempfile::tempdir().unwrap(), serve_small_set());
        let files = known(&set);
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    cache(home.path(), &files, &server.address)
                        .read(&mut |_| ())
                        .unwrap()
                });
            }
        });
        assert_eq!(server.offsets().len(), 4);
    }

    #[test]
    fn one_that_waits_tells_how_far_the_other_is() {
        let (set, home, server) = (hashed_set(), tempfile::tempdir().unwrap(), serve_small_set());
        let files = known(&set);
        let cache = cache(home.path(), &files, &server.address);
        fs::create_dir_all(&cache.folder).unwrap();
        fs::write(
            cache.folder.join("train-images-idx3-ubyte.gz.part"),
            &gzip(&set[0].1)[..20],
        )
        .unwrap();
        let other = File::create(cache.folder.join(".lock")).unwrap();
        other.lock().unwrap();
        let mut waited_at = None;
        let mut other = Some(other);
        cache
            .complete(Trust::Length, &mut |progress| {
                if other.take().is_some() {
                    waited_at = Some(progress.bytes);
                    assert!(server.offsets().is_empty());
                }
            })
            .unwrap();
        assert_eq!(waited_at, Some(20));
    }

    #[test]
    fn mirrors_are_web_addresses_separated_by_spaces() {
        assert_eq!(
            mirrors_named(" https://a/b  http://c ").unwrap(),
            ["https://a/b", "http://c"]
        );
        for wrong in [" ", "ftp://a", "https://a, b"] {
            assert!(
                mirrors_named(wrong)
                    .unwrap_err()
                    .to_string()
                    .contains("PELLUCID_MNIST_MIRROR")
            );
        }
    }

    #[test]
    #[allow(clippy::print_stderr, reason = "a skipped test says so")]
    fn the_published_files_have_the_lengths_and_hashes_written_here() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/mnist");
        if !folder.is_dir() {
            eprintln!("skipped: {} is not there", folder.display());
            return;
        }
        for file in FILES {
            let contents = download::examine(&folder.join(file.packed_name()), file).unwrap();
            assert!(matches!(contents, Contents::Known(_)), "{}", file.name);
        }
        let mnist = read_mnist(&folder).unwrap();
        assert_eq!(mnist.training_images.shape, [60_000, 28, 28]);
        assert_eq!(mnist.test_images.shape, [10_000, 28, 28]);
        // The numbers of each digit, as published with the set.
        let mut count = [0; 10];
        mnist
            .training_labels
            .iter()
            .for_each(|&label| count[usize::from(label)] += 1);
        assert_eq!(
            count,
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
        );
    }
}

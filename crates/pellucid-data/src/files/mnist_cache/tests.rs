use sha2::{Digest, Sha256};

use super::*;
use crate::files::download::tests::{Reply, Server, deserted_address, direct_agent};
use crate::files::idx::tests::gzip;
use crate::files::mnist::tests::small_set;
use std::path::Path;

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
            xxh64: twox_hash::XxHash64::oneshot(0, bytes),
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
fn a_damaged_file_is_downloaded_anew() {
    let (set, home, server) = (hashed_set(), tempfile::tempdir().unwrap(), serve_small_set());
    let files = known(&set);
    let cache = cache(home.path(), &files, &server.address);
    let good = cache.read(&mut |_| ()).unwrap();
    let labels = cache.folder.join("train-labels-idx1-ubyte");
    let mut not_a_digit = fs::read(&labels).unwrap();
    *not_a_digit.last_mut().unwrap() = 77;
    let mut another_digit = fs::read(&labels).unwrap();
    another_digit[8] ^= 1;
    for (damaged, requests) in [(b"short".to_vec(), 5), (not_a_digit, 6), (another_digit, 7)] {
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
    let (set, home, unreachable) = (hashed_set(), tempfile::tempdir().unwrap(), deserted_address());
    let files = known(&set);
    let cache = cache(home.path(), &files, &unreachable);
    let error = cache.read(&mut |_| ()).unwrap_err().to_string();
    let folder = cache.folder.display().to_string();
    for expected in [
        unreachable.as_str(),
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
fn a_waiting_process_reports_the_progress_of_the_other() {
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
        .complete(&mut |progress| {
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

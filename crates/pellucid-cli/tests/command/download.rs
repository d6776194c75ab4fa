//! MNIST without `--data`: from a cache, by a download, or with a message on what to do.

use crate::driver::{Ended, command, pellucid, shared, text};
use crate::idx_folder::{TEST_IMAGES, TEST_LABELS, TRAINING_IMAGES, TRAINING_LABELS};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::{fs, thread};

fn train_with_cache(cache: &Path, mirror: &str) -> Ended {
    let run = ["run", "mnist-online", "--epochs", "1", "--precision", "f32"];
    let output = command()
        .args(run)
        .env("PELLUCID_CACHE", cache)
        .env("PELLUCID_MNIST_MIRROR", mirror)
        .output();
    output.unwrap().into()
}

#[test]
fn without_files_and_network_the_message_says_what_to_do() {
    let cache = tempfile::tempdir().unwrap();
    let ended = train_with_cache(cache.path(), crate::driver::NO_MIRROR);
    assert_eq!(ended.status, 1);
    assert_eq!(ended.stdout, "");
    let expected = [
        "cannot download train-images-idx3-ubyte",
        "127.0.0.1:9",
        "Is there a network?",
        "--data",
        text(cache.path()),
    ];
    for part in expected {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    let quiet = pellucid(&["run", "mnist-online", "--quiet"]);
    crate::driver::assert_is_refusal(&quiet, &["mnist-online"], 1, &["cannot download"]);
}

/// Serves the files of a folder over HTTP, as long as the test's process lives.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            // A client that breaks off is none of the server's business.
            let _ = client.and_then(|client| answer(client, &folder));
        }
    });
    address
}

fn answer(mut client: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(client.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let name = request
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .trim_start_matches('/');
    match fs::read(folder.join(name)) {
        Ok(bytes) => {
            let length = bytes.len();
            write!(
                client,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            )?;
            client.write_all(&bytes)
        }
        Err(_) => write!(
            client,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    }
}

#[test]
fn files_are_downloaded_once_and_trained_on() {
    let Some(folder) = shared("data/mnist") else {
        return;
    };
    let cache = tempfile::tempdir().unwrap();
    let ended = train_with_cache(cache.path(), &serve(folder));
    assert_eq!(ended.status, 0, "{ended:?}");
    for name in [TRAINING_IMAGES, TRAINING_LABELS, TEST_IMAGES, TEST_LABELS] {
        assert!(
            ended.stderr.contains(&format!("downloading {name}")),
            "{}",
            ended.stderr
        );
    }
    assert!(
        ended.stdout.contains("Epoch 1 | mean cost 0.62"),
        "{}",
        ended.stdout
    );
    let again = train_with_cache(cache.path(), crate::driver::NO_MIRROR);
    assert_eq!((again.status, again.stdout), (0, ended.stdout));
    assert!(!again.stderr.contains("downloading"), "{}", again.stderr);
}

#[test]
fn files_of_other_content_are_not_used() {
    let folder = crate::idx_folder::IdxFolder::small();
    for name in [TRAINING_IMAGES, TRAINING_LABELS, TEST_IMAGES, TEST_LABELS] {
        fs::rename(folder.file(name), folder.file(&format!("{name}.gz"))).unwrap();
    }
    let cache = tempfile::tempdir().unwrap();
    let ended = train_with_cache(cache.path(), &serve(folder.path().to_path_buf()));
    assert_eq!((ended.status, ended.stdout.as_str()), (1, ""), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("cannot download train-images-idx3-ubyte"),
        "{}",
        ended.stderr
    );
}

use super::*;
use crate::files::idx::tests::{gzip, idx_file};

/// Three training and two test images of 2 x 2 pixels, as (name, unpacked file).
pub(crate) fn small_set() -> [(&'static str, Vec<u8>); 4] {
    [
        (
            "train-images-idx3-ubyte",
            idx_file(&[3, 2, 2], &(0..12).collect::<Vec<u8>>()),
        ),
        ("train-labels-idx1-ubyte", idx_file(&[3], &[7, 0, 9])),
        (
            "t10k-images-idx3-ubyte",
            idx_file(&[2, 2, 2], &(100..108).collect::<Vec<u8>>()),
        ),
        ("t10k-labels-idx1-ubyte", idx_file(&[2], &[1, 2])),
    ]
}

fn folder_of_small_set() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in small_set() {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn message(folder: &Path) -> String {
    read_mnist(folder).unwrap_err().to_string()
}

#[test]
fn every_spelling_is_found() {
    let expected = read_mnist(folder_of_small_set().path()).unwrap();
    assert_eq!(expected.training_images.shape, [3, 2, 2]);
    assert_eq!(expected.training_labels, [7, 0, 9]);
    assert_eq!(expected.test_images.values, (100..108).collect::<Vec<u8>>());
    assert_eq!(expected.test_labels, [1, 2]);
    for spelling in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in small_set() {
            let name = &spellings(name)[spelling];
            let bytes = if name.ends_with(".gz") {
                gzip(&bytes)
            } else {
                bytes
            };
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        assert_eq!(
            read_mnist(folder.path()).unwrap(),
            expected,
            "spelling {spelling}"
        );
    }
    assert_eq!(spellings("train-images-idx3-ubyte")[1], "train-images.idx3-ubyte");
}

#[test]
fn a_missing_file_or_folder_is_named() {
    let folder = folder_of_small_set();
    fs::remove_file(folder.path().join("t10k-labels-idx1-ubyte")).unwrap();
    let error = message(folder.path());
    assert!(error.contains("no test labels here"), "{error}");
    assert!(
        error.contains("t10k-labels-idx1-ubyte, t10k-labels.idx1-ubyte, "),
        "{error}"
    );
    assert!(message(&folder.path().join("absent")).contains("there is no such folder"));
    let error = message(&folder.path().join("t10k-images-idx3-ubyte"));
    assert!(error.contains("it is a file; expected the folder"), "{error}");
}

#[test]
fn counts_that_differ_are_both_given() {
    let folder = folder_of_small_set();
    fs::write(
        folder.path().join("train-labels-idx1-ubyte"),
        idx_file(&[4], &[1; 4]),
    )
    .unwrap();
    let error = message(folder.path());
    assert!(
        error.contains("holds 3 images") && error.contains("holds 4 labels"),
        "{error}"
    );
}

#[test]
fn a_label_that_is_no_digit_is_given_with_its_place() {
    let folder = folder_of_small_set();
    fs::write(
        folder.path().join("t10k-labels-idx1-ubyte"),
        idx_file(&[2], &[9, 10]),
    )
    .unwrap();
    let error = message(folder.path());
    assert!(
        error.contains("label 1 (counted from 0) is 10; expected 0 to 9"),
        "{error}"
    );
}

#[test]
fn swapped_images_and_labels_are_reported() {
    let folder = folder_of_small_set();
    let [_, (_, labels), (images_name, _), _] = small_set();
    fs::write(folder.path().join(images_name), labels).unwrap();
    let error = message(folder.path());
    assert!(error.contains("expected images in 3 dimensions"), "{error}");
    assert!(error.contains("found an array of 1 dimension (3)"), "{error}");
}

#[test]
fn test_images_of_another_size_are_refused() {
    let folder = folder_of_small_set();
    fs::write(
        folder.path().join("t10k-images-idx3-ubyte"),
        idx_file(&[2, 1, 2], &[0; 4]),
    )
    .unwrap();
    let error = message(folder.path());
    assert!(
        error.contains("the test images have 1 x 2 pixels, the training images 2 x 2"),
        "{error}"
    );
}

#[test]
fn a_pair_is_found_by_the_name_of_its_images() {
    let folder = folder_of_small_set();
    let (images, labels) = read_idx_pair(folder.path().join("t10k-images-idx3-ubyte")).unwrap();
    assert_eq!(images.shape, [2, 2, 2]);
    assert_eq!(labels, [1, 2]);
    // Letters: more than ten classes; packed labels beside plain images.
    let images = folder.path().join("emnist-letters-images.idx3-ubyte");
    fs::write(&images, idx_file(&[2, 1, 1], &[0, 255])).unwrap();
    fs::write(
        folder.path().join("emnist-letters-labels.idx1-ubyte.gz"),
        gzip(&idx_file(&[2], &[26, 1])),
    )
    .unwrap();
    assert_eq!(read_idx_pair(&images).unwrap().1, [26, 1]);
}

#[test]
fn a_pair_without_labels_says_what_was_sought() {
    let folder = folder_of_small_set();
    let path = |name: &str| folder.path().join(name);
    fs::remove_file(path("train-labels-idx1-ubyte")).unwrap();
    let error = read_idx_pair(path("train-images-idx3-ubyte"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("looked for train-labels-idx1-ubyte, train-labels-idx1-ubyte.gz"),
        "{error}"
    );
    let error = read_idx_pair(path("t10k-labels-idx1-ubyte"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("expected \"images\" in the file's name"),
        "{error}"
    );
}

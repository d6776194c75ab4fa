//! MNIST's files, missing or broken: one message that names the file, and nothing read that is not there.

use crate::driver::{pellucid, refused, text};
use crate::idx_folder::{IdxFolder, TEST_IMAGES, TEST_LABELS, TRAINING_IMAGES, TRAINING_LABELS, idx};
use std::fs;

#[track_caller]
fn assert_refused(folder: &IdxFolder, expected: &[&str]) {
    let run = [
        "run",
        "mnist-online",
        "--epochs",
        "1",
        "--quiet",
        "--data",
        text(folder.path()),
    ];
    refused(&run, 1, expected);
}

#[test]
fn sound_files_are_trained_on() {
    let folder = IdxFolder::small();
    let ended = pellucid(&[
        "run",
        "mnist-online",
        "--epochs",
        "2",
        "--quiet",
        "--data",
        text(folder.path()),
    ]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.stdout.contains("test data"), "{}", ended.stdout);
}

#[test]
fn a_missing_folder_or_file_is_named() {
    refused(
        &["run", "mnist-online", "--data", "no/such/folder"],
        1,
        &["no/such/folder", "no such folder"],
    );
    for (name, what) in [
        (TRAINING_IMAGES, "training images"),
        (TRAINING_LABELS, "training labels"),
        (TEST_IMAGES, "test images"),
        (TEST_LABELS, "test labels"),
    ] {
        let folder = IdxFolder::small();
        fs::remove_file(folder.file(name)).unwrap();
        assert_refused(&folder, &[text(folder.path()), what, name]);
    }
}

#[test]
fn an_empty_file_is_reported() {
    for name in [TRAINING_IMAGES, TRAINING_LABELS, TEST_IMAGES, TEST_LABELS] {
        let folder = IdxFolder::small();
        folder.put(name, b"");
        assert_refused(&folder, &[name, "empty"]);
    }
}

#[test]
fn a_truncated_file_is_reported() {
    for (name, kept) in [
        (TRAINING_IMAGES, 7),
        (TRAINING_IMAGES, 100),
        (TRAINING_LABELS, 19),
        (TEST_LABELS, 3),
    ] {
        let folder = IdxFolder::small();
        folder.put(name, &folder.bytes(name)[..kept]);
        assert_refused(
            &folder,
            &[name, "cut off", "promises"].map(|part| match (part, kept) {
                ("promises", 3 | 7) => "header",
                _ => part,
            }),
        );
    }
}

#[test]
fn a_file_with_trailing_bytes_is_reported() {
    let folder = IdxFolder::small();
    let mut bytes = folder.bytes(TEST_LABELS);
    bytes.push(1);
    folder.put(TEST_LABELS, &bytes);
    assert_refused(&folder, &[TEST_LABELS, "goes on", "offset 18"]);
}

#[test]
fn a_header_that_promises_more_than_there_is_takes_no_memory() {
    for shape in [
        [60_000, 28, 28],
        [u32::MAX as usize; 3],
        [u32::MAX as usize, 28, 28],
    ] {
        let folder = IdxFolder::small();
        folder.put(TRAINING_IMAGES, &idx(&shape, &[0; 784]));
        assert_refused(
            &folder,
            &[TRAINING_IMAGES, "header promises", &shape[0].to_string()],
        );
    }
}

#[test]
fn a_file_of_another_format_is_reported() {
    let folder = IdxFolder::small();
    folder.put(TRAINING_IMAGES, b"P5 28 28 255 and so on");
    assert_refused(&folder, &[TRAINING_IMAGES, "not an IDX file"]);
    let mut floats = folder.bytes(TEST_IMAGES);
    floats[2] = 0x0d;
    let folder = IdxFolder::small();
    folder.put(TRAINING_IMAGES, &floats);
    assert_refused(&folder, &[TRAINING_IMAGES, "0x0d", "unsigned bytes"]);
    folder.put(TRAINING_IMAGES, &idx(&[12, 0, 28], &[]));
    assert_refused(&folder, &[TRAINING_IMAGES, "size 0"]);
    folder.put(TRAINING_IMAGES, &idx(&[784 * 12], &[0; 784 * 12]));
    assert_refused(&folder, &[TRAINING_IMAGES, "dimension"]);
}

#[test]
fn a_bad_gzip_stream_is_reported() {
    let folder = IdxFolder::small();
    fs::remove_file(folder.file(TRAINING_LABELS)).unwrap();
    let packed = format!("{TRAINING_LABELS}.gz");
    folder.put(
        &packed,
        &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0xff, 0xff, 1, 2, 3, 4],
    );
    assert_refused(&folder, &[&packed, "gzip", "damaged"]);
    folder.put(&packed, &[0x1f, 0x8b, 8, 0, 0, 0]);
    assert_refused(&folder, &[&packed, "gzip", "cut off"]);
}

#[test]
fn a_label_that_is_no_digit_is_reported() {
    for value in [10, 255] {
        let folder = IdxFolder::small();
        let mut labels = folder.bytes(TRAINING_LABELS);
        labels[8 + 4] = value;
        folder.put(TRAINING_LABELS, &labels);
        assert_refused(
            &folder,
            &[TRAINING_LABELS, "label 4", &format!("is {value}"), "0 to 9"],
        );
    }
}

#[test]
fn different_counts_of_images_and_labels_are_reported() {
    let folder = IdxFolder::small();
    folder.put(TRAINING_LABELS, &idx(&[11], &[3; 11]));
    assert_refused(
        &folder,
        &[TRAINING_IMAGES, "12 images", TRAINING_LABELS, "11 labels"],
    );
}

#[test]
fn images_of_another_size_than_the_network_are_reported() {
    let folder = IdxFolder::small();
    folder.put(TEST_IMAGES, &idx(&[10, 27, 28], &[0; 27 * 28 * 10]));
    assert_refused(&folder, &[TEST_IMAGES, "27 x 28", "28 x 28"]);
    let folder = IdxFolder::small();
    let data = ["run", "mnist-online", "--data", text(folder.path())];
    refused(
        &[&data[..], &["--set", "network.layers=[785,16,10]"]].concat(),
        2,
        &["784", "785", "network.layers"],
    );
    refused(
        &[&data[..], &["--set", "network.layers=[784,16,9]"]].concat(),
        2,
        &["10", "9", "network.layers"],
    );
}

#[test]
fn an_images_file_alone_is_trained_on_with_the_labels_beside_it() {
    let folder = IdxFolder::small();
    let images = folder.file(TRAINING_IMAGES);
    let ended = pellucid(&[
        "run",
        "mnist-online",
        "--epochs",
        "1",
        "--quiet",
        "--data",
        text(&images),
    ]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(!ended.stdout.contains("test data"), "{}", ended.stdout);
    fs::remove_file(folder.file(TRAINING_LABELS)).unwrap();
    refused(
        &["run", "mnist-online", "--data", text(&images)],
        1,
        &[TRAINING_LABELS, "not beside it"],
    );
}

#[test]
fn data_for_a_recipe_that_reads_none_is_refused() {
    let run = ["run", "xor-sgd", "--data", "somewhere"];
    refused(&run, 2, &["--data = somewhere", "in the recipe itself"]);
}

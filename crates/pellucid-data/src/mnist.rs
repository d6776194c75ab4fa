//! MNIST and its kin: images in one IDX file, their labels in another.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use crate::error::{DataError, Result};
use crate::idx::{IdxArray, read_idx};

/// The classes of MNIST: the digits 0 to 9.
pub const CLASSES: u8 = 10;

/// MNIST as it was published: 60,000 training and 10,000 test images of 28 x 28 pixels, 0 for paper, 255 for ink.
/// Sets of the same form (Fashion-MNIST, Kuzushiji-MNIST) may be of other sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mnist {
    /// Shape (images, rows, columns).
    pub training_images: IdxArray,
    /// A label an image, 0 to 9.
    pub training_labels: Vec<u8>,
    /// Shape (images, rows, columns); rows and columns as those of the training images.
    pub test_images: IdxArray,
    /// A label an image, 0 to 9.
    pub test_labels: Vec<u8>,
}

/// One of the four files.
#[derive(Debug, Clone, Copy)]
struct Part {
    what: &'static str,
    name: &'static str,
}

const TRAINING_IMAGES: Part = Part {
    what: "training images",
    name: "train-images-idx3-ubyte",
};
const TRAINING_LABELS: Part = Part {
    what: "training labels",
    name: "train-labels-idx1-ubyte",
};
const TEST_IMAGES: Part = Part {
    what: "test images",
    name: "t10k-images-idx3-ubyte",
};
const TEST_LABELS: Part = Part {
    what: "test labels",
    name: "t10k-labels-idx1-ubyte",
};

/// The names under which a file of MNIST is found in the wild; `name` as in `train-images-idx3-ubyte`. Plain files
/// come first: they are read faster.
pub(crate) fn spellings(name: &str) -> [String; 4] {
    let dotted = name.replacen("-idx", ".idx", 1);
    let (packed, dotted_packed) = (format!("{name}.gz"), format!("{dotted}.gz"));
    [name.to_owned(), dotted, packed, dotted_packed]
}

/// Reads the four files of MNIST from `folder`: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, or `train-images.idx3-ubyte` and so on, each plain or
/// packed as `.gz`. The large files are read at the same time, on a thread each.
///
/// # Errors
///
/// Where a file is missing or damaged, images and labels differ in number, a label is not a digit, or the
/// test images are of another size than the training images.
pub fn read_mnist(folder: impl AsRef<Path>) -> Result<Mnist> {
    let folder = folder.as_ref();
    // All four names first: a missing file is then told before any time is spent on the others.
    let training_images_path = find(folder, TRAINING_IMAGES)?;
    let training_labels_path = find(folder, TRAINING_LABELS)?;
    let test_images_path = find(folder, TEST_IMAGES)?;
    let test_labels_path = find(folder, TEST_LABELS)?;

    let (training_images, test_images, training_labels, test_labels) = thread::scope(|scope| {
        let spawned = thread::Builder::new().spawn_scoped(scope, || read_images(&training_images_path));
        let test_images = read_images(&test_images_path);
        let training_labels = read_digits(&training_labels_path);
        let test_labels = read_digits(&test_labels_path);
        let training_images = match spawned {
            Ok(reading) => reading
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // The system has no thread to spare: read it here.
            Err(_) => read_images(&training_images_path),
        };
        (training_images, test_images, training_labels, test_labels)
    });
    let mnist = Mnist {
        training_images: training_images?,
        training_labels: training_labels?,
        test_images: test_images?,
        test_labels: test_labels?,
    };

    check_counts(
        &mnist.training_images,
        &mnist.training_labels,
        &training_images_path,
        &training_labels_path,
    )?;
    check_counts(
        &mnist.test_images,
        &mnist.test_labels,
        &test_images_path,
        &test_labels_path,
    )?;
    let (training, test) = (&mnist.training_images.shape[1..], &mnist.test_images.shape[1..]);
    if training != test {
        return Err(DataError::ImageSizeMismatch {
            path: test_images_path,
            training: training.to_vec(),
            test: test.to_vec(),
        });
    }
    Ok(mnist)
}

/// Reads the images of `images_path` and their labels from the file beside it that has the matching name: `labels`
/// for `images` and `idx1` for `idx3`, plain or packed whichever the images are.
///
/// The images have the shape (images, ...), of two dimensions or more; there is a label for each. Labels are not held
/// against a number of classes: EMNIST has up to 62.
///
/// # Errors
///
/// Where there is no such file, one of the two is damaged, or they differ in number.
pub fn read_idx_pair(images_path: impl AsRef<Path>) -> Result<(IdxArray, Vec<u8>)> {
    let images_path = images_path.as_ref();
    let names = labels_names(images_path)?;
    let images = read_idx(images_path)?;
    if images.shape.len() < 2 {
        return Err(DataError::WrongDimensions {
            path: images_path.to_path_buf(),
            expected: "images in two dimensions or more (image, row, column)",
            shape: images.shape,
        });
    }
    let labels_path = names
        .iter()
        .map(|name| images_path.with_file_name(name))
        .find(|path| path.exists());
    let Some(labels_path) = labels_path else {
        return Err(DataError::MissingLabels {
            path: images_path.to_path_buf(),
            names,
        });
    };
    let labels = read_labels(&labels_path)?;
    check_counts(&images, &labels, images_path, &labels_path)?;
    Ok((images, labels))
}

/// The names that the labels of `images_path` may have, the likeliest first.
fn labels_names(images_path: &Path) -> Result<Vec<String>> {
    let name = images_path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    if !name.contains("images") {
        return Err(DataError::NoLabelsName {
            path: images_path.to_path_buf(),
        });
    }
    let alike = name.replacen("images", "labels", 1).replacen("idx3", "idx1", 1);
    let other = match alike.strip_suffix(".gz") {
        Some(plain) => plain.to_owned(),
        None => format!("{alike}.gz"),
    };
    Ok(vec![alike, other])
}

fn find(folder: &Path, part: Part) -> Result<PathBuf> {
    let names = spellings(part.name);
    match names
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
    {
        Some(path) => Ok(path),
        None => Err(match fs::metadata(folder) {
            Ok(metadata) if !metadata.is_dir() => DataError::Read {
                path: folder.to_path_buf(),
                reason: io::Error::new(
                    io::ErrorKind::NotADirectory,
                    "it is a file; expected the folder of MNIST's files",
                ),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => DataError::MissingFolder {
                folder: folder.to_path_buf(),
            },
            Err(reason) => DataError::Read {
                path: folder.to_path_buf(),
                reason,
            },
            Ok(_) => DataError::MissingMnistFile {
                folder: folder.to_path_buf(),
                what: part.what,
                names: names.to_vec(),
            },
        }),
    }
}

fn read_images(path: &Path) -> Result<IdxArray> {
    let images = read_idx(path)?;
    match images.shape.len() {
        3 => Ok(images),
        _ => Err(DataError::WrongDimensions {
            path: path.to_path_buf(),
            expected: "images in 3 dimensions (image, row, column)",
            shape: images.shape,
        }),
    }
}

fn read_labels(path: &Path) -> Result<Vec<u8>> {
    let labels = read_idx(path)?;
    match labels.shape.len() {
        1 => Ok(labels.values),
        _ => Err(DataError::WrongDimensions {
            path: path.to_path_buf(),
            expected: "labels in 1 dimension",
            shape: labels.shape,
        }),
    }
}

fn read_digits(path: &Path) -> Result<Vec<u8>> {
    let labels = read_labels(path)?;
    match labels.iter().position(|&label| label >= CLASSES) {
        None => Ok(labels),
        Some(index) => Err(DataError::LabelOutOfRange {
            path: path.to_path_buf(),
            index,
            value: labels[index],
            classes: CLASSES,
        }),
    }
}

fn check_counts(images: &IdxArray, labels: &[u8], images_path: &Path, labels_path: &Path) -> Result<()> {
    if images.shape[0] == labels.len() {
        return Ok(());
    }
    Err(DataError::CountMismatch {
        images_path: images_path.to_path_buf(),
        labels_path: labels_path.to_path_buf(),
        images: images.shape[0],
        labels: labels.len(),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::idx::tests::{gzip, idx_file};

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
    fn images_and_labels_that_changed_places_are_told() {
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
}

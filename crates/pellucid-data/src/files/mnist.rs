//! MNIST and sets of its form: images in one IDX file, their labels in another.

use super::error::FileError;
use super::expansion::MaxExpansion;
use super::idx::{IdxArray, product, read_idx_within};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

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

/// The names that a file of MNIST may have; `name` as in `train-images-idx3-ubyte`. Plain files come first: they are
/// read faster.
pub(super) fn spellings(name: &str) -> [String; 4] {
    let dotted = name.replacen("-idx", ".idx", 1);
    let (packed, dotted_packed) = (format!("{name}.gz"), format!("{dotted}.gz"));
    [name.to_owned(), dotted, packed, dotted_packed]
}

/// Reads the four files of MNIST from `folder`: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, or `train-images.idx3-ubyte` and so on, each plain or
/// packed as `.gz`. Training and test images are read at the same time, on a thread each.
///
/// # Errors
///
/// A file is missing or damaged, images and labels differ in number, a label is not a digit, or the test images are of
/// another size than the training images.
pub fn read_mnist(folder: impl AsRef<Path>) -> Result<Mnist, FileError> {
    let folder = folder.as_ref();
    // All four names first: a missing file is then reported before any time is spent on the others.
    let training_images = find(folder, "training images", "train-images-idx3-ubyte")?;
    let training_labels = find(folder, "training labels", "train-labels-idx1-ubyte")?;
    let test_images = find(folder, "test images", "t10k-images-idx3-ubyte")?;
    let test_labels = find(folder, "test labels", "t10k-labels-idx1-ubyte")?;

    let (training, test) = thread::scope(|scope| {
        let read_training = || read_digits(&training_images, &training_labels);
        let spawned = thread::Builder::new().spawn_scoped(scope, read_training);
        let test = read_digits(&test_images, &test_labels);
        let training = match spawned {
            Ok(reading) => reading
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // The system has no thread to spare.
            Err(_) => read_training(),
        };
        (training, test)
    });
    let ((training, training_labels), (test, test_labels)) = (training?, test?);
    let (size, test_size) = (&training.shape[1..], &test.shape[1..]);
    if size != test_size {
        let (size, test_size) = (product(size), product(test_size));
        let problem = format!(
            "the test images have {test_size} pixels, the training images {size}; they do not belong together"
        );
        return Err(FileError::contents(&test_images, problem));
    }
    Ok(Mnist {
        training_images: training,
        training_labels,
        test_images: test,
        test_labels,
    })
}

/// Reads the images of `images_path` and their labels from the file beside it that has the matching name: `labels`
/// for `images` and `idx1` for `idx3`, plain or packed.
///
/// The images have the shape (images, ...), of two dimensions or more, with a label each. Labels are not checked
/// against a number of classes: EMNIST has up to 62.
///
/// # Errors
///
/// [`FileError::NotAPair`]: there is no file of labels, or the arrays are not of images and labels. One of the two is
/// damaged, or they differ in number.
pub fn read_idx_pair(images_path: impl AsRef<Path>) -> Result<(IdxArray, Vec<u8>), FileError> {
    read_idx_pair_within(images_path.as_ref(), MaxExpansion::default())
}

/// The same; each of the two may unpack to as much as `limit` says.
pub(crate) fn read_idx_pair_within(
    images_path: &Path,
    limit: MaxExpansion,
) -> Result<(IdxArray, Vec<u8>), FileError> {
    let not_a_pair = |path: &Path, problem: String| FileError::NotAPair {
        path: path.to_path_buf(),
        problem,
    };
    let name = images_path.file_name().unwrap_or_default().to_string_lossy();
    if !name.contains("images") {
        let problem = "cannot tell the name of its labels file: expected \"images\" in the file's name, which \
                       \"labels\" replaces, as in train-images-idx3-ubyte and train-labels-idx1-ubyte";
        return Err(not_a_pair(images_path, problem.into()));
    }
    let alike = name.replacen("images", "labels", 1).replacen("idx3", "idx1", 1);
    let other = match alike.strip_suffix(".gz") {
        Some(plain) => plain.to_owned(),
        None => format!("{alike}.gz"),
    };
    let paths = [&alike, &other].map(|name| images_path.with_file_name(name));
    let Some(labels_path) = paths.iter().find(|path| path.exists()) else {
        let problem = format!("its labels file is not beside it; looked for {alike}, {other}");
        return Err(not_a_pair(images_path, problem));
    };
    let expected = "images in two dimensions or more (image, row, column)";
    read_both(images_path, labels_path, limit, expected, |d| d >= 2, not_a_pair)
}

fn find(folder: &Path, what: &str, name: &str) -> Result<PathBuf, FileError> {
    let names = spellings(name);
    let mut paths = names.iter().map(|name| folder.join(name));
    if let Some(path) = paths.find(|path| path.is_file()) {
        return Ok(path);
    }
    Err(match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => {
            let problem = format!("no {what} here; looked for {}", names.join(", "));
            FileError::contents(folder, problem)
        }
        Ok(_) => {
            let reason = io::Error::other("it is a file; expected the folder of MNIST's files");
            FileError::from_read(folder, reason)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            FileError::contents(folder, "there is no such folder; check the path")
        }
        Err(reason) => FileError::from_read(folder, reason),
    })
}

/// Images of digits and their labels.
fn read_digits(images_path: &Path, labels_path: &Path) -> Result<(IdxArray, Vec<u8>), FileError> {
    let expected = "images in 3 dimensions (image, row, column)";
    let wrong = |path: &Path, problem| FileError::contents(path, problem);
    let limit = MaxExpansion::default();
    let (images, labels) = read_both(images_path, labels_path, limit, expected, |d| d == 3, wrong)?;
    if let Some(index) = labels.iter().position(|&label| label >= CLASSES) {
        let (label, last) = (labels[index], CLASSES - 1);
        let problem = format!("label {index} (counted from 0) is {label}; expected 0 to {last}");
        return Err(wrong(labels_path, problem));
    }
    Ok((images, labels))
}

/// Images of an accepted number of dimensions, and a label for each. `other` makes the error of other arrays.
fn read_both(
    images_path: &Path,
    labels_path: &Path,
    limit: MaxExpansion,
    expected: &str,
    accepts: fn(usize) -> bool,
    other: impl Fn(&Path, String) -> FileError,
) -> Result<(IdxArray, Vec<u8>), FileError> {
    let read = |path: &Path, expected: &str, accepts: fn(usize) -> bool| {
        let array = read_idx_within(path, limit)?;
        let dimensions = array.shape.len();
        if accepts(dimensions) {
            return Ok(array);
        }
        let (plural, shape) = (if dimensions == 1 { "" } else { "s" }, product(&array.shape));
        let found = format!("found an array of {dimensions} dimension{plural} ({shape})");
        Err(other(path, format!("expected {expected}, {found}")))
    };
    let images = read(images_path, expected, accepts)?;
    let labels = read(labels_path, "labels in 1 dimension", |d| d == 1)?.values;
    if images.shape[0] != labels.len() {
        let (count, file) = (images.shape[0], labels_path.display());
        let problem = format!(
            "the file holds {count} images, but {file} holds {} labels; they do not belong together",
            labels.len()
        );
        return Err(FileError::contents(images_path, problem));
    }
    Ok((images, labels))
}

#[cfg(test)]
pub(crate) mod tests;

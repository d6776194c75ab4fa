//! MNIST and sets of its form: images in one IDX file, their labels in another.

use super::error::FileError;
use super::idx::{IdxArray, IdxError, product, read_idx};
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
pub fn read_mnist(folder: impl AsRef<Path>) -> Result<Mnist, IdxError> {
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
        return Err(IdxError::contents(
            &test_images,
            format!(
                "the test images have {test_size} pixels, the training images {size}; they do not belong together"
            ),
        ));
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
/// [`IdxError::NotAPair`]: there is no file of labels, or the arrays are not of images and labels. One of the two is
/// damaged, or they differ in number.
pub fn read_idx_pair(images_path: impl AsRef<Path>) -> Result<(IdxArray, Vec<u8>), IdxError> {
    let images_path = images_path.as_ref();
    let not_a_pair = |path: &Path, problem: String| IdxError::NotAPair {
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
    let images = read_idx(images_path)?;
    if images.shape.len() < 2 {
        let problem = wrong_dimensions("images in two dimensions or more (image, row, column)", &images);
        return Err(not_a_pair(images_path, problem));
    }
    let labels = read_idx(labels_path)?;
    if labels.shape.len() != 1 {
        return Err(not_a_pair(
            labels_path,
            wrong_dimensions("labels in 1 dimension", &labels),
        ));
    }
    check_counts(&images, &labels, images_path, labels_path)?;
    Ok((images, labels.values))
}

fn find(folder: &Path, what: &str, name: &str) -> Result<PathBuf, IdxError> {
    let names = spellings(name);
    if let Some(path) = names
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
    {
        return Ok(path);
    }
    let reason = match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => {
            let problem = format!("no {what} here; looked for {}", names.join(", "));
            return Err(IdxError::contents(folder, problem));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(IdxError::contents(
                folder,
                "there is no such folder; check the path",
            ));
        }
        Ok(_) => io::Error::other("it is a file; expected the folder of MNIST's files"),
        Err(reason) => reason,
    };
    Err(FileError::from_read(folder, reason).into())
}

/// Images of digits and their labels.
fn read_digits(images_path: &Path, labels_path: &Path) -> Result<(IdxArray, Vec<u8>), IdxError> {
    let images = read_idx(images_path)?;
    if images.shape.len() != 3 {
        let problem = wrong_dimensions("images in 3 dimensions (image, row, column)", &images);
        return Err(IdxError::contents(images_path, problem));
    }
    let labels = read_idx(labels_path)?;
    if labels.shape.len() != 1 {
        let problem = wrong_dimensions("labels in 1 dimension", &labels);
        return Err(IdxError::contents(labels_path, problem));
    }
    if let Some(index) = labels.values.iter().position(|&label| label >= CLASSES) {
        let (label, last) = (labels.values[index], CLASSES - 1);
        let problem = format!("label {index} (counted from 0) is {label}; expected 0 to {last}");
        return Err(IdxError::contents(labels_path, problem));
    }
    check_counts(&images, &labels, images_path, labels_path)?;
    Ok((images, labels.values))
}

fn wrong_dimensions(expected: &str, found: &IdxArray) -> String {
    let (dimensions, shape) = (found.shape.len(), product(&found.shape));
    let plural = if dimensions == 1 { "" } else { "s" };
    format!("expected {expected}, found an array of {dimensions} dimension{plural} ({shape})")
}

fn check_counts(
    images: &IdxArray,
    labels: &IdxArray,
    images_path: &Path,
    labels_path: &Path,
) -> Result<(), IdxError> {
    if images.shape[0] == labels.shape[0] {
        return Ok(());
    }
    let problem = format!(
        "the file holds {} images, but {} holds {} labels; they do not belong together",
        images.shape[0],
        labels_path.display(),
        labels.shape[0]
    );
    Err(IdxError::contents(images_path, problem))
}

#[cfg(test)]
pub(crate) mod tests;

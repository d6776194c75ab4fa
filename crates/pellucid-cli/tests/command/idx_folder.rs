//! Folders with MNIST's four files: a small part of the real ones, or made up, sound or broken.

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) const TRAINING_IMAGES: &str = "train-images-idx3-ubyte";
pub(crate) const TRAINING_LABELS: &str = "train-labels-idx1-ubyte";
pub(crate) const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
pub(crate) const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// A folder of IDX files, removed at the end.
pub(crate) struct IdxFolder(TempDir);

impl IdxFolder {
    /// The first `samples` training images of the MNIST in `folder`, and all of its test images.
    pub(crate) fn first_of_mnist(folder: &Path, samples: usize) -> Self {
        let mnist = pellucid_data::read_mnist(folder).unwrap();
        let part = Self(tempfile::tempdir().unwrap());
        let images = &mnist.training_images.values[..samples * 784];
        part.put(TRAINING_IMAGES, &idx(&[samples, 28, 28], images));
        part.put(
            TRAINING_LABELS,
            &idx(&[samples], &mnist.training_labels[..samples]),
        );
        for name in [TEST_IMAGES, TEST_LABELS] {
            fs::copy(folder.join(name).with_extension("gz"), part.file(name)).unwrap();
        }
        part
    }

    /// Twelve training and ten test images, of which each shows its label as a grey level.
    pub(crate) fn small() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (images, labels, count) in [
            (TRAINING_IMAGES, TRAINING_LABELS, 12),
            (TEST_IMAGES, TEST_LABELS, 10),
        ] {
            let digits: Vec<u8> = (0..count).map(|index| index as u8 % 10).collect();
            let pixels: Vec<u8> = digits.iter().flat_map(|digit| [digit * 25; 784]).collect();
            folder.put(images, &idx(&[count, 28, 28], &pixels));
            folder.put(labels, &idx(&[count], &digits));
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.file(name), bytes).unwrap();
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap()
    }
}

/// An IDX file of bytes.
pub(crate) fn idx(shape: &[usize], values: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, shape.len() as u8];
    for size in shape {
        file.extend((*size as u32).to_be_bytes());
    }
    file.extend(values);
    file
}

//! The limit of what a file may unpack to, so that a small file cannot fill the memory.

use super::error::FileError;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How far a file may expand while it is read: to `ratio` times its own size, or to `floor` bytes where that is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxExpansion {
    /// Unpacked bytes for each byte of the file.
    pub ratio: u64,
    /// Unpacked bytes that any file may have.
    pub floor: u64,
}

impl Default for MaxExpansion {
    /// 100 times, and 64 MiB. Tables mostly pack to a third or a tenth.
    fn default() -> Self {
        MaxExpansion {
            ratio: 100,
            floor: 64 << 20,
        }
    }
}

impl MaxExpansion {
    /// The usual floor with another ratio.
    pub fn of_ratio(ratio: u64) -> Self {
        MaxExpansion {
            ratio,
            ..MaxExpansion::default()
        }
    }
}

/// What a file has been unpacked to so far, over all of its layers.
#[derive(Debug)]
pub(crate) struct Budget {
    path: PathBuf,
    limit: MaxExpansion,
    /// The size of the file where it is known, or else what was read of it so far.
    held: AtomicU64,
    used: AtomicU64,
}

impl Budget {
    /// `held` is the size of the file at `path`; 0 where it is not known, and [`Budget::add_held`] counts it.
    pub(crate) fn new(path: &Path, held: u64, limit: MaxExpansion) -> Budget {
        Budget {
            path: path.to_path_buf(),
            limit,
            held: AtomicU64::new(held),
            used: AtomicU64::new(0),
        }
    }

    /// Counts bytes of a file whose size is not known.
    pub(crate) fn add_held(&self, bytes: u64) {
        self.held.fetch_add(bytes, Relaxed);
    }

    fn most(&self) -> u64 {
        let held = self.held.load(Relaxed);
        held.saturating_mul(self.limit.ratio).max(self.limit.floor)
    }

    /// Counts unpacked bytes, before memory is reserved for them where their number is known.
    ///
    /// # Errors
    /// They are more than the file may unpack to.
    pub(crate) fn spend(&self, bytes: u64) -> Result<(), FileError> {
        let used = self.used.load(Relaxed).saturating_add(bytes);
        self.used.store(used, Relaxed);
        match used > self.most() {
            true => Err(self.exceeded()),
            false => Ok(()),
        }
    }

    /// Counts the cells of a column, and the bytes of their texts where several cells may share them: shared texts cost time
    /// more than memory.
    ///
    /// # Errors
    /// As [`Budget::spend`].
    pub(crate) fn spend_cells(&self, cells: usize, shared_text: usize) -> Result<(), FileError> {
        const CELL_BYTES: u64 = 4;
        self.spend(CELL_BYTES.saturating_mul(cells as u64) + shared_text as u64 / 8)
    }

    /// The error of a file that unpacks to more than it may.
    pub(crate) fn exceeded(&self) -> FileError {
        let (held, most) = (self.held.load(Relaxed), self.most());
        let MaxExpansion { ratio, floor } = self.limit;
        let rule = match held.saturating_mul(ratio) > floor {
            true => format!("{ratio} times its size"),
            false => format!("{} MiB, which any file may", floor >> 20),
        };
        FileError::contents(
            &self.path,
            format!(
                "its {held} bytes unpack to more than {most}, {rule}; if it is known to hold so much, set --max-expansion \
                 above {ratio}, or unpack it before"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_unpack_to_a_multiple_of_its_size_or_the_floor() {
        let limit = MaxExpansion { ratio: 3, floor: 100 };
        let path = Path::new("a.csv.gz");
        let small = Budget::new(path, 10, limit);
        assert!(small.spend(60).is_ok() && small.spend(40).is_ok());
        let error = small.spend(1).unwrap_err().to_string();
        assert!(
            error.starts_with("a.csv.gz: its 10 bytes unpack to more than 100"),
            "{error}"
        );
        let large = Budget::new(path, 1000, limit);
        assert!(large.spend(3000).is_ok());
        let error = large.spend(u64::MAX).unwrap_err().to_string();
        assert!(error.contains("3 times its size; if it is known"), "{error}");
        let unknown = Budget::new(path, 0, limit);
        unknown.add_held(50);
        assert!(unknown.spend(150).is_ok() && unknown.spend_cells(1, 0).is_err());
    }
}

//! Whether there is room for the table of all files, judged by the files that were read.

use super::Parts;
use crate::files::FileError;
use crate::memory::room_for_data;

impl Parts {
    /// Refuses a table whose files will take more room than there is, in memory and on the disk, where the first `read` of them
    /// take `taken` bytes there.
    pub(super) fn check_memory(&self, read: usize, taken: u64) -> Result<(), FileError> {
        let (read_files, rest) = self.list.split_at(read);
        let on_disk = |files: &[super::Part]| files.iter().map(super::Part::bytes).sum::<u64>() as f64;
        let expected = taken as f64 * on_disk(rest) / on_disk(read_files).max(1.0);
        match room_for_data(expected as u64) {
            Some(available) if expected > available as f64 => {
                let gigabytes = |bytes: f64| bytes / 1e9;
                let problem = format!(
                    "its {} files are about {:.1} GB as a table, judged by {read} of them, and there is room for {:.1} GB in \
                     memory and in files; name fewer files by a pattern, or give it a folder with more room by --temp-directory",
                    self.list.len(),
                    gigabytes(taken as f64 + expected),
                    gigabytes(taken as f64 + available as f64)
                );
                Err(FileError::contents(&self.name, problem))
            }
            _ => Ok(()),
        }
    }
}

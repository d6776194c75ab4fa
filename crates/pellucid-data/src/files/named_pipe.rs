//! Named pipes as outputs. Waiting for their reader can be interrupted.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

static INTERRUPTED: OnceLock<fn() -> bool> = OnceLock::new();

/// Asks `was_interrupted` while an output waits for the reader of a named pipe, and ends the wait with an error when it says so.
/// The first call counts.
pub fn watch_interruptions(was_interrupted: fn() -> bool) {
    INTERRUPTED.get_or_init(|| was_interrupted);
}

/// A named pipe that is written.
#[derive(Debug)]
pub(super) struct NamedPipe(File);

impl NamedPipe {
    /// Opens a pipe, once it has a reader.
    pub(super) fn open(path: &Path) -> io::Result<NamedPipe> {
        let mut options = OpenOptions::new();
        options.write(true).custom_flags(libc::O_NONBLOCK);
        patiently(|| match options.open(path) {
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => Err(ErrorKind::WouldBlock.into()),
            opened => opened.map(NamedPipe),
        })
    }
}

impl Write for NamedPipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        patiently(|| self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Repeats an operation that would block, until it succeeds or the process is interrupted.
fn patiently<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    const LONGEST: Duration = Duration::from_millis(20);
    let mut pause = Duration::from_micros(50);
    loop {
        match operation() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            done => return done,
        }
        if INTERRUPTED.get().is_some_and(|was_interrupted| was_interrupted()) {
            return Err(io::Error::other(
                "stopped while it waited for the reader of this pipe",
            ));
        }
        std::thread::sleep(pause);
        pause = LONGEST.min(pause * 2);
    }
}

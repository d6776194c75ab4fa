//! Watches a text while its rows are read: how long a row is, and how the text ends.

use super::super::limits::MOST_ROW_BYTES;
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

/// A text that ends with an error where a row becomes too long.
pub(super) struct Watched<R> {
    text: R,
    read: u64,
    watch: Watch,
}

/// What is known of a text, also while a parser has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    row_start: Arc<AtomicU64>,
    last_byte: Arc<AtomicU8>,
}

/// A row is longer than any may be.
#[derive(Debug)]
pub(super) struct RowTooLong;

impl fmt::Display for RowTooLong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = MOST_ROW_BYTES >> 20;
        write!(
            formatter,
            "the row goes on for more than {most} MiB; check whether a quote in it is never closed"
        )
    }
}

impl std::error::Error for RowTooLong {}

impl Watch {
    /// The next row begins at this byte.
    pub(super) fn begin_row(&self, byte: u64) {
        self.row_start.store(byte, Relaxed);
    }

    /// Whether a text that has been read to its end does so within a line.
    pub(super) fn ends_within_line(&self) -> bool {
        !matches!(self.last_byte.load(Relaxed), 0 | b'\n' | b'\r')
    }
}

impl<R: Read> Watched<R> {
    pub(super) fn new(text: R, watch: &Watch) -> Self {
        Watched {
            text,
            read: 0,
            watch: watch.clone(),
        }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.text.read(buffer)?;
        if let Some(last) = buffer[..count].last() {
            self.watch.last_byte.store(*last, Relaxed);
        }
        let row_bytes = self.read.saturating_sub(self.watch.row_start.load(Relaxed));
        self.read += count as u64;
        match row_bytes > MOST_ROW_BYTES && count > 0 {
            true => Err(io::Error::other(RowTooLong)),
            false => Ok(count),
        }
    }
}

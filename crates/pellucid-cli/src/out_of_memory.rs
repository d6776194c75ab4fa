//! The end of a command to which the system gives no more memory: a message and an exit status, as for any failure.

use crate::failure::FAILED;
use pellucid::allocation::{ReportingAllocator, last_file_error};
use std::cell::Cell;
use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: ReportingAllocator = ReportingAllocator::new(end);

/// Memory that is given back before the message, which then needs none from the system.
static RESERVE: Mutex<Vec<u8>> = Mutex::new(Vec::new());
const RESERVE_BYTES: usize = 64 * 1024;

static IS_ENDING: AtomicBool = AtomicBool::new(false);

thread_local! {
    static ENDS_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Sets memory aside for the message.
pub(crate) fn prepare() {
    // The end of a process empties the buffer of standard output, which must not be in the making then.
    drop(io::stdout());
    if let Ok(mut reserve) = RESERVE.lock() {
        *reserve = Vec::with_capacity(RESERVE_BYTES);
    }
}

/// Ends the process because the system refused `bytes` more. It returns only to let the standard library end it.
fn end(bytes: usize) {
    if ENDS_HERE.get() {
        return;
    }
    if IS_ENDING.swap(true, Ordering::SeqCst) {
        // Another thread ends the process, unless it waits for something that this one holds.
        thread::sleep(Duration::from_secs(10));
        return;
    }
    ENDS_HERE.set(true);
    if let Ok(mut reserve) = RESERVE.try_lock() {
        *reserve = Vec::new();
    }
    pellucid_data::remove_unfinished_outputs();
    let _ = match last_file_error() {
        Some(problem) => writeln!(
            io::stderr(),
            "error: there is no room for {bytes} more bytes in the temporary files of what does not fit into memory: {problem}. \
             Every output is complete or as it was before. Name a folder with more room by --temp-directory, allow more memory by \
             --memory, or use fewer rows"
        ),
        None => writeln!(
            io::stderr(),
            "error: there is not enough memory: the system refused {bytes} more bytes. Every output is complete or as it was \
             before. Give the process more memory, or use fewer rows, a smaller batch_size or fewer units"
        ),
    };
    std::process::exit(i32::from(FAILED));
}

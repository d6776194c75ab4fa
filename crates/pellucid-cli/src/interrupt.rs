//! Ctrl-C: the first ends the run after the step under way, the second ends the process.

use pellucid::training::observe::end_if;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from now on.
pub(crate) fn listen() {
    #[cfg(unix)]
    pellucid_data::watch_interruptions(was_asked);
    // Where no handler can be set, Ctrl-C ends the process, as it does anyway.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(crate::failure::FAILED));
        }
    });
}

/// Whether Ctrl-C was pressed.
pub(crate) fn was_asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Ends the work under way if Ctrl-C was pressed.
pub(crate) fn end_if_asked() -> ControlFlow<()> {
    end_if(was_asked())
}

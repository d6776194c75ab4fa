//! What the command says when it fails, and the exit status it leaves.

use crate::terminal;
use std::io::ErrorKind;
use std::process::ExitCode;

/// Something failed: a file, a disk, a training run.
pub(crate) const FAILED: u8 = 1;
/// The command or the recipe says something that makes no sense.
pub(crate) const WRONG_USAGE: u8 = 2;

/// Tells of an error in one message.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS; // whoever read us, `head` say, has read enough
    }
    terminal::tell(&format!("error: {error:#}"));
    ExitCode::from(status(error))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

fn status(error: &anyhow::Error) -> u8 {
    use pellucid::Error::{Architecture, NonFiniteInput, Recipe, Setting};
    let of_engine = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<pellucid::Error>());
    match of_engine {
        Some(Architecture(_) | NonFiniteInput { .. } | Recipe(_) | Setting { .. }) => WRONG_USAGE,
        _ => FAILED,
    }
}

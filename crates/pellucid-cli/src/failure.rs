//! What the command says when it fails, and the exit status it leaves.

use crate::terminal;
use pellucid::recipe::RecipeError;
use pellucid_data::DataError;
use pellucid_data::preparation::PreparationError;
use pellucid_report::ReportError;
use std::error::Error;
use std::fmt;
use std::io::ErrorKind;
use std::process::ExitCode;

/// Something failed: a file, a disk, a training run.
pub(crate) const FAILED: u8 = 1;
/// The command or the recipe says something that makes no sense.
pub(crate) const WRONG_USAGE: u8 = 2;

/// Arguments that are each right and together are not.
#[derive(Debug)]
pub(crate) struct Misuse(pub(crate) String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Misuse {}

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
    if error.chain().any(is_wrong_usage) {
        WRONG_USAGE
    } else {
        FAILED
    }
}

fn is_wrong_usage(cause: &(dyn Error + 'static)) -> bool {
    use pellucid::Error::{Architecture, NonFiniteInput, Setting, Shape};
    let of_engine = |error: &pellucid::Error| {
        matches!(
            error,
            Architecture(_) | NonFiniteInput { .. } | Setting { .. } | Shape { .. }
        )
    };
    let engine = match (cause.downcast_ref(), cause.downcast_ref()) {
        (Some(DataError::Engine(error)), _) | (_, Some(PreparationError::Engine(error))) => Some(error),
        _ => cause.downcast_ref(),
    };
    engine.is_some_and(of_engine)
        || matches!(
            cause.downcast_ref(),
            Some(ReportError::UnknownPictureFormat { .. })
        )
        || matches!(cause.downcast_ref(), Some(DataError::Recipe(_)))
        || cause.is::<RecipeError>()
        || cause.is::<Misuse>()
}

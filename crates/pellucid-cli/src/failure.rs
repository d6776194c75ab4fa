//! The message and the exit status of a failed command.

use crate::terminal;
use pellucid::recipe::RecipeError;
use pellucid_data::DataError;
use pellucid_export::ExportError;
use pellucid_report::ReportError;
use pellucid_serve::ServeError;
use std::error::Error;
use std::io::ErrorKind;
use std::process::ExitCode;

/// Something failed: a file, a disk, a training run.
pub(crate) const FAILED: u8 = 1;
/// The command line or the recipe is not valid.
const WRONG_USAGE: u8 = 2;

/// Arguments that are each valid but not together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misuse(pub(crate) String);

/// Refuses arguments that do not go together.
pub(crate) fn misuse<T>(message: impl Into<String>) -> Result<T, anyhow::Error> {
    Err(Misuse(message.into()).into())
}

/// Refuses the first of some flags that is given.
pub(crate) fn refuse_flags(
    flags: &[(&str, bool)],
    why: impl Fn(&str) -> String,
) -> Result<(), anyhow::Error> {
    match flags.iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => misuse(why(flag)),
        None => Ok(()),
    }
}

/// The end of a command that failed, or was stopped by Ctrl-C, after its results were written.
pub(crate) fn failed(note: &str) -> ExitCode {
    terminal::note(note);
    ExitCode::from(FAILED)
}

/// Reports an error in one message.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS; // the reader, such as `head`, closed the output
    }
    terminal::note(&format!("error: {error:#}"));
    ExitCode::from(match error.chain().any(is_wrong_usage) {
        true => WRONG_USAGE,
        false => FAILED,
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

fn is_wrong_usage(cause: &(dyn Error + 'static)) -> bool {
    use pellucid::Error::{Architecture, NonFiniteInput, Setting, Shape};
    let of_engine = |error: &pellucid::Error| {
        matches!(
            error,
            Architecture(_) | NonFiniteInput { .. } | Setting { .. } | Shape { .. }
        )
    };
    let engine = match cause.downcast_ref() {
        Some(DataError::Engine(error)) => Some(error),
        Some(DataError::Training(unfinished)) => Some(&unfinished.error),
        _ => cause.downcast_ref(),
    };
    engine.is_some_and(of_engine)
        || matches!(
            cause.downcast_ref(),
            Some(ReportError::UnknownPictureFormat { .. })
        )
        || matches!(cause.downcast_ref(), Some(DataError::Recipe(_)))
        || matches!(cause.downcast_ref(), Some(ExportError::Name { .. }))
        || cause.is::<RecipeError>()
        || matches!(cause.downcast_ref(), Some(ServeError::Source(_)))
        || cause.is::<Misuse>()
}

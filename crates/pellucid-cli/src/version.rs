//! `pellucid --version --verbose`: which build of the command this is.

use crate::instruction_set;
use anyhow::Result;
use std::ffi::OsString;

/// The flag that asks for details.
const VERBOSE: &str = "--verbose";

/// The version alone, or with what is known of the build if the arguments ask for it. The text lives as long as the process, as
/// the parser of arguments requires.
pub(crate) fn of_arguments(arguments: &[OsString]) -> Result<&'static str> {
    let version = env!("CARGO_PKG_VERSION");
    if !arguments.iter().any(|argument| argument == VERBOSE) {
        return Ok(version);
    }
    instruction_set::choose(None)?;
    let profile = env!("PELLUCID_BUILD_PROFILE");
    let commit = match profile {
        "debug" => "not recorded in a debug build",
        _ => env!("PELLUCID_BUILD_COMMIT"),
    };
    let features = match cfg!(feature = "page") {
        true => "page",
        false => "none",
    };
    let text = format!(
        "{version}\ncommit: {commit}\nfeatures: {features}\nprofile: {profile}\ntarget: {}\ncompiler: {}\n\
         instruction set: {} (unless --isa names another)",
        env!("PELLUCID_BUILD_TARGET"),
        env!("PELLUCID_BUILD_COMPILER"),
        pellucid::instruction_set(),
    );
    Ok(text.leak())
}

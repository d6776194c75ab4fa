//! `pellucid completions`: what a shell needs to complete the command line.

use crate::arguments::{Arguments, Completions};
use crate::terminal;
use anyhow::{Context, Result};
use clap::CommandFactory;
use std::process::ExitCode;

pub(crate) fn completions(arguments: &Completions) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "pellucid",
        &mut script,
    );
    let script = String::from_utf8(script).context("the script is not text")?;
    terminal::print_as_it_is(script.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

//! The `pellucid` command: words in, words out.

mod arguments;
mod compare;
mod failure;
mod interrupt;
mod line_template;
mod outputs;
mod progress;
mod recipes;
mod run;
mod terminal;

use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Command::Recipes(recipes) => recipes::recipes(recipes),
        Command::Run(run) => run::run(run),
        Command::Compare(compare) => compare::compare(compare),
    };
    match done {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}

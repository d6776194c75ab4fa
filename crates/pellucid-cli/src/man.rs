//! `pellucid man`: the manual pages, from the same definitions as `--help`.

use crate::arguments::{Arguments, Manual};
use crate::{interrupt, terminal};
use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_mangen::Man;
use pellucid_data::{OutputFile, write_together};
use std::path::Path;
use std::process::ExitCode;

/// Writes a page for the command and one for each subcommand: all of them, or none.
pub(crate) fn man(arguments: &Manual) -> Result<ExitCode> {
    interrupt::listen_to_end_at_once();
    let folder = arguments.folder.as_path();
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    // A page "pellucid help" would say what is in the others.
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let mut pages = vec![page(&command, folder)?];
    for subcommand in command.get_subcommands() {
        pages.push(page(subcommand, folder)?);
    }
    let count = pages.len();
    write_together(pages)?;
    terminal::print(&format!("{}: {count} pages", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// The file of a page, and its contents.
fn page(command: &clap::Command, folder: &Path) -> Result<(OutputFile, Vec<u8>)> {
    let page = Man::new(command.clone())
        .source(concat!("pellucid ", env!("CARGO_PKG_VERSION")))
        .manual("Pellucid");
    let mut text = Vec::new();
    page.render(&mut text).context("the page cannot be rendered")?;
    Ok((OutputFile::prepare(folder.join(page.get_filename()))?, text))
}

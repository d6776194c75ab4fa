//! `pellucid play`: opens the live page with a recipe, a table or a model.

mod browser;
mod link;
mod opened;
mod server;

use crate::arguments::Play;
use crate::failure::misuse;
use crate::{interrupt, terminal};
use anyhow::{Context, Result};
use opened::Opened;
use server::{Resource, Server};
use std::borrow::Cow;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// The page in one file, where this build has it.
#[cfg(feature = "page")]
const PAGE: Option<&[u8]> = Some(include_bytes!("../../../../web/dist/pellucid.html"));
#[cfg(not(feature = "page"))]
const PAGE: Option<&[u8]> = None;

/// How long Ctrl-C may take to be noticed.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) fn play(arguments: &Play) -> Result<ExitCode> {
    let opened = match &arguments.source {
        Some(source) => {
            let (target, data) = (arguments.target.as_deref(), arguments.data.as_deref());
            Some(opened::find(source, target, data)?)
        }
        None => None,
    };
    let address = arguments.page.as_deref().and_then(address);
    if arguments.link || address.is_some() {
        return print_link(opened, address, arguments.page.as_deref());
    }
    match page(arguments.page.as_deref())? {
        Some(page) => serve(page, opened, arguments),
        None => {
            terminal::note(
                "note: this build of pellucid has no page to serve; `scripts/page` builds one, and --page FILE serves it",
            );
            print_link(opened, None, None)
        }
    }
}

/// The address that `--page` is, where it is no file.
fn address(page: &Path) -> Option<&str> {
    let text = page.to_str()?;
    let has_scheme = ["http://", "https://", "file://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    has_scheme.then_some(text)
}

/// The page to serve.
fn page(file: Option<&Path>) -> Result<Option<Cow<'static, [u8]>>> {
    let Some(file) = file else {
        return Ok(PAGE.map(Cow::Borrowed));
    };
    let page = std::fs::read(file).with_context(|| format!("cannot read the page {}", file.display()))?;
    Ok(Some(Cow::Owned(page)))
}

fn print_link(opened: Option<Opened>, address: Option<&str>, page: Option<&Path>) -> Result<ExitCode> {
    let Some(opened) = opened else {
        return misuse(
            "a link needs something to carry: name a recipe, a table or a model, or serve a page with --page FILE",
        );
    };
    if let (None, Some(file)) = (address, page) {
        let file = file.display();
        return misuse(format!(
            "--link needs the address of a page, such as https://example.org/pellucid.html or file:///…, and --page {file} is none; \
             leave --link out to serve this file"
        ));
    }
    let fragment = link::fragment(&opened)?;
    if address.is_none() {
        terminal::note(
            "note: this is what comes behind the address of the page: open the page, and append it",
        );
    }
    terminal::print_as_it_is(&format!(
        "{}{fragment}",
        without_fragment(address.unwrap_or_default())
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn without_fragment(address: &str) -> &str {
    address.split_once('#').map_or(address, |(before, _)| before)
}

fn serve(page: Cow<'static, [u8]>, opened: Option<Opened>, arguments: &Play) -> Result<ExitCode> {
    interrupt::listen();
    let mut resources = vec![Resource::new("/", "text/html; charset=utf-8", page)];
    let fragment = match &opened {
        None => String::new(),
        Some(set @ Opened::Set(_)) => link::fragment(set)?,
        Some(_) => "#served".to_owned(),
    };
    if let Some(opened) = opened {
        let about = opened.about().to_string().into_bytes();
        resources.push(Resource::new(
            "/served/about",
            "application/json",
            Cow::Owned(about),
        ));
        for (path, file) in ["/served/file", "/served/table"]
            .into_iter()
            .zip(opened.into_files())
        {
            let bytes = file.map(|file| Cow::Owned(file.bytes));
            resources.extend(bytes.map(|bytes| Resource::new(path, "application/octet-stream", bytes)));
        }
    }
    let server = Server::start(arguments.port.unwrap_or(0), resources)?;
    let address = format!("http://127.0.0.1:{}/{fragment}", server.port());
    terminal::print_as_it_is(&address)?;
    terminal::note("note: served to this machine alone, until Ctrl-C");
    if std::io::stdout().is_terminal() && !arguments.no_open {
        browser::open(&address);
    }
    while !interrupt::was_asked() {
        thread::sleep(PAUSE);
    }
    Ok(ExitCode::SUCCESS)
}

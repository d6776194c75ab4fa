//! The two streams: results on standard output, notes on standard error.

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pellucid_report::legible_lines;
use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};

/// Whether standard error is a terminal.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Whether results may be coloured: standard output is a terminal, and NO_COLOR is not set.
pub(crate) fn is_coloured() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// The width of text in columns: COLUMNS, or that of the terminal, or `otherwise`.
pub(crate) fn width(to_terminal: bool, otherwise: usize) -> usize {
    let asked = std::env::var("COLUMNS").ok();
    let asked = asked.and_then(|columns| columns.trim().parse().ok());
    let of_terminal = || {
        let (_, columns) = console::Term::stdout().size_checked().filter(|_| to_terminal)?;
        Some(columns.into())
    };
    let asked = asked.filter(|columns| *columns > 0);
    asked.or_else(of_terminal).unwrap_or(otherwise)
}

/// A progress bar; `None` where it is not watched, or `quiet`.
pub(crate) fn bar(template: &str, quiet: bool) -> Option<ProgressBar> {
    (is_watched() && !quiet).then(|| {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template);
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    })
}

/// Writes a note to standard error. A closed standard error is not an error.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{}", legible_lines(line));
}

/// Writes notes of a kind to standard error.
pub(crate) fn notes(kind: &str, lines: &[String]) {
    lines.iter().for_each(|line| note(&format!("{kind}: {line}")));
}

/// Writes a line of a result to standard output.
pub(crate) fn print(line: &str) -> Result<()> {
    print_as_it_is(&legible_but_for_colours(line))
}

/// Writes a line in a format of its own, such as JSON, which has escapes of its own.
pub(crate) fn print_as_it_is(line: &str) -> Result<()> {
    writeln!(io::stdout().lock(), "{line}").context(NOT_WRITTEN)
}

/// [`legible_lines`], except for what sets colours, where results may be coloured.
fn legible_but_for_colours(line: &str) -> Cow<'_, str> {
    match is_coloured() && line.contains(ESCAPE) {
        true => {
            let mut parts = line.split(ESCAPE);
            let mut shown = legible_lines(parts.next().unwrap_or_default()).into_owned();
            for part in parts {
                shown.push_str(if sets_colour(part) { ESCAPE } else { "\\u{1b}" });
                shown.push_str(&legible_lines(part));
            }
            Cow::Owned(shown)
        }
        false => legible_lines(line),
    }
}

/// What begins a command to a terminal.
const ESCAPE: &str = "\u{1b}";

/// Whether what follows [`ESCAPE`] sets colours: `[`, numbers, `m`.
fn sets_colour(after: &str) -> bool {
    let numbers = after.strip_prefix('[').and_then(|rest| rest.split_once('m'));
    numbers.is_some_and(|(numbers, _)| numbers.chars().all(|c| c.is_ascii_digit() || c == ';'))
}

pub(crate) fn print_lines<L: AsRef<str>>(lines: impl IntoIterator<Item = L>) -> Result<()> {
    lines.into_iter().try_for_each(|line| print(line.as_ref()))
}

const NOT_WRITTEN: &str = "cannot write to standard output";

/// The lines of a run. After one could not be written, because the reader closed the output, no other is tried.
pub(crate) struct Results {
    to_standard_output: bool,
    failure: RefCell<Option<io::Error>>,
}

impl Results {
    /// Nothing may be mixed into a record on standard output.
    pub(crate) fn new(to_standard_output: bool) -> Self {
        Self {
            to_standard_output,
            failure: RefCell::new(None),
        }
    }

    /// Writes a line of the log, to standard error if it may not go to standard output.
    pub(crate) fn log_line(&self, line: &str) {
        match self.to_standard_output {
            true => self.line(line),
            false => note(line),
        }
    }

    /// Writes a line of the results, which the record also holds.
    pub(crate) fn line(&self, line: &str) {
        if !self.to_standard_output || self.failed() {
            return;
        }
        if let Err(error) = writeln!(io::stdout().lock(), "{}", legible_but_for_colours(line)) {
            self.failure.replace(Some(error));
        }
    }

    pub(crate) fn failed(&self) -> bool {
        self.failure.borrow().is_some()
    }

    /// The failure to write a line, if any.
    pub(crate) fn check(&self) -> Result<()> {
        match self.failure.take() {
            Some(error) => Err(error).context(NOT_WRITTEN),
            None => Ok(()),
        }
    }
}

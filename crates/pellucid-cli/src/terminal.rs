//! The two streams: results on one, talk on the other.

use std::io::{self, IsTerminal, Write};

/// Whether someone looks on as the talk is written.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// A line of talk, to standard error. A closed standard error is nobody's loss.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A line of a result, to standard output.
pub(crate) fn print(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

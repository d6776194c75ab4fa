//! Opens an address in the browser.

use crate::terminal;
use std::process::{Command, Stdio};

#[cfg(target_os = "macos")]
const OPENER: (&str, &[&str]) = ("open", &[]);
#[cfg(windows)]
const OPENER: (&str, &[&str]) = ("rundll32", &["url.dll,FileProtocolHandler"]);
#[cfg(not(any(target_os = "macos", windows)))]
const OPENER: (&str, &[&str]) = ("xdg-open", &[]);

/// Opens it by the program that the system has for this. Without one, a note says so: the address is on standard output.
pub(super) fn open(address: &str) {
    let (program, arguments) = OPENER;
    let started = Command::new(program)
        .args(arguments)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if let Err(error) = started {
        terminal::note(&format!(
            "note: no browser was opened, because {program} cannot be run ({error}): open the address yourself"
        ));
    }
}

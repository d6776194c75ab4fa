//! The style of text charts that the terminal supports: width, characters and colour.

use crate::terminal;
use pellucid_report::TextStyle;
use std::env;
use std::io::{self, IsTerminal};

/// Columns where neither COLUMNS nor a terminal says how many there are.
const COLUMNS: usize = 80;

/// For charts on standard output: as wide as `COLUMNS` or the terminal says, in Unicode where the locale has it, in colours
/// on a terminal where `NO_COLOR` is not set.
pub(crate) fn of_standard_output() -> TextStyle {
    let width = terminal::width(io::stdout().is_terminal(), COLUMNS);
    TextStyle {
        width,
        height: (width / 5).clamp(10, 24),
        unicode: has_unicode(|name| env::var(name).ok()),
        color: terminal::is_coloured(),
    }
}

/// Whether the locale is one of UTF-8: by the first of these that is set, as POSIX has it.
fn has_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match locale {
        Some(locale) => {
            let locale = locale.to_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        // Windows has no such variables, and its terminals Unicode.
        None => cfg!(windows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_says_whether_there_is_unicode() {
        let with = |settings: &'static [(&str, &str)]| {
            has_unicode(move |name| {
                let found = settings.iter().find(|(other, _)| *other == name);
                found.map(|(_, value)| (*value).to_string())
            })
        };
        assert!(with(&[("LANG", "de_DE.UTF-8")]) && with(&[("LC_ALL", "C.utf8")]));
        assert!(!with(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]));
        assert!(with(&[
            ("LC_ALL", ""),
            ("LC_CTYPE", "en_GB.UTF-8"),
            ("LANG", "C")
        ]));
        assert_eq!(with(&[]), cfg!(windows));
    }
}

//! Writes HTML element by element, with every text escaped.

use crate::svg::escape;

/// Text from any source, escaped. Control characters have no place in HTML.
pub(super) fn text(text: &str) -> String {
    let allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    escape(text).chars().filter(allowed).collect()
}

/// An element around markup that this crate has made; `tag` may have attributes of this crate's own.
pub(super) fn around(tag: &str, markup: &str) -> String {
    let name = tag.split(' ').next().unwrap_or(tag);
    format!("<{tag}>{markup}</{name}>\n")
}

/// The same, but nothing around nothing.
pub(super) fn around_any(tag: &str, markup: &str) -> String {
    match markup.is_empty() {
        true => String::new(),
        false => around(tag, markup),
    }
}

/// An element with a text in it.
pub(super) fn element(tag: &str, words: &str) -> String {
    around(tag, &text(words))
}

/// An entry of a list of names and what they stand for.
pub(super) fn entry(name: &str, words: &str) -> String {
    element("dt", name) + &element("dd", words)
}

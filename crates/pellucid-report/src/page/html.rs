//! Writes HTML element by element, with every text escaped.

use crate::svg::escape;

/// A part of a page.
#[derive(Debug, Default)]
pub(super) struct Html {
    text: String,
}

impl Html {
    /// `<tag>`; `tag` may have attributes of this crate's own.
    pub(super) fn open(&mut self, tag: &str) -> &mut Self {
        self.raw(&format!("<{tag}>"))
    }

    pub(super) fn close(&mut self, tag: &str) -> &mut Self {
        self.raw(&format!("</{tag}>\n"))
    }

    /// An element with a text in it.
    pub(super) fn element(&mut self, tag: &str, text: &str) -> &mut Self {
        let name = tag.split(' ').next().unwrap_or(tag);
        self.open(tag).text(text).close(name)
    }

    /// Text from any source, escaped.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let text = escape(text);
        // Control characters have no place in HTML.
        let allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
        self.text.extend(text.chars().filter(allowed));
        self
    }

    /// Markup that this crate has made.
    pub(super) fn raw(&mut self, markup: &str) -> &mut Self {
        self.text.push_str(markup);
        self
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }
}

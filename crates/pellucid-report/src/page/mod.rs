//! A page of a training: what it was, what came of it, and how to do it again, in one file that needs no other.

mod html;

use crate::error::ReportError;
use crate::palette::Theme;
use crate::picture::Picture;
use crate::svg::{self, Inks};
use crate::typeface::printable;
use html::Html;

/// How wide pictures are on a desk and on a telephone, in pixels.
const WIDE: u32 = 820;
const NARROW: u32 = 350;

/// Nothing is fetched, and no script runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// A table of words and numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// What it is about.
    pub caption: String,
    /// The columns' names.
    pub head: Vec<String>,
    /// The rows; the first cell of each names it.
    pub rows: Vec<Vec<String>>,
}

/// Something that is wrong with a training.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Finding {
    /// What it is, in a few words.
    pub title: String,
    /// What was seen, with its numbers.
    pub seen: String,
    /// Why it matters.
    pub why: String,
    /// What to try.
    pub try_this: String,
}

/// A part of a page about one thing.
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// Paragraphs before the pictures.
    pub text: Vec<String>,
    /// Its pictures; their own widths and themes do not matter.
    pub pictures: Vec<Box<dyn Picture>>,
    /// Tables after the pictures.
    pub tables: Vec<Table>,
}

/// How to do it again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repeat {
    /// The recipe, as TOML.
    pub recipe: String,
    /// The command that follows the recipe, once it is saved.
    pub command: String,
    /// What else there is to know, a sentence each.
    pub notes: Vec<String>,
}

/// A page of a training. It is a single file of HTML: pictures and style are in it, nothing is fetched, and it goes by its
/// reader's choice of light or dark.
///
/// ```
/// use pellucid_report::{LineChart, Report, Section};
///
/// let chart = LineChart::new("loss", "epoch", "squared error");
/// let report = Report {
///     title: "a < b".to_owned(),
///     figures: vec![("accuracy".to_owned(), "95%".to_owned())],
///     sections: vec![Section { pictures: vec![Box::new(chart)], ..Section::new("Curves") }],
///     ..Report::default()
/// };
/// let html = report.html()?;
/// assert!(html.contains("<h1>a &lt; b</h1>") && html.contains("<svg"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Default)]
pub struct Report {
    /// The heading.
    pub title: String,
    /// What it is about and what came of it, a sentence or two.
    pub lead: String,
    /// The few figures that matter most, by name.
    pub figures: Vec<(String, String)>,
    /// Scores and the like.
    pub tables: Vec<Table>,
    /// What there is to know of data, network and training, by name.
    pub facts: Vec<(String, String)>,
    /// The parts with pictures.
    pub sections: Vec<Section>,
    /// What is wrong; nothing where nobody looked for it.
    pub findings: Option<Vec<Finding>>,
    /// How to do it again.
    pub repeat: Repeat,
    /// Versions and the like, in a line at the end.
    pub footer: String,
}

impl Section {
    /// A part without anything.
    pub fn new(heading: impl Into<String>) -> Self {
        Self {
            heading: heading.into(),
            text: Vec::new(),
            pictures: Vec::new(),
            tables: Vec::new(),
        }
    }
}

impl Report {
    /// The page.
    ///
    /// # Errors
    /// [`ReportError::PictureSize`] for a picture that cannot be laid out.
    pub fn html(&self) -> Result<String, ReportError> {
        let mut inks = Inks::default();
        let mut body = Html::default();
        body.open("header").element("h1", &self.title);
        if !self.lead.is_empty() {
            body.element("p class=\"lead\"", &self.lead);
        }
        self.contents(&mut body);
        body.close("header").open("main");
        self.summary(&mut body);
        for (at, section) in self.sections.iter().enumerate() {
            body.open(&format!("section id=\"part-{at}\""));
            section.write(&mut body, &mut inks)?;
            body.close("section");
        }
        self.diagnosis(&mut body);
        self.repetition(&mut body);
        body.close("main");
        body.element("footer", &self.footer);

        let mut page = Html::default();
        page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .raw(&format!(
                "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n"
            ))
            .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .raw("<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n")
            .element("title", &printable(&self.title))
            .raw("<style>\n")
            .raw(include_str!("style.css"))
            .raw(&format!(
                ":root{{{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n",
                inks.variables(false),
                inks.variables(true)
            ))
            .raw(&inks.classes())
            .raw("</style>\n</head>\n<body>\n")
            .raw(&body.into_string())
            .raw("</body>\n</html>\n");
        Ok(page.into_string())
    }

    fn contents(&self, body: &mut Html) {
        body.open("nav aria-label=\"Contents\"").open("ul");
        let mut link = |id: &str, text: &str| {
            body.open("li")
                .element(&format!("a href=\"#{id}\""), text)
                .close("li");
        };
        for (at, section) in self.sections.iter().enumerate() {
            link(&format!("part-{at}"), &section.heading);
        }
        if let Some(findings) = &self.findings {
            let count = match findings.len() {
                0 => String::new(),
                count => format!(" ({count})"),
            };
            link("diagnosis", &format!("Diagnosis{count}"));
        }
        link("repeat", "Repeat it");
        body.close("ul").close("nav");
    }

    fn summary(&self, body: &mut Html) {
        if !self.figures.is_empty() {
            body.open("dl class=\"figures\"");
            for (name, value) in &self.figures {
                body.open("div")
                    .element("dt", name)
                    .element("dd", value)
                    .close("div");
            }
            body.close("dl");
        }
        body.open("div class=\"summary\"").open("div");
        for table in &self.tables {
            table.write(body);
        }
        body.close("div");
        if !self.facts.is_empty() {
            body.open("dl class=\"facts\"");
            for (name, value) in &self.facts {
                body.element("dt", name).element("dd", value);
            }
            body.close("dl");
        }
        body.close("div");
    }

    fn diagnosis(&self, body: &mut Html) {
        let Some(findings) = &self.findings else { return };
        body.open("section id=\"diagnosis\"").element("h2", "Diagnosis");
        if findings.is_empty() {
            body.element("p", "Nothing was found that is wrong with this training.");
        }
        for finding in findings {
            body.open("div class=\"finding\"")
                .element("h3", &finding.title)
                .open("dl");
            let lines = [
                ("seen", &finding.seen),
                ("why", &finding.why),
                ("try", &finding.try_this),
            ];
            for (name, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
                body.element("dt", name).element("dd", text);
            }
            body.close("dl").close("div");
        }
        body.close("section");
    }

    fn repetition(&self, body: &mut Html) {
        body.open("section id=\"repeat\"").element("h2", "Repeat it");
        if !self.repeat.command.is_empty() {
            body.element(
                "p",
                "Save the recipe below as recipe.toml; then this gives the same numbers:",
            );
            body.open("pre")
                .element("code", &self.repeat.command)
                .close("pre");
        }
        for note in &self.repeat.notes {
            body.element("p class=\"faint\"", note);
        }
        if !self.repeat.recipe.is_empty() {
            body.element("h3", "recipe.toml");
            body.open("pre")
                .element("code", self.repeat.recipe.trim_end())
                .close("pre");
        }
        body.close("section");
    }
}

impl Section {
    fn write(&self, body: &mut Html, inks: &mut Inks) -> Result<(), ReportError> {
        body.element("h2", &self.heading);
        for text in &self.text {
            body.element("p", text);
        }
        for picture in &self.pictures {
            body.open("figure");
            for (width, class) in [(WIDE, "wide"), (NARROW, "narrow")] {
                let [light, dark] =
                    [Theme::Light, Theme::Dark].map(|theme| picture.scene(theme, Some(width)));
                body.open(&format!("div class=\"{class}\""))
                    .raw(&svg::part(&light?, &dark?, inks))
                    .close("div");
            }
            body.close("figure");
        }
        for table in &self.tables {
            table.write(body);
        }
        Ok(())
    }
}

impl Table {
    fn write(&self, body: &mut Html) {
        body.open("div class=\"wide-table\"").open("table");
        if !self.caption.is_empty() {
            body.element("caption", &self.caption);
        }
        body.open("thead").open("tr");
        for name in &self.head {
            body.element("th scope=\"col\"", name);
        }
        body.close("tr").close("thead").open("tbody");
        for row in &self.rows {
            body.open("tr");
            for (at, cell) in row.iter().enumerate() {
                body.element(if at == 0 { "th scope=\"row\"" } else { "td" }, cell);
            }
            body.close("tr");
        }
        body.close("tbody").close("table").close("div");
    }
}

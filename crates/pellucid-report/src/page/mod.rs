//! Writes the page of a training: its settings, its results and how to repeat it, in one self-contained file.

mod html;

use crate::error::ReportError;
use crate::palette::Theme;
use crate::picture::{Picture, PictureStyle};
use crate::svg::{self, Inks, escape};
use crate::typeface::printable;
use html::Html;
use pellucid::inspection::diagnosis::Finding;

/// Widths of pictures on a wide and on a narrow screen, in pixels.
const WIDE: u32 = 820;
const NARROW: u32 = 350;

/// Allows no downloads and no scripts.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// A table of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageTable {
    /// The caption.
    pub caption: String,
    /// The columns' names.
    pub head: Vec<String>,
    /// The rows; the first cell of each names it.
    pub rows: Vec<Vec<String>>,
}

/// A part of a page about one subject.
#[derive(Default)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// Paragraphs before the pictures.
    pub text: Vec<String>,
    /// Its pictures; their own widths do not count.
    pub pictures: Vec<Box<dyn Picture>>,
    /// Tables after the pictures.
    pub tables: Vec<PageTable>,
}

/// The page of a training: a single HTML file with its pictures and styles. It downloads nothing and follows the reader's
/// choice of a light or a dark theme.
///
/// ```
/// use pellucid_report::{LineChart, Report, Section};
///
/// let chart = LineChart::new("loss", "epoch", "squared error");
/// let report = Report {
///     title: "a < b".to_owned(),
///     figures: vec![("accuracy".to_owned(), "95%".to_owned())],
///     sections: vec![Section { pictures: vec![Box::new(chart)], ..Section::default() }],
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
    /// The subject and the result, in a sentence or two.
    pub lead: String,
    /// The few figures that matter most, by name.
    pub figures: Vec<(String, String)>,
    /// Scores and the like.
    pub tables: Vec<PageTable>,
    /// Facts about data, network and training, by name.
    pub facts: Vec<(String, String)>,
    /// The sections with pictures.
    pub sections: Vec<Section>,
    /// The problems found; `None` without a diagnosis.
    pub findings: Option<Vec<Finding>>,
    /// The recipe that repeats it, as TOML.
    pub recipe: String,
    /// The command that runs the saved recipe.
    pub command: String,
    /// Further remarks on how to repeat it, a sentence each.
    pub notes: Vec<String>,
    /// Versions and the like, in a line at the end.
    pub footer: String,
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

        Ok(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
             <title>{}</title>\n<style>\n{}:root{{{}}}\n\
             @media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n{}</style>\n\
             </head>\n<body>\n{}</body>\n</html>\n",
            escape(&printable(&self.title)),
            include_str!("style.css"),
            inks.variables(Theme::Light),
            inks.variables(Theme::Dark),
            inks.classes(),
            body.into_string(),
        ))
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
            let title = match finding.layer {
                Some(layer) => format!("{}, layer {layer}", finding.kind.title()),
                None => finding.kind.title().to_string(),
            };
            body.open("div class=\"finding\"")
                .element("h3", &title)
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
        if !self.command.is_empty() {
            let text = "Save the recipe below as recipe.toml; then this gives the same numbers:";
            body.element("p", text);
            body.open("pre").element("code", &self.command).close("pre");
        }
        for note in &self.notes {
            body.element("p class=\"faint\"", note);
        }
        if !self.recipe.is_empty() {
            let recipe = self.recipe.trim_end();
            body.element("h3", "recipe.toml");
            body.open("pre").element("code", recipe).close("pre");
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
                let width = Some(width);
                let [light, dark] =
                    [Theme::Light, Theme::Dark].map(|theme| picture.draw(PictureStyle { theme, width }));
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

impl PageTable {
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

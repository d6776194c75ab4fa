//! Writes the page of a training: its settings, its results and how to repeat it, in one self-contained file.

mod html;

use crate::error::ReportError;
use crate::palette::Theme;
use crate::picture::Picture;
use crate::picture_style::PictureStyle;
use crate::svg::{self, Inks};
use crate::typeface::printable;
use html::{around, around_any, element, entry, text};
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
        let lead = around_any("p class=\"lead\"", &text(&self.lead));
        let header = element("h1", &self.title) + &lead + &self.contents();
        let mut main = self.summary();
        for (at, section) in self.sections.iter().enumerate() {
            main += &around(&format!("section id=\"part-{at}\""), &section.html(&mut inks)?);
        }
        main += &self.diagnosis();
        main += &self.repetition();
        let body = around("header", &header) + &around("main", &main) + &element("footer", &self.footer);
        Ok(format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
             <title>{}</title>\n<style>\n{}:root{{{}}}\n\
             @media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n{}</style>\n\
             </head>\n<body>\n{}</body>\n</html>\n",
            text(&printable(&self.title)),
            include_str!("style.css"),
            inks.variables(Theme::Light),
            inks.variables(Theme::Dark),
            inks.classes(),
            body,
        ))
    }

    fn contents(&self) -> String {
        let link = |id: &str, text: &str| around("li", &element(&format!("a href=\"#{id}\""), text));
        let mut links = String::new();
        for (at, section) in self.sections.iter().enumerate() {
            links += &link(&format!("part-{at}"), &section.heading);
        }
        if let Some(findings) = &self.findings {
            let count = match findings.len() {
                0 => String::new(),
                count => format!(" ({count})"),
            };
            links += &link("diagnosis", &format!("Diagnosis{count}"));
        }
        links += &link("repeat", "Repeat it");
        around("nav aria-label=\"Contents\"", &around("ul", &links))
    }

    fn summary(&self) -> String {
        let figure = |(name, value): &(String, String)| around("div", &entry(name, value));
        let figures: String = self.figures.iter().map(figure).collect();
        let tables: String = self.tables.iter().map(PageTable::html).collect();
        let facts: String = self
            .facts
            .iter()
            .map(|(name, value)| entry(name, value))
            .collect();
        let parts = around("div", &tables) + &around_any("dl class=\"facts\"", &facts);
        around_any("dl class=\"figures\"", &figures) + &around("div class=\"summary\"", &parts)
    }

    fn diagnosis(&self) -> String {
        let Some(findings) = &self.findings else {
            return String::new();
        };
        let mut html = element("h2", "Diagnosis");
        if findings.is_empty() {
            html += &element("p", "Nothing was found that is wrong with this training.");
        }
        for finding in findings {
            let title = match finding.layer {
                Some(layer) => format!("{}, layer {layer}", finding.kind.title()),
                None => finding.kind.title().to_string(),
            };
            let lines = [
                ("seen", &finding.seen),
                ("why", &finding.why),
                ("try", &finding.try_this),
            ];
            let lines = lines.into_iter().filter(|(_, text)| !text.is_empty());
            let lines: String = lines.map(|(name, text)| entry(name, text)).collect();
            let finding = element("h3", &title) + &around("dl", &lines);
            html += &around("div class=\"finding\"", &finding);
        }
        around("section id=\"diagnosis\"", &html)
    }

    fn repetition(&self) -> String {
        let mut html = element("h2", "Repeat it");
        if !self.command.is_empty() {
            let text = "Save the recipe below as recipe.toml; then this gives the same numbers:";
            html += &element("p", text);
            html += &around("pre", &element("code", &self.command));
        }
        html.extend(self.notes.iter().map(|note| element("p class=\"faint\"", note)));
        if !self.recipe.is_empty() {
            html += &element("h3", "recipe.toml");
            html += &around("pre", &element("code", self.recipe.trim_end()));
        }
        around("section id=\"repeat\"", &html)
    }
}

impl Section {
    fn html(&self, inks: &mut Inks) -> Result<String, ReportError> {
        let mut html = element("h2", &self.heading);
        html.extend(self.text.iter().map(|text| element("p", text)));
        for picture in &self.pictures {
            let mut both = String::new();
            for (width, class) in [(WIDE, "wide"), (NARROW, "narrow")] {
                let width = Some(width);
                let [light, dark] =
                    [Theme::Light, Theme::Dark].map(|theme| picture.draw(PictureStyle { theme, width }));
                let part = svg::part(&light?, &dark?, inks);
                both += &around(&format!("div class=\"{class}\""), &part);
            }
            html += &around("figure", &both);
        }
        html.extend(self.tables.iter().map(PageTable::html));
        Ok(html)
    }
}

impl PageTable {
    fn html(&self) -> String {
        let head: String = self
            .head
            .iter()
            .map(|name| element("th scope=\"col\"", name))
            .collect();
        let cell = |(at, cell): (usize, &String)| match at {
            0 => element("th scope=\"row\"", cell),
            _ => element("td", cell),
        };
        let row = |row: &Vec<String>| row.iter().enumerate().map(cell).collect::<String>();
        let rows: String = self.rows.iter().map(|cells| around("tr", &row(cells))).collect();
        let caption = around_any("caption", &text(&self.caption));
        let table = caption + &around("thead", &around("tr", &head)) + &around("tbody", &rows);
        around("div class=\"wide-table\"", &around("table", &table))
    }
}

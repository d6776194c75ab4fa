//! A page of a training: its curve and its scores in one file that needs no other.

use crate::{LineChart, ReportError};

/// A page of HTML with the chart, and below it lines of text as they are.
///
/// ```
/// use pellucid_report::{LineChart, page};
/// let page = page(&LineChart::new("a < b", "epoch", "loss"), &["accuracy  0.95".into()])?;
/// assert!(page.contains("<svg") && page.contains("a &lt; b") && page.contains("accuracy  0.95"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
///
/// # Errors
/// As [`LineChart::svg`].
pub fn page(chart: &LineChart, lines: &[String]) -> Result<String, ReportError> {
    let svg = chart.svg()?;
    let title = escaped(&chart.title);
    let lines = escaped(&lines.join("\n"));
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>body {{ margin: 2rem auto; max-width: 50rem; padding: 0 1rem; font-family: sans-serif }} \
         svg {{ width: 100%; height: auto }} pre {{ overflow-x: auto; font-size: 1rem }}</style>\n\
         </head>\n<body>\n<h1>{title}</h1>\n{svg}\n<pre>{lines}</pre>\n</body>\n</html>\n"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

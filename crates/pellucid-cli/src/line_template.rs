//! Log lines: a template with `{epoch}`, `{loss}` and metrics in braces, formatted as Python formats them.

use pellucid::Error;
use pellucid::descriptor::SettingError;
use pellucid::evaluation::metrics::Figure;
use pellucid::recipe::Recipe;
use pellucid::training::observe::EpochRecord;

/// A log line, ready to be filled in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LineTemplate {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Field { name: String, style: Style },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Style {
    /// As Python's `repr`: the shortest digits that read back as the same number.
    Shortest,
    /// `.4f`
    Fixed(usize),
    /// `.2e`
    Scientific(usize),
    /// `.1%`
    Percent(usize),
}

impl LineTemplate {
    /// The template of a recipe, or one that names the loss and every metric.
    ///
    /// # Errors
    /// A [`pellucid::Error::Setting`] for a brace without its partner, a name that is not logged, or a format that
    /// is none.
    pub(crate) fn from_recipe(recipe: &Recipe) -> Result<Self, Error> {
        let metrics = recipe.log.metrics.iter();
        let mut names = vec!["loss".to_string()];
        names.extend(metrics.map(|metric| metric.name().into_owned()));
        if recipe.data.validation > 0.0 {
            let of_validation = |name: &String| format!("validation_{name}");
            names.extend(names.iter().map(of_validation).collect::<Vec<_>>());
        }
        let others = names[1..].iter().map(|name| format!(", {name} {{{name}:.6f}}"));
        let usual = format!("Epoch {{epoch}}: loss {{loss:.6f}}{}", others.collect::<String>());
        let names: Vec<&str> = (["epoch"].into_iter())
            .chain(names.iter().map(String::as_str))
            .collect();
        Self::parse(recipe.log.line.as_ref().unwrap_or(&usual), &names)
    }

    fn parse(line: &str, names: &[&str]) -> Result<Self, Error> {
        let refuse =
            |expected: String| Error::from(SettingError::new("log.line", format!("{line:?}"), expected));
        let mut parts = Vec::new();
        let mut rest = line;
        while let Some((text, after)) = rest.split_once('{') {
            parts.push(Part::Text(text.into()));
            let Some((field, after)) = after.split_once('}') else {
                return Err(refuse("a { has no }".into()));
            };
            let (name, style) = field.split_once(':').unwrap_or((field, ""));
            if !names.contains(&name) {
                let known = names.join(", ");
                return Err(refuse(format!(
                    "{{{name}}} is not logged; there are {known} (see log.metrics)"
                )));
            }
            let style = Style::parse(style)
                .ok_or_else(|| refuse(format!("{{{field}}} has a format other than .Nf, .Ne or .N%")))?;
            parts.push(Part::Field {
                name: name.into(),
                style,
            });
            rest = after;
        }
        parts.push(Part::Text(rest.into()));
        Ok(Self { parts })
    }

    /// The line of an epoch.
    pub(crate) fn fill(&self, entry: &EpochRecord) -> String {
        let mut line = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => line.push_str(text),
                Part::Field { name, .. } if name == "epoch" => line.push_str(&entry.epoch.to_string()),
                Part::Field { name, style } => {
                    let value = value_of(entry, name);
                    line.push_str(&value.map_or_else(|| "?".into(), |value| style.write(value)));
                }
            }
        }
        line
    }
}

/// A figure of an epoch by name, `validation_` before those on held-out rows.
fn value_of(entry: &EpochRecord, name: &str) -> Option<f64> {
    let (loss, metrics, name) = match (name.strip_prefix("validation_"), &entry.validation) {
        (Some(name), Some(validation)) => (validation.loss, &validation.metrics, name),
        (Some(_), None) => return None,
        (None, _) => (entry.loss, &entry.metrics, name),
    };
    let figure = Figure::named(name)?;
    Some(figure.value_in(loss, metrics))
}

impl Style {
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Style::Shortest);
        }
        let digits = |kind: char| -> Option<usize> {
            let digits = text.strip_prefix('.')?.strip_suffix(kind)?.parse().ok();
            digits.filter(|&n| n <= 30)
        };
        (digits('f').map(Style::Fixed))
            .or(digits('e').map(Style::Scientific))
            .or(digits('%').map(Style::Percent))
    }

    fn write(self, value: f64) -> String {
        if !value.is_finite() {
            return value.to_string().to_lowercase();
        }
        match self {
            Style::Shortest => shortest(value),
            Style::Fixed(digits) => format!("{value:.digits$}"),
            Style::Percent(digits) => format!("{:.digits$}%", value * 100.0),
            Style::Scientific(digits) => with_python_exponent(&format!("{value:.digits$e}")),
        }
    }
}

/// Python's `repr` of a finite number.
pub(crate) fn shortest(value: f64) -> String {
    let scientific = format!("{value:e}");
    let exponent = scientific.split_once('e').and_then(|(_, text)| text.parse().ok());
    let exponent: i32 = exponent.unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = value.to_string();
        if plain.contains('.') { plain } else { plain + ".0" }
    } else {
        with_python_exponent(&scientific)
    }
}

/// `1e-7` as Python writes it: `1e-07`.
fn with_python_exponent(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent
                .strip_prefix('-')
                .map_or(('+', exponent), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid::evaluation::metrics::Metric;

    fn entry(loss: f64) -> EpochRecord {
        EpochRecord {
            epoch: 10000,
            loss,
            metrics: vec![(Metric::YPred, 0.968_977_123)],
            validation: None,
        }
    }

    #[test]
    fn lines_are_those_of_the_notebooks() {
        let template = LineTemplate::parse(
            "Epoch {epoch}| Loss : {loss:.4f}, y_pred : {y_pred:.4f}",
            &["epoch", "loss", "y_pred"],
        )
        .unwrap();
        assert_eq!(
            template.fill(&entry(0.000_481_2)),
            "Epoch 10000| Loss : 0.0005, y_pred : 0.9690"
        );
    }

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        for (value, expected) in [
            (0.499_926_969_020_174_2, "0.4999269690201742"),
            (1.0, "1.0"),
            (1e-7, "1e-07"),
            (0.0001, "0.0001"),
            (0.000_012_5, "1.25e-05"),
            (1e16, "1e+16"),
            (123_456_789.0, "123456789.0"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(shortest(value), expected);
        }
        assert_eq!(Style::Scientific(2).write(1234.5), "1.23e+03");
        assert_eq!(Style::Percent(2).write(0.9244), "92.44%");
        assert_eq!(Style::Fixed(2).write(f64::NEG_INFINITY), "-inf");
    }

    #[test]
    fn broken_templates_are_refused() {
        for (line, expected) in [
            ("{loss", "no }"),
            ("{los}", "not logged"),
            ("{loss:4x}", "format"),
        ] {
            let error = LineTemplate::parse(line, &["epoch", "loss"])
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected) && error.contains("log.line"), "{error}");
        }
    }
}

//! The contributions to a prediction as text, picture and record.

use crate::bars::bar_table;
use crate::score_text::{list, number, one_line, plural};
use pellucid_data::importance::{ContributionMethod, Contributions};
use pellucid_data::preparation::TargetPreparation;
use pellucid_report::{Bar, BarChart};
use serde_json::{Value, json};

/// Bars of a picture, and columns in words.
const MOST_BARS: usize = 40;
const MOST_IN_WORDS: usize = 3;

/// The contributions to a prediction, and what the prediction is of.
pub(super) struct Explained<'a> {
    pub(super) found: Contributions,
    /// The output that text and picture are about.
    pub(super) output: usize,
    pub(super) target: &'a TargetPreparation,
    /// Counted from 1.
    pub(super) row: u64,
    pub(super) data: String,
    /// What the row has in each column.
    pub(super) cells: Vec<Option<String>>,
}

impl Explained<'_> {
    /// What is predicted.
    fn subject(&self) -> String {
        let output = &self.found.outputs[self.output];
        match self.target {
            TargetPreparation::Regression { .. } => output.clone(),
            TargetPreparation::Labels { labels } => {
                format!(
                    "the probability that {output} is {}",
                    labels[self.output].classes[1]
                )
            }
            TargetPreparation::Binary(_) | TargetPreparation::Classes(_) => {
                format!(
                    "the probability that {} is {output}",
                    self.target.columns().concat()
                )
            }
        }
    }

    fn value(&self, column: usize) -> f64 {
        self.found.values.row(column)[self.output]
    }

    fn standard_error(&self, column: usize) -> Option<f64> {
        match &self.found.method {
            ContributionMethod::Exact => None,
            ContributionMethod::Sampled { standard_errors, .. } => {
                Some(standard_errors.row(column)[self.output])
            }
        }
    }

    /// The columns, the largest contribution of either sign first.
    fn ranked(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = (0..self.found.columns.len()).collect();
        columns.sort_by(|&a, &b| self.value(b).abs().total_cmp(&self.value(a).abs()));
        columns
    }

    fn shown_cell(&self, column: usize) -> String {
        self.cells[column].as_deref().map_or("missing".into(), one_line)
    }

    fn method(&self) -> String {
        match self.found.method {
            ContributionMethod::Exact => "exact, from every subset of the columns".into(),
            ContributionMethod::Sampled { orders, .. } => {
                format!(
                    "sampled, from {}; ± is the standard error",
                    plural(orders, "order") + " of the columns"
                )
            }
        }
    }

    /// The prediction, and what each column contributes to it, in numbers, bars and words.
    pub(super) fn text(&self) -> Vec<String> {
        let (prediction, base) = (self.found.prediction[self.output], self.found.base[self.output]);
        let mut lines = vec![
            format!("row {} of {}", self.row, self.data),
            format!("predicted: {} is {}", self.subject(), number(prediction)),
            format!(
                "mean over {}: {}",
                plural(self.found.background_rows, "background row"),
                number(base)
            ),
            format!("contributions: {}", self.method()),
            String::new(),
        ];
        let is_sampled = self.found.method != ContributionMethod::Exact;
        let mut titles = vec!["column".to_owned(), "value".to_owned(), "contribution".to_owned()];
        titles.extend(is_sampled.then(|| "±".to_owned()));
        let row = |column: usize| {
            let mut cells = vec![
                self.found.columns[column].clone(),
                self.shown_cell(column),
                signed(self.value(column)),
            ];
            cells.extend(self.standard_error(column).map(number));
            (cells, self.value(column))
        };
        lines.extend(bar_table(titles, self.ranked().into_iter().map(row).collect()));
        lines.push(String::new());
        lines.push(self.words(prediction, base));
        lines
    }

    /// The largest contributions in a sentence.
    fn words(&self, prediction: f64, base: f64) -> String {
        let largest = self.ranked().into_iter().take(MOST_IN_WORDS);
        let largest: Vec<String> = largest
            .filter(|&column| self.value(column) != 0.0)
            .map(|column| {
                let verb = if self.value(column) > 0.0 {
                    "raises"
                } else {
                    "lowers"
                };
                format!(
                    "{} ({}) {verb} it by {}",
                    one_line(&self.found.columns[column]),
                    self.shown_cell(column),
                    number(self.value(column).abs())
                )
            })
            .collect();
        let subject = self.subject();
        match largest.is_empty() {
            true => format!("No column moves {subject} from its mean over the background."),
            false => format!(
                "From {} to {}, {}: {}. All contributions add up to {}.",
                number(base),
                number(prediction),
                subject,
                list(&largest),
                signed(prediction - base)
            ),
        }
    }

    /// The largest contributions as bars.
    pub(super) fn chart(&self) -> BarChart {
        let bar = |column: usize| {
            let value = self.value(column);
            let error = self.standard_error(column);
            Bar {
                name: format!("{} = {}", self.found.columns[column], self.shown_cell(column)),
                value,
                band: error.map(|error| (value - error, value + error)),
                label: signed(value).replace('-', "−"),
            }
        };
        let [base, prediction] = [&self.found.base, &self.found.prediction]
            .map(|values| number(values[self.output]).replace('-', "−"));
        let columns = self.ranked();
        let mut subtitle = format!(
            "row {} of {}: from {base}, the mean over {}, to {prediction}; {}",
            self.row,
            self.data,
            plural(self.found.background_rows, "background row"),
            self.method()
        );
        if columns.len() > MOST_BARS {
            subtitle += &format!("; the largest {MOST_BARS} of {} columns", columns.len());
        }
        BarChart {
            title: "Contributions to a prediction".to_owned(),
            subtitle,
            x_label: format!("contribution to {}", self.subject()),
            bars: columns.into_iter().take(MOST_BARS).map(bar).collect(),
        }
    }

    /// The contributions to every output.
    pub(super) fn record(&self) -> Value {
        let found = &self.found;
        let outputs = found.outputs.iter().enumerate().map(|(at, output)| {
            let column = |column: usize| {
                let error = match &found.method {
                    ContributionMethod::Exact => None,
                    ContributionMethod::Sampled { standard_errors, .. } => {
                        Some(standard_errors.row(column)[at])
                    }
                };
                json!({
                    "column": found.columns[column],
                    "cell": self.cells[column],
                    "contribution": found.values.row(column)[at],
                    "standard_error": error,
                })
            };
            json!({
                "output": output,
                "prediction": found.prediction[at],
                "base": found.base[at],
                "contributions": (0..found.columns.len()).map(column).collect::<Vec<_>>(),
            })
        });
        let (method, orders) = match found.method {
            ContributionMethod::Exact => ("exact", None),
            ContributionMethod::Sampled { orders, .. } => ("sampled", Some(orders)),
        };
        json!({
            "row": self.row,
            "explained": found.outputs[self.output],
            "method": method,
            "orders": orders,
            "background_rows": found.background_rows,
            "outputs": outputs.collect::<Vec<_>>(),
        })
    }
}

/// A number with its sign.
fn signed(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        value if value > 0.0 => format!("+{}", number(value)),
        value => number(value),
    }
}

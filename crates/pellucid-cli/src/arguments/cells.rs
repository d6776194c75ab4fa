//! The arguments that say how the cells of a table's columns are read.

use clap::Args;
use pellucid::recipe::DateFeature;
use pellucid_data::Separators;
use pellucid_data::training::{TrainingRequest, names_in};

const DATE_FEATURES: super::Values<DateFeature, 7> = [
    ("year", "The year", DateFeature::Year),
    (
        "month",
        "The month of the year, sine and cosine",
        DateFeature::Month,
    ),
    (
        "weekday",
        "The day of the week, sine and cosine",
        DateFeature::Weekday,
    ),
    (
        "day-of-year",
        "The day of the year, sine and cosine",
        DateFeature::DayOfYear,
    ),
    ("day_of_year", "", DateFeature::DayOfYear),
    ("hour", "The time of the day, sine and cosine", DateFeature::Hour),
    ("elapsed", "Days since 1970", DateFeature::Elapsed),
];

/// What columns hold, and how their cells are written. A model keeps all of it for the tables that it predicts.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Columns")]
pub(crate) struct Cells {
    /// Columns that are categories, such as codes that are written as integers [default: columns with words]
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) categorical: Vec<String>,

    /// Columns that are numbers [default: columns of which every cell is one]
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) numeric: Vec<String>,

    /// Columns that are dates [default: columns of which every cell is one]
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) date: Vec<String>,

    /// What dates become: year, month, weekday, day-of-year, hour, elapsed [default: each that differs]
    #[arg(long, value_name = "FEATURES", value_delimiter = ',', value_parser = super::one_of(DATE_FEATURES))]
    pub(crate) date_features: Vec<DateFeature>,

    /// Columns of free text, which are left out
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) text: Vec<String>,

    /// Further texts that stand for a missing value in any column, such as unknown,-999
    #[arg(long, value_name = "TEXTS", allow_negative_numbers = true)]
    pub(crate) na: Vec<String>,

    /// Take NA, N/A, NaN and null for words in columns of words, not for missing values
    #[arg(long)]
    pub(crate) keep_na_words: bool,

    /// The decimal separator: . or , [default: the cells show it]
    #[arg(long, value_name = "CHARACTER", value_parser = decimal)]
    pub(crate) decimal: Option<char>,

    /// What separates thousands, such as . or , or ' or a space [default: the cells show it]
    #[arg(long, value_name = "CHARACTER", value_parser = thousands)]
    pub(crate) thousands: Option<char>,
}

impl Cells {
    /// What is requested of the reading of a table's cells, put into what is requested of a training.
    pub(crate) fn add_to(&self, request: &mut TrainingRequest) {
        request.columns.categorical.clone_from(&self.categorical);
        request.columns.numeric.clone_from(&self.numeric);
        request.columns.text.clone_from(&self.text);
        request.columns.date.clone_from(&self.date);
        request.date_features.clone_from(&self.date_features);
        request.missing = self
            .na
            .iter()
            .flat_map(|list| names_in(list, 0, |_| false))
            .collect();
        request.keep_na_words = self.keep_na_words;
        request.separators = Separators {
            decimal: self.decimal,
            thousands: self.thousands,
        };
    }

    /// The flags by name, and whether each is given.
    pub(crate) fn given(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("--categorical", !self.categorical.is_empty()),
            ("--numeric", !self.numeric.is_empty()),
            ("--date", !self.date.is_empty()),
            ("--date-features", !self.date_features.is_empty()),
            ("--text", !self.text.is_empty()),
            ("--na", !self.na.is_empty()),
            ("--keep-na-words", self.keep_na_words),
            ("--decimal", self.decimal.is_some()),
            ("--thousands", self.thousands.is_some()),
        ]
    }
}

fn decimal(text: &str) -> Result<char, String> {
    match text {
        "." | "point" => Ok('.'),
        "," | "comma" => Ok(','),
        _ => Err("expected . or ,".into()),
    }
}

fn thousands(text: &str) -> Result<char, String> {
    let mut characters = text.chars();
    match (text, characters.next(), characters.next()) {
        ("space", ..) => Ok(' '),
        (_, Some(character), None) if !character.is_alphanumeric() && !"+-()\"".contains(character) => {
            Ok(character)
        }
        _ => Err(
            "expected one character that is no letter, digit, sign or quote, such as . or , or a space"
                .into(),
        ),
    }
}

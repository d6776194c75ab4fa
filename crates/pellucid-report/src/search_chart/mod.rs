//! The trials of a search for settings: their scores, the best so far, and the score against each setting.

mod scene;
mod scores;

/// A trial of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchPoint {
    /// Its number.
    pub trial: u64,
    /// Its score; `None`, or not a finite number, where it failed.
    pub score: Option<f64>,
    /// Whether it was trained to the end, and not abandoned after fewer epochs.
    pub is_final: bool,
}

impl SearchPoint {
    pub(crate) fn finite_score(&self) -> Option<f64> {
        self.score.filter(|score| score.is_finite())
    }
}

/// A setting, and its value in each trial.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchSetting {
    /// The name below its panel.
    pub name: String,
    /// The values, in the order of the trials.
    pub values: SettingValues,
}

/// The values of a setting, one a trial.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingValues {
    /// Numbers from a range.
    Numbers {
        /// The numbers.
        values: Vec<f64>,
        /// Whether equal ratios are equally wide; all values are above 0 then.
        logarithmic: bool,
    },
    /// One of a few.
    Choices {
        /// The choices.
        names: Vec<String>,
        /// The index of each trial's choice.
        picks: Vec<usize>,
    },
}

/// A picture of a search: score against trial with the best so far, and below it score against each setting. At least 400
/// pixels wide.
///
/// ```
/// use pellucid_report::{Picture, PictureStyle, SearchChart, SearchPoint, SearchSetting, SettingValues};
///
/// let scores = [0.81, 0.93, 0.88];
/// let chart = SearchChart {
///     points: (1..).zip(scores).map(|(trial, score)| SearchPoint { trial, score: Some(score), is_final: true }).collect(),
///     settings: vec![SearchSetting {
///         name: "learning rate".to_owned(),
///         values: SettingValues::Numbers { values: vec![1e-4, 1e-2, 1e-1], logarithmic: true },
///     }],
///     ..SearchChart::new("iris", "accuracy", true)
/// };
/// assert!(chart.svg(PictureStyle::default())?.starts_with("<svg"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SearchChart {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading, if it is not empty. Remarks on trials without a place follow it.
    pub subtitle: String,
    /// The name of the score.
    pub score_label: String,
    /// Whether a higher score is better.
    pub higher_is_better: bool,
    /// The trials, in the order of their numbers.
    pub points: Vec<SearchPoint>,
    /// The settings, each with a value for every trial.
    pub settings: Vec<SearchSetting>,
}

impl SearchChart {
    /// An empty chart.
    pub fn new(title: impl Into<String>, score_label: impl Into<String>, higher_is_better: bool) -> Self {
        Self {
            title: title.into(),
            subtitle: String::new(),
            score_label: score_label.into(),
            higher_is_better,
            points: Vec::new(),
            settings: Vec::new(),
        }
    }
}

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
///     title: "iris".to_owned(),
///     score_label: "accuracy".to_owned(),
///     higher_is_better: true,
///     points: (1..).zip(scores).map(|(trial, score)| SearchPoint { trial, score: Some(score), is_final: true }).collect(),
///     settings: vec![SearchSetting {
///         name: "learning rate".to_owned(),
///         values: SettingValues::Numbers { values: vec![1e-4, 1e-2, 1e-1], logarithmic: true },
///     }],
/// };
/// assert!(chart.svg(PictureStyle::default())?.starts_with("<svg"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SearchChart {
    /// The heading.
    pub title: String,
    /// The name of the score.
    pub score_label: String,
    /// Whether a higher score is better.
    pub higher_is_better: bool,
    /// The trials, in the order of their numbers.
    pub points: Vec<SearchPoint>,
    /// The settings, each with a value for every trial.
    pub settings: Vec<SearchSetting>,
}

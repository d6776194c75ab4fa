//! Where and how often states are kept.

use std::path::PathBuf;
use std::str::FromStr;

/// How often a state is kept.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Every {
    /// By time, so seldom that it takes less than a hundredth of the run; not at all in a run of some seconds, unless it is
    /// interrupted.
    #[default]
    Automatic,
    /// After so many epochs.
    Epochs(u64),
    /// After so many steps.
    Steps(u64),
    /// After so many seconds.
    Seconds(f64),
}

impl FromStr for Every {
    type Err = String;

    /// Reads `10epochs`, `5000steps` or `60s`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?}: a number of epochs, steps or seconds is expected, such as 10epochs, 5000steps or 60s"
            )
        };
        let unit_at = text.find(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E');
        // A number may have an exponent, and `epochs` begins with its letter.
        let (number, unit) = match text.strip_suffix("epochs").or_else(|| text.strip_suffix("epoch")) {
            Some(number) => (number, "epochs"),
            None => text.split_at(unit_at.unwrap_or(text.len())),
        };
        let count = || match number.trim().parse::<u64>() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(wrong()),
        };
        match unit {
            "epochs" => Ok(Self::Epochs(count()?)),
            "steps" | "step" => Ok(Self::Steps(count()?)),
            "s" => match number.trim().parse::<f64>() {
                Ok(seconds) if seconds > 0.0 && seconds.is_finite() => Ok(Self::Seconds(seconds)),
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        }
    }
}

/// Whether a command continues from a checkpoint.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Resume {
    /// It begins anew, and refuses to replace a checkpoint that is there.
    #[default]
    Never,
    /// It continues from the checkpoint where there is one, and begins anew where there is none.
    WhereThereIsOne,
    /// It continues from this file.
    From(PathBuf),
}

/// Settings of a [`CheckpointKeeper`](super::CheckpointKeeper).
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointSettings {
    /// The file.
    pub path: PathBuf,
    /// How often it is written.
    pub every: Every,
    /// The number of files: the last one under its own name, those before it with `.1`, `.2` and so on after it; 1 or more.
    pub keep: usize,
    /// Whether the command continues from it.
    pub resume: Resume,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_read_with_its_unit() {
        for (text, expected) in [
            ("10epochs", Every::Epochs(10)),
            ("1epoch", Every::Epochs(1)),
            ("5000steps", Every::Steps(5000)),
            ("60s", Every::Seconds(60.0)),
            ("0.5s", Every::Seconds(0.5)),
            ("1e3s", Every::Seconds(1000.0)),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in [
            "",
            "10",
            "0epochs",
            "-1steps",
            "1.5epochs",
            "infs",
            "5 minutes",
            "s",
            "nans",
            "0s",
        ] {
            let error = text.parse::<Every>().unwrap_err();
            assert!(error.contains("5000steps"), "{text}: {error}");
        }
    }
}

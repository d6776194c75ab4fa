//! The pictures that a command draws.

use super::{THEMES, one_of};
use crate::score_text::list;
use clap::{Args, ValueEnum};
use pellucid_report::Theme;
use std::path::PathBuf;

/// Pictures as files.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pictures")]
pub(crate) struct Plots {
    /// Write a picture, .svg or .png: of WHAT, which is loss, metrics, confusion, reliability, residuals, weights,
    /// boundary or gradients; without WHAT the loss, or for a model its scores; may be repeated
    #[arg(long = "plot", value_name = "[WHAT=]FILE", value_parser = plot)]
    pub(crate) plots: Vec<Plot>,

    /// Whether pictures are light or dark; a page follows its reader's setting
    #[arg(long, value_parser = one_of(THEMES), default_value = "light")]
    pub(crate) theme: Theme,
}

/// A requested picture.
#[derive(Debug, Clone)]
pub(crate) struct Plot {
    /// Its subject, if it is given.
    pub(crate) what: Option<What>,
    pub(crate) path: PathBuf,
}

/// The subject of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum What {
    Loss,
    Metrics,
    Confusion,
    Reliability,
    Residuals,
    Weights,
    Boundary,
    Gradients,
}

impl What {
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    pub(crate) fn names(these: &[Self]) -> String {
        let names: Vec<String> = these.iter().map(|what| what.name()).collect();
        list(&names)
    }
}

fn plot(text: &str) -> Result<Plot, String> {
    let (what, path) = match text.split_once('=') {
        // A path may have an = in it, but hardly before its folder or its extension.
        Some((name, path)) if !name.contains(['/', '\\', '.']) => {
            let what = What::from_str(name, false).map_err(|_| {
                format!(
                    "there is no picture `{name}`; there are {}, and a file named so is ./{text}",
                    What::names(What::value_variants())
                )
            })?;
            (Some(what), path)
        }
        _ => (None, text),
    };
    if path.is_empty() {
        return Err("the name of a file, ending in .svg or .png, is expected".into());
    }
    Ok(Plot {
        what,
        path: path.into(),
    })
}

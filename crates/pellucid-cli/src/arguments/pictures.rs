//! The pictures that a command draws.

use crate::pictures::What;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Pictures as files.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pictures")]
pub(crate) struct Plots {
    /// Write a picture, .svg or .png: of WHAT, which is loss, metrics, confusion, residuals, weights, boundary or
    /// gradients; without it the loss, or what a model is judged by; may be repeated
    #[arg(long = "plot", value_name = "[WHAT=]FILE", value_parser = plot)]
    pub(crate) plots: Vec<Plot>,

    /// Whether pictures are light or dark; a page goes by its reader's choice
    #[arg(long, value_enum, default_value = "light")]
    pub(crate) theme: ThemeArgument,
}

/// A picture that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Plot {
    /// What it is of, where that was said.
    pub(crate) what: Option<What>,
    pub(crate) path: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ThemeArgument {
    /// Dark on white
    Light,
    /// Light on near-black
    Dark,
}

fn plot(text: &str) -> Result<Plot, String> {
    let (what, path) = match text.split_once('=') {
        // A path may have an = in it, but hardly before its folder or its extension.
        Some((name, path)) if !name.contains(['/', '\\', '.']) => {
            let what = What::named(name).ok_or_else(|| {
                format!(
                    "there is no picture `{name}`; there are {}, and a file named so is ./{text}",
                    What::names(&What::ALL)
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

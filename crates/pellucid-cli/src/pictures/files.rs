//! The files of pictures: which there can be, and writing them.

use super::{Offer, PlotSet, What};
use crate::arguments::{Plot, Plots};
use crate::failure::misuse;
use crate::outputs::PlotOutput;
use anyhow::Result;
use clap::ValueEnum;
use pellucid_data::OutputFile;
use pellucid_report::{PictureFormat, Report};
use std::path::Path;

/// The paths that pictures would go to, as options that messages name.
pub(crate) fn paths(plots: &Plots) -> impl Iterator<Item = (&'static str, Option<&Path>)> {
    let paths = plots.plots.iter().map(|plot| plot.path.as_path());
    paths.map(|path| ("--plot", Some(path)))
}

/// Whether every picture has a format.
pub(crate) fn check_formats(plots: &Plots) -> Result<()> {
    for Plot { path, .. } in &plots.plots {
        PictureFormat::from_path(path)?;
    }
    Ok(())
}

/// Whether every picture that is asked for can be drawn.
pub(crate) fn check(plots: &Plots, offer: &Offer) -> Result<()> {
    for plot in &plots.plots {
        let what = offer.subject(plot);
        if let Some(why) = offer.refusal(what) {
            let all = What::value_variants().iter().copied();
            let there: Vec<What> = all.filter(|what| offer.has(*what)).collect();
            let there = match there.len() {
                0 => "there is no other".to_string(),
                1 => format!("there is {}", What::names(&there)),
                _ => format!("there are {}", What::names(&there)),
            };
            let (name, path) = (what.name(), plot.path.display());
            return misuse(format!("--plot {name}={path}: {why}; {there}"));
        }
    }
    Ok(())
}

/// Whether a picture is asked for.
pub(crate) fn wants(plots: &Plots, offer: &Offer, what: What) -> bool {
    plots.plots.iter().any(|plot| offer.subject(plot) == what)
}

/// The files of pictures and of a page, found to be writable before the work begins.
pub(crate) struct PlotFiles<'a> {
    plots: Vec<(What, PlotOutput)>,
    page: Option<OutputFile>,
    offer: &'a Offer,
}

impl<'a> PlotFiles<'a> {
    pub(crate) fn prepare(plots: &Plots, page: Option<&Path>, offer: &'a Offer) -> Result<Self> {
        let prepare = |plot: &Plot| {
            let output = PlotOutput::prepare(&plot.path, plots.theme)?;
            Ok((offer.subject(plot), output))
        };
        Ok(Self {
            plots: plots.plots.iter().map(prepare).collect::<Result<_>>()?,
            page: page.map(OutputFile::prepare).transpose()?,
            offer,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.plots.is_empty() && !self.has_page()
    }

    pub(crate) fn has_page(&self) -> bool {
        self.page.is_some()
    }

    /// Whether a picture has a file, or a place on the page.
    pub(crate) fn want(&self, what: What) -> bool {
        let has_file = self.plots.iter().any(|(wanted, _)| *wanted == what);
        has_file || (self.has_page() && self.offer.has(what))
    }

    /// The files, each with its contents.
    pub(crate) fn paint(
        self,
        plot_set: PlotSet,
        page: impl FnOnce(PlotSet) -> Result<Report>,
    ) -> Result<Vec<(OutputFile, Vec<u8>)>> {
        let paint = |(what, output): (What, PlotOutput)| match plot_set.get(&what) {
            Some(picture) => output.paint(&**picture),
            None => Err(anyhow::anyhow!("there is nothing to draw {} of", what.name())),
        };
        let mut painted = self.plots.into_iter().map(paint).collect::<Result<Vec<_>>>()?;
        if let Some(file) = self.page {
            painted.push((file, page(plot_set)?.html()?.into_bytes()));
        }
        Ok(painted)
    }
}

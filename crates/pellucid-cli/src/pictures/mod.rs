//! The pictures of a run: the available kinds, their data and their files.

mod boundary;
mod curves;
mod first_layer;
mod gradients;
mod judged;
pub(crate) mod samples;
pub(crate) mod table;

pub(crate) use curves::{CurveRecorder, Curves, scale_for};

pub(crate) use crate::arguments::What;
use crate::arguments::{Plot, Plots, ThemeArgument};
use crate::failure::Misuse;
use crate::outputs::PlotOutput;
use anyhow::Result;
use boundary::{Drawn, boundary, field};
use gradients::gradient_flow;
use judged::{Rows, confusion, residuals};
use pellucid::Recipe;
use pellucid::model::network::Architecture;
use pellucid::session::Summary;
use pellucid_data::preparation::Predictions;
use pellucid_report::{
    Boundary, ConfusionMatrix, GradientFlow, LineChart, PageTable, PanelGrid, Picture, PictureFormat,
    Residuals, Section, TargetResiduals, Theme, WeightPicture,
};
use std::path::Path;

/// What is learnt, as far as pictures go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Learns {
    Classes,
    Labels,
    Numbers,
}

/// What is known before training of the pictures there can be.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) learns: Learns,
    /// The input columns.
    pub(crate) inputs: Vec<String>,
    /// The first of them that does not hold numbers.
    pub(crate) of_words: Option<String>,
    pub(crate) has_metrics: bool,
    /// Whether a network is trained, and not only judged.
    pub(crate) trains: bool,
}

impl Offer {
    /// Why there can be no such picture.
    fn refusal(&self, what: What) -> Option<String> {
        let learns = match self.learns {
            Learns::Classes => "this one learns classes",
            Learns::Labels => "this one learns several labels a row",
            Learns::Numbers => "this one learns numbers",
        };
        match what {
            _ if !self.trains && !matches!(what, What::Confusion | What::Residuals) => {
                Some("it is about a training, and here a model is judged that was trained before".into())
            }
            What::Confusion if self.learns != Learns::Classes => {
                Some(format!("a confusion matrix is of one class a row, and {learns}"))
            }
            What::Residuals if self.learns != Learns::Numbers => {
                Some(format!("residuals are of predicted numbers, and {learns}"))
            }
            What::Metrics if !self.has_metrics => Some(
                "no metric of its epochs is reported; name some with --metrics or hold out rows with --validation".into(),
            ),
            What::Boundary if self.inputs.len() != 2 => {
                let shown: Vec<&str> = self.inputs.iter().take(4).map(String::as_str).collect();
                let more = if self.inputs.len() > 4 { ", …" } else { "" };
                Some(format!(
                    "a boundary is drawn over two inputs, and this run has {} ({}{more})",
                    self.inputs.len(),
                    shown.join(", ")
                ))
            }
            What::Boundary => self
                .of_words
                .as_ref()
                .map(|column| format!("a boundary is drawn over two numbers, and `{column}` holds words")),
            _ => None,
        }
    }

    pub(crate) fn has(&self, what: What) -> bool {
        self.refusal(what).is_none()
    }

    /// The picture that is meant where none is named.
    fn usual(&self) -> What {
        match self.learns {
            _ if self.trains => What::Loss,
            Learns::Numbers => What::Residuals,
            _ => What::Confusion,
        }
    }
}

/// The paths that pictures would go to, as options that messages name.
pub(crate) fn paths(plots: &Plots) -> impl Iterator<Item = (&'static str, Option<&Path>)> {
    plots
        .plots
        .iter()
        .map(|plot| ("--plot", Some(plot.path.as_path())))
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
    for Plot { what, path } in &plots.plots {
        let what = what.unwrap_or(offer.usual());
        if let Some(why) = offer.refusal(what) {
            let there: Vec<What> = What::ALL.into_iter().filter(|what| offer.has(*what)).collect();
            let there = match there.len() {
                0 => "there is no other".to_string(),
                1 => format!("there is {}", What::names(&there)),
                _ => format!("there are {}", What::names(&there)),
            };
            let (name, path) = (what.name(), path.display());
            return Err(Misuse(format!("--plot {name}={path}: {why}; {there}")).into());
        }
    }
    Ok(())
}

/// Whether a picture is asked for.
pub(crate) fn wants(plots: &Plots, offer: &Offer, what: What) -> bool {
    let of = |plot: &Plot| plot.what.unwrap_or(offer.usual());
    plots.plots.iter().any(|plot| of(plot) == what)
}

/// A trained network, whatever it was trained on, as pictures need it.
pub(crate) trait PlotSource {
    fn recipe(&self) -> &Recipe;

    fn summary(&self) -> &Summary;

    fn architecture(&self) -> &Architecture;

    /// What losses are means of.
    fn unit(&self) -> &'static str;

    /// The rows it is judged by, the classes, and how often each (row) is predicted as which (column).
    fn confusion(&self) -> Option<(Rows, Vec<String>, Vec<Vec<usize>>)>;

    /// Predicted numbers of the rows it is judged by.
    fn residuals(&self) -> Result<Option<(Rows, Vec<TargetResiduals>)>>;

    fn weights(&self, of: &str, theme: Theme) -> WeightPicture;

    /// Predictions on a grid over two inputs.
    fn boundary(&self) -> Result<Option<(Drawn, Predictions)>>;
}

/// The pictures that are wanted. The curve of the loss is headed by `title`; the others are of `name`.
pub(crate) fn plots(
    title: &str,
    name: &str,
    source: &dyn PlotSource,
    curves: &Curves,
    theme: Theme,
    want: &dyn Fn(What) -> bool,
) -> Result<PlotSet> {
    let mut plot_set = PlotSet::default();
    if want(What::Loss) {
        let loss = source.recipe().logged_loss();
        plot_set.loss = Some(curves.loss(title, loss.name(), source.unit(), theme));
    }
    if want(What::Metrics) {
        plot_set.metrics = curves.metrics(name, theme);
    }
    if want(What::Confusion) {
        plot_set.confusion = source
            .confusion()
            .map(|(rows, classes, counts)| confusion(name, rows, &classes, counts, theme));
    }
    if want(What::Residuals) {
        plot_set.residuals = source
            .residuals()?
            .map(|(rows, targets)| residuals(name, rows, targets, theme));
    }
    if want(What::Weights) {
        plot_set.weights = Some(source.weights(name, theme));
    }
    if want(What::Boundary) {
        plot_set.boundary = source
            .boundary()?
            .map(|(drawn, predictions)| boundary(name, drawn, field(predictions), theme));
    }
    if want(What::Gradients) {
        let statistics = &source.summary().layer_statistics;
        plot_set.gradients = gradient_flow(name, source.architecture(), statistics, theme);
    }
    Ok(plot_set)
}

/// The files that pictures go to, found to be writable.
#[derive(Default)]
pub(crate) struct PlotFiles {
    files: Vec<(What, PlotOutput)>,
    pub(crate) theme: Theme,
}

impl PlotFiles {
    pub(crate) fn prepare(plots: &Plots, offer: &Offer) -> Result<Self> {
        let prepare = |plot: &Plot| {
            Ok((
                plot.what.unwrap_or(offer.usual()),
                PlotOutput::prepare(&plot.path)?,
            ))
        };
        Ok(Self {
            files: plots.plots.iter().map(prepare).collect::<Result<_>>()?,
            theme: match plots.theme {
                ThemeArgument::Light => Theme::Light,
                ThemeArgument::Dark => Theme::Dark,
            },
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(crate) fn want(&self, what: What) -> bool {
        self.files.iter().any(|(wanted, _)| *wanted == what)
    }

    /// The files' contents.
    pub(crate) fn paint(&self, plot_set: &PlotSet) -> Result<Vec<Vec<u8>>> {
        let paint = |(what, file): &(What, PlotOutput)| {
            let picture = plot_set.picture(*what);
            file.paint(picture.ok_or_else(|| anyhow::anyhow!("there is nothing to draw {} of", what.name()))?)
        };
        self.files.iter().map(paint).collect()
    }

    pub(crate) fn write(self, painted: Vec<Vec<u8>>) -> Result<()> {
        for ((_, file), bytes) in self.files.into_iter().zip(painted) {
            file.write_painted(&bytes)?;
        }
        Ok(())
    }
}

/// The pictures of a run; those that were not asked for, or that it cannot have, are not there.
#[derive(Default)]
pub(crate) struct PlotSet {
    pub(crate) loss: Option<LineChart>,
    pub(crate) metrics: Option<PanelGrid>,
    pub(crate) confusion: Option<ConfusionMatrix>,
    pub(crate) residuals: Option<Residuals>,
    pub(crate) weights: Option<WeightPicture>,
    pub(crate) boundary: Option<Boundary>,
    pub(crate) gradients: Option<GradientFlow>,
}

impl PlotSet {
    fn picture(&self, what: What) -> Option<&dyn Picture> {
        fn as_picture<P: Picture>(picture: &Option<P>) -> Option<&dyn Picture> {
            picture.as_ref().map(|picture| picture as &dyn Picture)
        }
        match what {
            What::Loss => as_picture(&self.loss),
            What::Metrics => as_picture(&self.metrics),
            What::Confusion => as_picture(&self.confusion),
            What::Residuals => as_picture(&self.residuals),
            What::Weights => as_picture(&self.weights),
            What::Boundary => as_picture(&self.boundary),
            What::Gradients => as_picture(&self.gradients),
        }
    }

    /// The parts of a page. `details` belong to what predictions are worth.
    pub(crate) fn into_sections(self, details: Vec<PageTable>) -> Vec<Section> {
        fn boxed<P: Picture + 'static>(picture: Option<P>) -> Option<Box<dyn Picture>> {
            picture.map(|picture| Box::new(picture) as Box<dyn Picture>)
        }
        let parts = [
            ("Training", vec![boxed(self.loss), boxed(self.metrics)], ""),
            (
                "Confusion",
                vec![boxed(self.confusion)],
                "Each row is a true class, each column what was predicted for its rows: the diagonal is right, all else is \
                 not. Colour goes by the square root of the share, so that rare mistakes are to be seen.",
            ),
            (
                "Residuals",
                vec![boxed(self.residuals)],
                "On the dashed diagonal predictions are true. To the right, how often they are off by how much: below 0 \
                 what was predicted too high, above 0 too low.",
            ),
            (
                "Decision boundary",
                vec![boxed(self.boundary)],
                "What the network says between the rows of the data, asked on a grid.",
            ),
            (
                "Weights",
                vec![boxed(self.weights)],
                "What each unit of the first layer looks at: it is driven up by inputs whose weight is above 0, down by \
                 those below.",
            ),
            (
                "Gradient flow",
                vec![boxed(self.gradients)],
                "How much of the gradient reaches each layer, and how large a step is beside the weights it moves. A layer \
                 far below the others hardly learns.",
            ),
        ];
        let sections = parts.into_iter().filter_map(|(heading, pictures, text)| {
            let pictures: Vec<_> = pictures.into_iter().flatten().collect();
            let tables = match heading {
                "Confusion" | "Residuals" => details.clone(),
                _ => Vec::new(),
            };
            (!pictures.is_empty()).then(|| Section {
                pictures,
                tables,
                text: (!text.is_empty()).then(|| text.to_owned()).into_iter().collect(),
                ..Section::new(heading)
            })
        });
        sections.collect()
    }
}

//! The pictures of a run: the available kinds, their data and their files.

mod boundary;
mod curves;
mod files;
mod first_layer;
pub(crate) mod importance;
mod judged;
pub(crate) mod samples;
pub(crate) mod table;

pub(crate) use crate::arguments::What;
pub(crate) use curves::{CurveRecorder, Curves, scale_for};
pub(crate) use files::{PlotFiles, check, check_formats, paths, wants};

use crate::arguments::Plot;
use anyhow::Result;
use clap::ValueEnum;
use pellucid::Recipe;
use pellucid::model::network::Architecture;
use pellucid::session::Summary;
use pellucid_report::{
    Boundary, ConfusionMatrix, PageTable, Picture, Reliability, Residuals, Section, WeightPicture,
    gradient_flow,
};
use std::collections::BTreeMap;

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
    /// Whether outputs are the probabilities of classes.
    pub(crate) has_probabilities: bool,
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
            _ if !self.trains && !matches!(what, What::Confusion | What::Reliability | What::Residuals) => {
                Some("it is about a training, and here a model is judged that was trained before".into())
            }
            What::Confusion if self.learns != Learns::Classes => {
                Some(format!("a confusion matrix is of one class a row, and {learns}"))
            }
            What::Reliability if self.learns != Learns::Classes => {
                Some(format!("a reliability diagram is of one class a row, and {learns}"))
            }
            What::Reliability if !self.has_probabilities => Some(
                "a reliability diagram is of probabilities, and the outputs of this network are none; softmax, or one \
                 sigmoid, has them"
                    .into(),
            ),
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

    /// What a picture is of, where that is not named too.
    fn subject(&self, plot: &Plot) -> What {
        plot.what.unwrap_or(match self.learns {
            _ if self.trains => What::Loss,
            Learns::Numbers => What::Residuals,
            _ => What::Confusion,
        })
    }
}

/// What a training was and how it went, whatever it was on.
#[derive(Clone, Copy)]
pub(crate) struct Training<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) architecture: &'a Architecture,
    pub(crate) summary: &'a Summary,
    /// What losses are means of.
    pub(crate) unit: &'static str,
}

/// A trained network, whatever it was trained on, as pictures need it. The pictures are of a name.
pub(crate) trait PlotSource {
    fn training(&self) -> Training<'_>;

    /// Classes and predicted classes of the rows it is judged by.
    fn confusion(&self, of: &str) -> Option<ConfusionMatrix>;

    /// How sure the predictions of the rows it is judged by are, and how often they are right.
    fn reliability(&self, of: &str) -> Result<Option<Reliability>>;

    /// Predicted numbers of the rows it is judged by.
    fn residuals(&self, of: &str) -> Result<Option<Residuals>>;

    fn weights(&self, of: &str) -> WeightPicture;

    /// Predictions on a grid over two inputs.
    fn boundary(&self, of: &str) -> Result<Option<Boundary>>;
}

/// The pictures of a run; those that were not asked for, or that it cannot have, are not there.
pub(crate) type PlotSet = BTreeMap<What, Box<dyn Picture>>;

fn boxed<P: Picture + 'static>(picture: P) -> Box<dyn Picture> {
    Box::new(picture)
}

/// The pictures that are wanted. The curve of the loss is headed by `title`; the others are of `name`.
pub(crate) fn plots(
    title: &str,
    name: &str,
    source: &dyn PlotSource,
    curves: &Curves,
    files: &PlotFiles<'_>,
) -> Result<PlotSet> {
    let draw = |what| -> Result<Option<Box<dyn Picture>>> {
        Ok(match what {
            What::Loss => Some(boxed(curves.loss(title, source))),
            What::Metrics => curves.metrics(name).map(boxed),
            What::Confusion => source.confusion(name).map(boxed),
            What::Reliability => source.reliability(name)?.map(boxed),
            What::Residuals => source.residuals(name)?.map(boxed),
            What::Weights => Some(boxed(source.weights(name))),
            What::Boundary => source.boundary(name)?.map(boxed),
            What::Gradients => {
                let training = source.training();
                let statistics = &training.summary.layer_statistics;
                let subtitle = format!(
                    "{name}: derivatives of the loss on some training rows; steps at the ends of epochs"
                );
                let flow = || gradient_flow(subtitle, training.architecture, statistics);
                (!statistics.is_empty()).then(flow).map(boxed)
            }
        })
    };
    let wanted = What::value_variants().iter().filter(|what| files.want(**what));
    let drawn = wanted.filter_map(|&what| draw(what).transpose().map(|picture| Ok((what, picture?))));
    drawn.collect()
}

/// The parts of a page: heading, pictures, and what they show.
const PARTS: [(&str, &[What], &str); 7] = [
    ("Training", &[What::Loss, What::Metrics], ""),
    (
        "Confusion",
        &[What::Confusion],
        "Each row is a true class, each column what was predicted for its rows: the diagonal is right, all else is not. \
         Colour goes by the square root of the share, so that rare mistakes are to be seen.",
    ),
    (
        "Calibration",
        &[What::Reliability],
        "Where predictions are as sure as they are right, points lie on the dashed diagonal: below it they are too sure, above \
         it not sure enough. To the right, how many rows are how sure.",
    ),
    (
        "Residuals",
        &[What::Residuals],
        "On the dashed diagonal predictions are true. To the right, how often they are off by how much: below 0 what was \
         predicted too high, above 0 too low.",
    ),
    (
        "Decision boundary",
        &[What::Boundary],
        "What the network says between the rows of the data, asked on a grid.",
    ),
    (
        "Weights",
        &[What::Weights],
        "What each unit of the first layer looks at: it is driven up by inputs whose weight is above 0, down by those below.",
    ),
    (
        "Gradient flow",
        &[What::Gradients],
        "How much of the gradient reaches each layer, and how large a step is beside the weights it moves. A layer far below \
         the others hardly learns.",
    ),
];

/// The parts of a page that have pictures. `details` belong to what predictions are worth.
pub(crate) fn sections(mut plot_set: PlotSet, details: &[PageTable]) -> Vec<Section> {
    let section = |(heading, whats, text): (&str, &[What], &str)| {
        let has_details = matches!(whats, [What::Confusion | What::Residuals]);
        Section {
            heading: heading.to_owned(),
            text: Some(text.to_owned())
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect(),
            pictures: whats.iter().filter_map(|what| plot_set.remove(what)).collect(),
            tables: if has_details { details.to_vec() } else { Vec::new() },
        }
    };
    let sections = PARTS.into_iter().map(section);
    sections.filter(|section| !section.pictures.is_empty()).collect()
}

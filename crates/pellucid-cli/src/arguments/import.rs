//! The arguments of `pellucid import`.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    after_help = "Matrix products, biases, scales, batch normalisation and the activations that pellucid has are read; a graph with \
    any other operator is refused by its name. Of a graph that `pellucid export` wrote, the preparation of the table comes back \
    too.\n\n\
    Examples:\n  \
    pellucid import network.onnx --out network.safetensors\n  \
    pellucid import iris.onnx --columns length,width --classes setosa,versicolor,virginica --target species --out iris.safetensors\n\n\
    Exit status: 0 imported, 1 failed, 2 wrong usage."
)]
pub(crate) struct Import {
    /// An ONNX file
    pub(crate) file: PathBuf,

    /// Where to write the model
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// The output of the graph, if it has several
    #[arg(long, value_name = "NAME")]
    pub(crate) output: Option<String>,

    /// The columns that are the features, in order, with commas [default: x1, x2, …]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    /// The classes by name, in the order of the outputs, with commas [default: class 0, class 1, …]
    #[arg(long, value_name = "CLASSES", value_delimiter = ',')]
    pub(crate) classes: Vec<String>,

    /// The column to predict [default: target]
    #[arg(long, short, value_name = "COLUMN")]
    pub(crate) target: Option<String>,
}

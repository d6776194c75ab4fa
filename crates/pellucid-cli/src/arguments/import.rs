//! The arguments of `pellucid import`.

use clap::Args;
use pellucid::Activation;
use pellucid::descriptor::Choice;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    after_help = "An ONNX graph is read where it is a multilayer perceptron; one with any other operator is refused by its name. A state \
    dict of PyTorch, which safetensors.torch.save_model writes, has linear layers, batch and layer normalisations and PReLU, and does \
    not say which activations stand between them: --activation and --output-activation do, or --layers. Of a file that \
    `pellucid export` wrote, the preparation of the table comes back too.\n\n\
    Examples:\n  \
    pellucid import network.onnx --out network.safetensors\n  \
    pellucid import iris.onnx --columns length,width --classes setosa,versicolor,virginica --target species --out iris.safetensors\n  \
    pellucid import state.safetensors --activation relu --output-activation softmax --out network.safetensors\n  \
    pellucid import state.safetensors --layers fc1,norm1,gelu,fc2,identity --out network.safetensors\n\n\
    Exit status: 0 imported, 1 failed, 2 wrong usage."
)]
pub(crate) struct Import {
    /// An ONNX file, or a state dict in the safetensors format
    pub(crate) file: PathBuf,

    /// Where to write the model
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// Of an ONNX graph, the output that is read, if it has several
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

    /// Of a state dict, the activation of the hidden layers, or one for each, with commas
    #[arg(long, value_name = "ACTIVATIONS", value_delimiter = ',', value_parser = super::activation, help_heading = "State dicts")]
    pub(crate) activation: Vec<Activation>,

    /// Of a state dict, what the output layer ends with: identity, softmax, sigmoid [default: that of --classes]
    #[arg(long, value_name = "ACTIVATION", value_parser = output_activation, help_heading = "State dicts")]
    pub(crate) output_activation: Option<Activation>,

    /// Of a state dict, the modules and activations in order, with commas, where names do not show it
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        help_heading = "State dicts"
    )]
    pub(crate) layers: Vec<String>,
}

fn output_activation(text: &str) -> Result<Activation, String> {
    Activation::named(text).ok_or_else(|| format!("expected one of {}", Activation::names().join(", ")))
}

//! The arguments of `pellucid export`.

use super::Reading;
use clap::Args;
use pellucid_export::{Form, Quantization};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    after_help = "Every form takes the columns of the table and gives classes with their probabilities, or numbers in the \
    table's units. Beside it stands a program that compares its answers with the model's own on rows of usual, missing, unseen \
    and extreme values; --verify runs it.\n\n\
    Examples:\n  \
    pellucid export income.safetensors --to onnx\n  \
    pellucid export income.safetensors --to onnx --verify people.csv -o build/income.onnx\n  \
    pellucid export income.safetensors --to c --no-libm\n\n\
    Exit status: 0 exported, 1 failed or the answers differ, 2 wrong usage."
)]
pub(crate) struct Export {
    /// A model that `pellucid train` wrote
    pub(crate) model: PathBuf,

    /// The form
    #[arg(long, value_name = "FORM", value_parser = super::one_of(FORMS))]
    pub(crate) to: Form,

    /// The main file, of a name of letters, digits and underscores, with which names in the files begin; the others are written
    /// beside it [default: the model's name, in this folder]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// Run the form on the rows of this table as well, and say how far its answers are from the model's: a file, - for
    /// standard input, or a built-in set
    #[arg(long, value_name = "DATA")]
    pub(crate) verify: Option<PathBuf>,

    /// In C, compute the layers in integers, whose ranges are those of --verify's rows, and state how far the answers are off
    #[arg(long, value_name = "INTEGERS", value_parser = super::one_of(QUANTIZATIONS))]
    pub(crate) quantize: Option<Quantization>,

    /// In C, write the mathematical functions into the source, for devices without `<math.h>`
    #[arg(long)]
    pub(crate) no_libm: bool,

    /// Write what was exported as JSON, to standard output unless a file is named
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) json: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: Reading,

    /// No notes, only the results
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

const QUANTIZATIONS: super::Values<Quantization, { Quantization::ALL.len() }> = {
    let mut named = [("", "", Quantization::Int8); Quantization::ALL.len()];
    let mut at = 0;
    while at < named.len() {
        let one = Quantization::ALL[at];
        named[at] = (one.name(), one.summary(), one);
        at += 1;
    }
    named
};

const FORMS: super::Values<Form, { Form::ALL.len() }> = {
    let mut named = [("", "", Form::Onnx); Form::ALL.len()];
    let mut at = 0;
    while at < named.len() {
        let form = Form::ALL[at];
        named[at] = (form.name(), form.summary(), form);
        at += 1;
    }
    named
};

//! A network as an estimator of scikit-learn, in a Python module that builds it.

use super::numpy::{LibraryNetwork, array_literal, write_with};
use crate::error::{ExportError, Result};
use crate::program::{Answers, PlainLayer, Program};
use pellucid::Activation;
use std::fmt::Write;

/// The module of a program.
///
/// # Errors
/// scikit-learn's estimators have no such network.
pub(crate) fn write(program: &Program, form: &'static str) -> Result<String> {
    let refused = |part: String, advice: &str| ExportError::Inexpressible {
        form,
        part,
        advice: advice.into(),
    };
    let layers = program.plain_layers().ok_or_else(|| {
        refused(
            "a network of other parts than layers and activations, such as layer normalisation, embeddings, members, parametric \
             activations or an ensemble"
                .into(),
            "export to pytorch, keras or onnx",
        )
    })?;
    let hidden = hidden_activation(&layers).map_err(|part| {
        refused(
            part,
            "it has one of identity, sigmoid, tanh and relu for all hidden layers; export to pytorch, keras or onnx",
        )
    })?;
    let last = layers.last().map_or(Activation::Identity, |last| last.activation);
    let outputs = program.steps[program.outputs].width;
    let (class, targets, output) = match (&program.answers, last) {
        (Answers::Classes { classes, .. }, Activation::Softmax) if classes.len() > 2 => {
            ("MLPClassifier", "np.arange(len(CLASSES))".to_owned(), "softmax")
        }
        (Answers::Classes { .. }, Activation::Sigmoid) if outputs == 1 => {
            ("MLPClassifier", "np.arange(2)".to_owned(), "logistic")
        }
        (Answers::Labels { columns, .. }, Activation::Sigmoid) if columns.len() > 1 => {
            let count = columns.len();
            ("MLPClassifier", format!("np.eye({count}, dtype=int)"), "logistic")
        }
        (Answers::Numbers { .. }, Activation::Identity) => ("MLPRegressor", String::new(), "identity"),
        (_, other) => {
            return Err(refused(
                format!("the output activation `{}` with these targets", other.name()),
                "export to pytorch, keras or onnx",
            ));
        }
    };
    let mut definitions = String::from("WEIGHTS = [\n");
    for layer in &layers {
        let _ = writeln!(
            definitions,
            "    {},",
            array_literal(&program.arrays[layer.weights])
        );
    }
    definitions += "]\nBIASES = [\n";
    for layer in &layers {
        let _ = match layer.bias {
            Some(bias) => writeln!(definitions, "    {},", array_literal(&program.arrays[bias])),
            None => writeln!(
                definitions,
                "    np.zeros({}),",
                program.arrays[layer.weights].shape[1]
            ),
        };
    }
    let sizes: Vec<String> = layers[..layers.len() - 1]
        .iter()
        .map(|layer| format!("{},", program.arrays[layer.weights].shape[1]))
        .collect();
    let _ = write!(
        definitions,
        "]\n\n\ndef build():\n    \"\"\"The fitted estimator of the features that ``prepare`` makes.\"\"\"\n    \
         model = {class}(hidden_layer_sizes=({}), activation=\"{hidden}\")\n    \
         model.coefs_ = [np.array(weights, float) for weights in WEIGHTS]\n    \
         model.intercepts_ = [np.array(biases, float) for biases in BIASES]\n    \
         model.n_features_in_ = len(WEIGHTS[0])\n    model.n_outputs_ = {outputs}\n    \
         model.n_layers_ = {}\n    model.out_activation_ = \"{output}\"\n",
        sizes.join(" ").trim_end(),
        layers.len() + 1
    );
    if !targets.is_empty() {
        let _ = write!(
            definitions,
            "    model._label_binarizer = LabelBinarizer().fit({targets})\n    \
             model.classes_ = model._label_binarizer.classes_\n"
        );
    }
    let answer = match (class, outputs) {
        ("MLPRegressor", _) => format!("ESTIMATOR.predict(features).reshape(-1, {outputs})"),
        (_, 1) => "ESTIMATOR.predict_proba(features)[:, 1:]".into(),
        _ => "ESTIMATOR.predict_proba(features)".into(),
    };
    let _ = write!(
        definitions,
        "    return model\n\n\n#: The estimator that ``predict`` uses.\nESTIMATOR = build()\n\n\n\
         def _outputs(features):\n    \
         # Rows with other numbers have no answer, and scikit-learn takes none of them.\n    \
         features = np.nan_to_num(np.asarray(features, float), posinf=0.0, neginf=0.0)\n    \
         return {answer}.astype(WEIGHTS[0].dtype)\n"
    );
    let binarizer = if targets.is_empty() {
        ""
    } else {
        "from sklearn.preprocessing import LabelBinarizer\n"
    };
    let network = LibraryNetwork {
        needs: "scikit-learn",
        imports: format!("from sklearn.neural_network import {class}\n{binarizer}"),
        reads_file: false,
        definitions,
        function: "_outputs",
    };
    Ok(write_with(program, &network))
}

/// scikit-learn's name of the activation of all hidden layers; the part that it lacks, if it does.
fn hidden_activation(layers: &[PlainLayer]) -> Result<&'static str, String> {
    let hidden = &layers[..layers.len().saturating_sub(1)];
    let Some(first) = hidden.first() else {
        return Err("a network without hidden layers".into());
    };
    if let Some(other) = hidden.iter().find(|layer| layer.activation != first.activation) {
        return Err(format!(
            "the activations `{}` and `{}` of different hidden layers",
            first.activation.name(),
            other.activation.name()
        ));
    }
    match first.activation {
        Activation::Identity => Ok("identity"),
        Activation::Sigmoid => Ok("logistic"),
        Activation::Tanh => Ok("tanh"),
        Activation::Relu => Ok("relu"),
        other => Err(format!("the activation `{}`", other.name())),
    }
}

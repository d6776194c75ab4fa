//! A network as a class of PyTorch or of Keras, with its parameters in a safetensors file.

use super::numpy::{LibraryNetwork, kind, literal, write_with};
use super::state_dict::{self, Tensor};
use crate::error::Result;
use crate::import::state_dict::Exported;
use crate::program::{
    Activated, Computed, Function, Operator, PlainLayer, Precision, Program, Step, Test, Value,
};
use pellucid::Activation;
use pellucid_data::preparation::Preparation;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The library that computes the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    PyTorch,
    Keras,
}

/// The source and the parameters of a module.
pub(crate) struct Module {
    pub(crate) source: String,
    pub(crate) parameters: Vec<u8>,
}

/// The module of a program. `name` is that of the files, and `preparation` that of the model's table.
pub(crate) fn write(
    program: &Program,
    preparation: Option<&Preparation>,
    name: &str,
    library: Library,
    form: &'static str,
) -> Result<Module> {
    let writer = Writer { program, library };
    let layers = writer.layers();
    let constants = writer.constants();
    let forward = writer.forward();
    let mut definitions = match library {
        Library::PyTorch => String::from("class Network(nn.Module):\n"),
        Library::Keras => format!(
            "{}@keras.saving.register_keras_serializable(package=\"{name}\")\nclass Network(keras.Model):\n",
            match program.network {
                Precision::Single => "",
                Precision::Double => KERAS_DOUBLE,
            }
        ),
    };
    let (inputs, outputs) = (writer.width(program.features), writer.width(program.outputs));
    let _ = write!(
        definitions,
        "    \"\"\"Features, (rows, {inputs}), to outputs, (rows, {outputs}).\"\"\"\n\n"
    );
    definitions += match (library, program.network) {
        (Library::PyTorch, _) => "    def __init__(self):\n        super().__init__()\n",
        (Library::Keras, Precision::Single) => {
            "    def __init__(self, **settings):\n        super().__init__(**settings)\n"
        }
        (Library::Keras, Precision::Double) => {
            "    def __init__(self, **settings):\n        super().__init__(**{\"dtype\": \"float64\", **settings})\n"
        }
    };
    for (layer, dense) in &layers {
        let line = writer.declared(layer, dense);
        let _ = writeln!(definitions, "        self.{layer} = {line}");
    }
    for (value, numbers) in &constants {
        let line = match library {
            Library::PyTorch => format!("nn.Parameter(torch.empty({}{}))", numbers.len(), writer.dtype()),
            Library::Keras => format!(
                "self.add_weight(shape=({},), dtype=\"{}\", name=\"constants_{value}\")",
                numbers.len(),
                kind(program.network)
            ),
        };
        let _ = writeln!(definitions, "        self.constants_{value} = {line}");
    }
    definitions += match library {
        Library::PyTorch => "\n    def forward(self, features):\n",
        Library::Keras => "\n    def call(self, features):\n",
    };
    definitions += &forward;
    definitions += "\n\n";
    let file = format!("{name}.safetensors");
    definitions += &match library {
        Library::PyTorch => PYTORCH_LOADED.replace("@FILE@", &file),
        Library::Keras => KERAS_LOADED
            .replace("@FILE@", &file)
            .replace("@INPUTS@", &inputs.to_string())
            .replace("@KIND@", kind(program.network))
            .replace(
                "@CONSTANTS@",
                &constants
                    .keys()
                    .map(|value| {
                        format!("    model.constants_{value}.assign(tensors[\"constants_{value}\"])\n")
                    })
                    .collect::<String>(),
            ),
    };
    let network = LibraryNetwork {
        needs: match library {
            Library::PyTorch => "PyTorch, safetensors and NumPy",
            Library::Keras => "Keras 3, safetensors and NumPy",
        },
        imports: writer.imports(&definitions),
        reads_file: true,
        definitions,
        function: "_outputs",
    };
    let tensors = writer.tensors(&layers, &constants);
    Ok(Module {
        source: write_with(program, &network),
        parameters: state_dict::write(&tensors, writer.exported(preparation), program.network, form)?,
    })
}

const KERAS_DOUBLE: &str = "if keras.backend.backend() == \"jax\":
    import jax

    jax.config.update(\"jax_enable_x64\", True)  # without it JAX computes in single precision


";

const PYTORCH_LOADED: &str = "def load():
    \"\"\"The network with the parameters of @FILE@.\"\"\"
    model = Network()
    model.load_state_dict(load_file(Path(__file__).with_name(\"@FILE@\")))
    return model.eval()


#: The network that ``predict`` uses.
NETWORK = load()


def _outputs(features):
    with torch.no_grad():
        return NETWORK(torch.from_numpy(features)).numpy()
";

const KERAS_LOADED: &str = "def load():
    \"\"\"The network with the parameters of @FILE@.\"\"\"
    tensors = load_file(Path(__file__).with_name(\"@FILE@\"))
    model = Network()
    model(np.zeros((1, @INPUTS@), np.@KIND@))  # makes the layers' weights
    for layer in model.layers:
        layer.set_weights([tensors[name] for name in (f\"{layer.name}.kernel\", f\"{layer.name}.bias\") if name in tensors])
@CONSTANTS@    return model


#: The network that ``predict`` uses.
NETWORK = load()


def _outputs(features):
    return keras.ops.convert_to_numpy(NETWORK(features, training=False))
";

/// The operands of a dense step.
struct Layer {
    weights: usize,
    bias: Option<usize>,
}

struct Writer<'a> {
    program: &'a Program,
    library: Library,
}

impl Writer<'_> {
    fn width(&self, value: Value) -> usize {
        self.program.steps[value].width
    }

    /// The steps of the network that are written one by one: those of activations are not.
    fn steps(&self) -> impl Iterator<Item = (Value, &Computed)> {
        let of_network = self.program.steps.iter().enumerate();
        of_network.filter(|(value, _)| {
            let is_inner =
                |one: &Activated| self.call(one.activation, "").is_some() && one.steps.contains(value);
            self.program.is_of_network(*value)
                && !self
                    .program
                    .activations
                    .iter()
                    .any(|one| is_inner(one) && one.to != *value)
        })
    }

    fn activation(&self, value: Value) -> Option<&Activated> {
        let found = self.program.activations.iter();
        found
            .filter(|one| !one.steps.is_empty())
            .find(|one| one.to == value)
    }

    /// The layers by name, each once.
    fn layers(&self) -> BTreeMap<String, Layer> {
        let of_step = |(_, computed): (Value, &Computed)| match computed.step {
            Step::Dense { weights, bias, .. } => Some((self.layer_name(weights), Layer { weights, bias })),
            _ => None,
        };
        self.steps().filter_map(of_step).collect()
    }

    fn layer_name(&self, weights: usize) -> String {
        let name = &self.program.arrays[weights].name;
        name.strip_suffix("_weights").unwrap_or(name).to_owned()
    }

    /// The constants of several numbers that steps use: gains, shifts, scales, factors and frequencies.
    fn constants(&self) -> BTreeMap<Value, &[f64]> {
        let used = self
            .steps()
            .flat_map(|(value, computed)| match self.activation(value) {
                Some(_) => Vec::new(),
                None => computed.step.uses(),
            });
        used.filter_map(|value| match &self.program.steps[value].step {
            Step::Constant(numbers) if numbers.len() > 1 => Some((value, numbers.as_slice())),
            _ => None,
        })
        .collect()
    }

    fn declared(&self, name: &str, layer: &Layer) -> String {
        let shape = &self.program.arrays[layer.weights].shape;
        let (inputs, outputs) = (shape[0], shape[1]);
        let has_bias = if layer.bias.is_some() { "True" } else { "False" };
        match self.library {
            Library::PyTorch => format!("nn.Linear({inputs}, {outputs}, bias={has_bias}{})", self.dtype()),
            Library::Keras => format!(
                "keras.layers.Dense({outputs}, use_bias={has_bias}, dtype=\"{}\", name=\"{name}\")",
                kind(self.program.network)
            ),
        }
    }

    /// The argument of PyTorch for the precision; single is the default.
    fn dtype(&self) -> &'static str {
        match self.program.network {
            Precision::Single => "",
            Precision::Double => ", dtype=torch.float64",
        }
    }

    fn imports(&self, definitions: &str) -> String {
        match self.library {
            Library::PyTorch => {
                let mut lines = String::from(
                    "import torch\nfrom safetensors.torch import load_file\nfrom torch import nn\n",
                );
                if definitions.contains("functional.") {
                    lines += "from torch.nn import functional\n";
                }
                lines
            }
            Library::Keras => "import keras\nfrom safetensors.numpy import load_file\n".into(),
        }
    }

    /// What an import needs to know beside the tensors, of a network that is nothing but layers.
    fn exported(&self, preparation: Option<&Preparation>) -> Option<String> {
        let layers = self.program.plain_layers()?;
        let of_layer =
            |layer: &PlainLayer| [self.layer_name(layer.weights), layer.activation.name().to_owned()];
        let exported = Exported {
            layers: layers.iter().flat_map(of_layer).collect(),
            preparation: preparation.cloned(),
        };
        serde_json::to_string(&exported).ok()
    }

    fn tensors(&self, layers: &BTreeMap<String, Layer>, constants: &BTreeMap<Value, &[f64]>) -> Vec<Tensor> {
        let mut tensors = Vec::new();
        let kernel = match self.library {
            Library::PyTorch => "weight",
            Library::Keras => "kernel",
        };
        for (name, layer) in layers {
            let weights = &self.program.arrays[layer.weights];
            let (inputs, outputs) = (weights.shape[0], weights.shape[1]);
            let (shape, numbers) = match self.library {
                Library::PyTorch => {
                    let transposed = (0..outputs)
                        .flat_map(|unit| weights.numbers[unit..].iter().step_by(outputs))
                        .copied()
                        .collect();
                    (vec![outputs, inputs], transposed)
                }
                Library::Keras => (weights.shape.clone(), weights.numbers.clone()),
            };
            tensors.push(Tensor {
                name: format!("{name}.{kernel}"),
                shape,
                numbers,
            });
            if let Some(bias) = layer.bias {
                let bias = &self.program.arrays[bias];
                tensors.push(Tensor {
                    name: format!("{name}.bias"),
                    shape: bias.shape.clone(),
                    numbers: bias.numbers.clone(),
                });
            }
        }
        let of_constants = constants.iter().map(|(value, numbers)| Tensor {
            name: format!("constants_{value}"),
            shape: vec![numbers.len()],
            numbers: numbers.to_vec(),
        });
        tensors.extend(of_constants);
        tensors
    }

    /// The lines of the function from features to outputs.
    fn forward(&self) -> String {
        let mut lines = String::new();
        for (value, computed) in self.steps() {
            if matches!(computed.step, Step::Constant(_)) {
                continue;
            }
            let text = self
                .activation(value)
                .and_then(|one| self.call(one.activation, &self.name(one.of)))
                .unwrap_or_else(|| self.expression(computed));
            let _ = writeln!(lines, "        v{value} = {text}");
        }
        let _ = writeln!(lines, "        return {}", self.name(self.program.outputs));
        lines
    }

    fn name(&self, value: Value) -> String {
        match &self.program.steps[value] {
            _ if value == self.program.features => "features".into(),
            Computed {
                step: Step::Constant(numbers),
                precision,
                ..
            } => match numbers[..] {
                [only] => literal(only, *precision),
                _ => format!("self.constants_{value}"),
            },
            _ => format!("v{value}"),
        }
    }

    /// An activation of a value, if the library has it.
    fn call(&self, activation: Activation, z: &str) -> Option<String> {
        Some(match self.library {
            Library::PyTorch => match activation {
                Activation::Sigmoid => format!("torch.sigmoid({z})"),
                Activation::Tanh => format!("torch.tanh({z})"),
                Activation::Relu => format!("functional.relu({z})"),
                Activation::LeakyRelu => format!("functional.leaky_relu({z}, 0.01)"),
                Activation::Elu => format!("functional.elu({z})"),
                Activation::Selu => format!("functional.selu({z})"),
                Activation::Gelu => format!("functional.gelu({z})"),
                Activation::GeluTanh => format!("functional.gelu({z}, approximate=\"tanh\")"),
                Activation::Silu => format!("functional.silu({z})"),
                Activation::Mish => format!("functional.mish({z})"),
                Activation::Softplus => format!("functional.softplus({z})"),
                Activation::Softsign => format!("functional.softsign({z})"),
                Activation::HardSigmoid => format!("functional.hardsigmoid({z})"),
                Activation::HardTanh => format!("functional.hardtanh({z})"),
                Activation::Exponential => format!("torch.exp({z})"),
                Activation::Softmax => format!("torch.softmax({z}, dim=1)"),
                _ => return None,
            },
            Library::Keras => {
                let name = match activation {
                    Activation::LeakyRelu => {
                        return Some(format!("keras.activations.leaky_relu({z}, negative_slope=0.01)"));
                    }
                    Activation::GeluTanh => {
                        return Some(format!("keras.activations.gelu({z}, approximate=True)"));
                    }
                    Activation::Sigmoid => "sigmoid",
                    Activation::Tanh => "tanh",
                    Activation::Relu => "relu",
                    Activation::Elu => "elu",
                    Activation::Selu => "selu",
                    Activation::Gelu => "gelu",
                    Activation::Silu => "silu",
                    Activation::Mish => "mish",
                    Activation::Softplus => "softplus",
                    Activation::Softsign => "softsign",
                    Activation::HardSigmoid => "hard_sigmoid",
                    Activation::HardTanh => "hard_tanh",
                    Activation::Exponential => "exponential",
                    Activation::Softmax => "softmax",
                    _ => return None,
                };
                format!("keras.activations.{name}({z})")
            }
        })
    }

    /// A step as an expression of earlier values, (rows, width).
    fn expression(&self, computed: &Computed) -> String {
        let is_torch = self.library == Library::PyTorch;
        let module = if is_torch { "torch" } else { "keras.ops" };
        let along = if is_torch {
            "dim=1, keepdim=True"
        } else {
            "axis=1, keepdims=True"
        };
        let name = |value: &Value| self.name(*value);
        match &computed.step {
            // Steps of the preparation and of the answers alone, and constants, which have names.
            Step::Numbers
            | Step::Features
            | Step::Word(_)
            | Step::Constant(_)
            | Step::Look(..)
            | Step::Largest(_)
            | Step::PlaceOfLargest(_) => "features".into(),
            Step::Apply(Function::Negative, a) => format!("-{}", name(a)),
            Step::Apply(function, a) => format!("{module}.{}({})", function.name(), name(a)),
            Step::Combine(operator, a, b) => {
                let (left, right) = (name(a), name(b));
                let extreme = |keras: &str, limit: &str| match (is_torch, self.width(*b)) {
                    (true, 1) => format!("torch.clamp({left}, {limit}={right})"),
                    (true, _) => format!("torch.{keras}({left}, {right})"),
                    (false, _) => format!("keras.ops.{keras}({left}, {right})"),
                };
                match operator {
                    Operator::Add => format!("{left} + {right}"),
                    Operator::Subtract => format!("{left} - {right}"),
                    Operator::Multiply => format!("{left} * {right}"),
                    Operator::Divide => format!("{left} / {right}"),
                    Operator::Smaller => extreme("minimum", "max"),
                    Operator::Larger => extreme("maximum", "min"),
                }
            }
            Step::Select(test, then, otherwise) => {
                let test = match test {
                    Test::Less(a, b) => format!("{} < {}", name(a), name(b)),
                    Test::AtMost(a, b) => format!("{} <= {}", name(a), name(b)),
                    Test::Equal(a, b) => format!("{} == {}", name(a), name(b)),
                    Test::Missing(a) => format!("{module}.isnan({})", name(a)),
                };
                format!("{module}.where({test}, {}, {})", name(then), name(otherwise))
            }
            Step::Dense { input, weights, .. } => {
                format!("self.{}({})", self.layer_name(*weights), name(input))
            }
            Step::Take(from, places) => match places[..] {
                [first, ..] if places.iter().copied().eq(first..first + places.len()) => {
                    format!("{}[:, {first}:{}]", name(from), first + places.len())
                }
                _ if is_torch => format!("{}[:, {places:?}]", name(from)),
                _ => format!("keras.ops.take({}, {places:?}, axis=1)", name(from)),
            },
            Step::Join(values) => {
                let values: Vec<String> = values.iter().map(name).collect();
                match is_torch {
                    true => format!("torch.cat([{}], dim=1)", values.join(", ")),
                    false => format!("keras.ops.concatenate([{}], axis=1)", values.join(", ")),
                }
            }
            Step::Sum(a) => format!("{module}.sum({}, {along})", name(a)),
            Step::Softmax(a) if is_torch => format!("torch.softmax({}, dim=1)", name(a)),
            Step::Softmax(a) => format!("keras.activations.softmax({})", name(a)),
            Step::Convert(a) => match is_torch {
                true => format!("{}.to(torch.{})", name(a), kind(computed.precision)),
                false => format!("keras.ops.cast({}, \"{}\")", name(a), kind(computed.precision)),
            },
        }
    }
}

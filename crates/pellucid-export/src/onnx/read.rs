//! Reads an ONNX graph that is a multilayer perceptron.
//!
//! Every value on the way from the features to the output is a formula of the numbers that the last dense layer before it gives.
//! A matrix product ends a layer: its formula must then be an activation between two affine functions, which become part of
//! the weights around it.

use super::proto::{Attribute, Graph, Model, Node};
use super::tensors::{Constant, constant};
use super::tree::{Activated, Affine, Normalised, Tree};
use crate::layers::{DenseLayer, LayerNormalisation, Perceptron};
use crate::program::{Expression, Function, Operator};
use pellucid::Activation;
use prost::Message;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The preparation of a table that an exported graph keeps.
pub(crate) const PREPARATION_PROPERTY: &str = "pellucid_preparation";
/// The properties that name the values between which the network of an exported table lies.
pub(crate) const FEATURES_PROPERTY: &str = "pellucid_features";
pub(crate) const OUTPUTS_PROPERTY: &str = "pellucid_outputs";

/// Names of outputs that hold the numbers beside labels.
const PROBABILITIES: [&str; 3] = ["probabilities", "output_probability", "probability"];

/// The perceptron of a file. `output` names the output that is read, if the graph has several.
///
/// # Errors
/// What was found, and what is expected.
pub(crate) fn read(bytes: &[u8], output: Option<&str>) -> Result<Perceptron, String> {
    let model =
        Model::decode(bytes).map_err(|error| format!("it is no ONNX file, or a damaged one ({error})"))?;
    let properties: HashMap<String, String> = model
        .metadata_props
        .into_iter()
        .map(|property| (property.key, property.value))
        .collect();
    let graph = model.graph.ok_or("it is no ONNX file: it has no graph")?;
    let constants: HashSet<&str> = graph
        .initializer
        .iter()
        .map(|tensor| tensor.name.as_str())
        .collect();
    let inputs: Vec<&str> = graph
        .input
        .iter()
        .map(|input| input.name.as_str())
        .filter(|name| !constants.contains(name))
        .collect();
    let (features, target) = match (
        properties.get(FEATURES_PROPERTY),
        properties.get(OUTPUTS_PROPERTY),
    ) {
        (Some(features), Some(outputs)) if output.is_none() => (features.clone(), outputs.clone()),
        _ => {
            let [features] = inputs[..] else {
                return Err(format!(
                    "the graph has {} inputs ({}); a multilayer perceptron has one, of all features",
                    inputs.len(),
                    shown(&inputs)
                ));
            };
            (features.to_owned(), chosen_output(&graph, output)?)
        }
    };
    let needed = needed_nodes(&graph, &features, &target)?;
    let mut reader = Reader::new(&graph, &features, bytes.len())?;
    for node in graph
        .node
        .iter()
        .enumerate()
        .filter(|(at, _)| needed.contains(at))
        .map(|(_, node)| node)
    {
        reader.node(node)?;
    }
    let (layers, is_double) = reader.finish(&target)?;
    let preparation = properties.get(PREPARATION_PROPERTY).filter(|_| output.is_none());
    let preparation = preparation.map(|text| serde_json::from_str(text)).transpose();
    Ok(Perceptron {
        layers,
        is_double,
        preparation: preparation.map_err(|error| format!("its preparation cannot be read ({error})"))?,
    })
}

/// Names for a message.
fn shown(names: &[&str]) -> String {
    let mut text: Vec<String> = names.iter().take(5).map(|name| format!("{name:?}")).collect();
    text.extend((names.len() > 5).then(|| "…".to_owned()));
    text.join(", ")
}

fn chosen_output(graph: &Graph, asked: Option<&str>) -> Result<String, String> {
    let names: Vec<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
    if let Some(asked) = asked {
        return match names.contains(&asked) {
            true => Ok(asked.to_owned()),
            false => Err(format!(
                "the graph has no output {asked:?}; it has {}",
                shown(&names)
            )),
        };
    }
    let known = names.iter().find(|name| PROBABILITIES.contains(name));
    match (known, &names[..]) {
        (Some(name), _) | (None, [name]) => Ok((*name).to_owned()),
        _ => Err(format!(
            "the graph has {} outputs ({}); name one of them with --output",
            names.len(),
            shown(&names)
        )),
    }
}

/// The nodes on the way to the target.
fn needed_nodes(graph: &Graph, features: &str, target: &str) -> Result<HashSet<usize>, String> {
    let mut makers: HashMap<&str, usize> = HashMap::new();
    for (at, node) in graph.node.iter().enumerate() {
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            if makers.insert(name, at).is_some() {
                return Err(format!("two nodes make the value {name:?}; the file is damaged"));
            }
        }
    }
    let mut needed = HashSet::new();
    let mut rest = vec![target];
    while let Some(name) = rest.pop() {
        if name == features {
            continue;
        }
        if let Some(&at) = makers.get(name)
            && needed.insert(at)
        {
            rest.extend(graph.node[at].input.iter().map(String::as_str));
        }
    }
    Ok(needed)
}

/// A value of the graph.
#[derive(Debug, Clone)]
enum Value {
    Constant(Constant),
    /// A formula of the numbers of layer `base`, counted from 1; 0 are the features.
    Formula {
        base: usize,
        tree: Tree,
    },
    /// Of two classes, the probability of the first.
    OfFirstClass {
        base: usize,
        second: Tree,
    },
}

/// What the numbers of a base are made by.
#[derive(Debug, Clone)]
struct Product {
    /// The base that x is a formula of.
    of: usize,
    x: Tree,
    outputs: usize,
    made_by: MadeBy,
}

#[derive(Debug, Clone)]
enum MadeBy {
    /// x·W + b.
    Layer(DenseLayer),
    Normalisation(LayerNormalisation),
}

struct Reader {
    values: HashMap<String, Value>,
    products: Vec<Product>,
    is_double: bool,
    /// How many weights layers may have together: no more than the file has bytes, however often they share a tensor.
    weights_left: usize,
    /// How many parts the formulas of all values may have together.
    parts_left: usize,
    /// How much may be computed to recognise layer normalisation: units times the square of parts.
    work_left: usize,
}

/// Enough for formulas of thousands of layers.
const MOST_PARTS: usize = 1 << 20;
/// Enough for hundreds of layers of a thousand units, and at most some minutes.
const MOST_WORK: usize = 1 << 31;

impl Reader {
    fn new(graph: &Graph, features: &str, bytes: usize) -> Result<Self, String> {
        let mut values = HashMap::new();
        for tensor in &graph.initializer {
            // What is not on the way may be of any type.
            if tensor.data_location != 0 || !tensor.external_data.is_empty() {
                constant(tensor)?;
            }
            if let Ok(found) = constant(tensor) {
                values.insert(tensor.name.clone(), Value::Constant(found));
            }
        }
        values.insert(
            features.to_owned(),
            Value::Formula {
                base: 0,
                tree: Tree::Base,
            },
        );
        Ok(Self {
            values,
            products: Vec::new(),
            is_double: false,
            weights_left: bytes,
            parts_left: MOST_PARTS,
            work_left: MOST_WORK,
        })
    }

    fn value(&self, node: &Node, at: usize) -> Result<&Value, String> {
        let name = node.input.get(at).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| format!("{} has no input {}", described(node), at + 1))?;
        self.values.get(name).ok_or_else(|| {
            format!(
                "{} uses {name:?}, which no earlier node makes and no known tensor is: the graph has a cycle, is cut off, or has \
                 a tensor of another type",
                described(node)
            )
        })
    }

    fn constant(&self, node: &Node, at: usize) -> Result<&Constant, String> {
        match self.value(node, at)? {
            Value::Constant(constant) => Ok(constant),
            _ => Err(format!(
                "{} takes its input {} from the data; constants are expected there",
                described(node),
                at + 1
            )),
        }
    }

    /// The formula that an input is.
    fn formula(&self, node: &Node, at: usize) -> Result<(usize, Tree), String> {
        match self.value(node, at)? {
            Value::Formula { base, tree } => Ok((*base, tree.clone())),
            _ => Err(format!("{} has no data as its input {}", described(node), at + 1)),
        }
    }

    fn node(&mut self, node: &Node) -> Result<(), String> {
        let made = self.made(node)?;
        let made = self.with_normalisation(node, made)?;
        if let Value::Formula { tree, .. } = &made {
            let left = self.parts_left.checked_sub(tree.parts());
            self.parts_left = left.filter(|_| tree.is_small()).ok_or_else(|| {
                format!(
                    "{}: the formula up to here is too long for an activation",
                    described(node)
                )
            })?;
        }
        let name = node.output.first().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| format!("{} has no output", described(node)))?;
        self.values.insert(name.clone(), made);
        Ok(())
    }

    /// A value that is layer normalisation, written out in arithmetic, becomes a base of its own.
    fn with_normalisation(&mut self, node: &Node, made: Value) -> Result<Value, String> {
        let Value::Formula { base, tree } = &made else {
            return Ok(made);
        };
        let width = base.checked_sub(1).map(|at| self.products[at].outputs);
        let Some(width) = width.filter(|_| tree.is_small() && tree.has_mean()) else {
            return Ok(made);
        };
        let work = tree.parts().pow(2).saturating_mul(width);
        let Some(work_left) = self.work_left.checked_sub(work) else {
            return Err(format!(
                "{}: there are too many formulas of means of units",
                described(node)
            ));
        };
        self.work_left = work_left;
        match tree.normalised(width) {
            Some(Normalised { of, normalisation }) => self.normalised_by(node, *base, of, normalisation),
            None => Ok(made),
        }
    }

    fn normalised_by(
        &mut self,
        node: &Node,
        of: usize,
        x: Tree,
        mut normalisation: LayerNormalisation,
    ) -> Result<Value, String> {
        self.take_weights(node, 2 * normalisation.gain.len())?;
        normalisation.epsilon = decimal(normalisation.epsilon);
        self.products.push(Product {
            of,
            x,
            outputs: normalisation.gain.len(),
            made_by: MadeBy::Normalisation(normalisation),
        });
        Ok(Value::Formula {
            base: self.products.len(),
            tree: Tree::Base,
        })
    }

    /// Counts weights of a layer.
    fn take_weights(&mut self, node: &Node, count: usize) -> Result<(), String> {
        let left = self.weights_left.checked_sub(count);
        self.weights_left = left.ok_or_else(|| {
            format!(
                "{} uses weights that other layers use too, so often that the layers have more weights than the file has bytes",
                described(node)
            )
        })?;
        Ok(())
    }

    fn made(&mut self, node: &Node) -> Result<Value, String> {
        let operator = node.op_type.as_str();
        let of = |activation: Activation| Expression::of(activation);
        let known = match operator {
            "Relu" => of(Activation::Relu),
            "Softplus" => of(Activation::Softplus),
            "Softsign" => of(Activation::Softsign),
            "Mish" => of(Activation::Mish),
            "Selu" => {
                expect(node, "alpha", 1.673_263_2)?;
                expect(node, "gamma", 1.050_701)?;
                of(Activation::Selu)
            }
            "Elu" => {
                expect(node, "alpha", 1.0)?;
                of(Activation::Elu)
            }
            "LeakyRelu" => {
                let slope = attribute(node, "alpha").map_or(0.01, |found| f64::from(found.f));
                let (base, z) = self.formula(node, 0)?;
                return Ok(Value::Formula {
                    base,
                    tree: with_slopes(z, Tree::numbers(vec![slope])),
                });
            }
            "HardSigmoid" => {
                expect(node, "alpha", 1.0 / 6.0)?;
                expect(node, "beta", 0.5)?;
                of(Activation::HardSigmoid)
            }
            "Gelu" => match text(node, "approximate").as_deref() {
                Some("tanh") => of(Activation::GeluTanh),
                _ => of(Activation::Gelu),
            },
            _ => None,
        };
        if let Some(formula) = known {
            let (base, z) = self.formula(node, 0)?;
            return Ok(Value::Formula {
                base,
                tree: Tree::of(&formula, &z),
            });
        }
        let function = match operator {
            "Neg" => Some(Function::Negative),
            "Abs" => Some(Function::Absolute),
            "Exp" => Some(Function::Exponential),
            "Log" => Some(Function::Logarithm),
            "Tanh" => Some(Function::Tanh),
            "Sigmoid" => Some(Function::Sigmoid),
            "Erf" => Some(Function::Erf),
            "Sqrt" => Some(Function::SquareRoot),
            _ => None,
        };
        if let Some(function) = function {
            let (base, z) = self.formula(node, 0)?;
            return Ok(Value::Formula {
                base,
                tree: Tree::apply(function, z),
            });
        }
        match operator {
            "Identity" | "Cast" | "Dropout" | "Flatten" | "Reshape" | "ZipMap" => {
                Ok(self.value(node, 0)?.clone())
            }
            "Constant" => {
                let tensor = attribute(node, "value").and_then(|found| found.t.as_ref());
                let tensor = tensor.ok_or_else(|| format!("{} has no tensor", described(node)))?;
                Ok(Value::Constant(constant(tensor)?))
            }
            "Softmax" => {
                let axis = attribute(node, "axis").map_or(-1, |found| found.i);
                if ![1, -1].contains(&axis) {
                    return Err(format!(
                        "{} is over axis {axis}; 1 is expected, that of the units",
                        described(node)
                    ));
                }
                let (base, z) = self.formula(node, 0)?;
                Ok(Value::Formula {
                    base,
                    tree: Tree::Softmax(Box::new(z)),
                })
            }
            // tf2onnx writes it, though no version of ONNX has it.
            "Erfc" => {
                let (base, z) = self.formula(node, 0)?;
                let erf = Tree::apply(Function::Erf, z);
                let tree = Tree::combine(Operator::Subtract, Tree::numbers(vec![1.0]), erf);
                Ok(Value::Formula { base, tree })
            }
            "Reciprocal" => {
                let (base, z) = self.formula(node, 0)?;
                let tree = Tree::combine(Operator::Divide, Tree::numbers(vec![1.0]), z);
                Ok(Value::Formula { base, tree })
            }
            "PRelu" => {
                let (base, z) = self.formula(node, 0)?;
                let slopes = self.constant(node, 1)?;
                let slopes = slopes.for_units().ok_or_else(|| {
                    format!(
                        "{} has slopes of shape {:?}; one, or one for each unit, is expected",
                        described(node),
                        slopes.shape
                    )
                })?;
                Ok(Value::Formula {
                    base,
                    tree: with_slopes(z, Tree::Numbers(slopes)),
                })
            }
            "Greater" | "Less" => {
                let (base, [a, b]) = self.operands(node)?;
                let (a, b) = if operator == "Less" { (b, a) } else { (a, b) };
                let tree = Tree::Greater(Box::new(a), Box::new(b));
                Ok(Value::Formula { base, tree })
            }
            "Where" => {
                let (base, [test, then, otherwise]) = self.operands(node)?;
                let tree = Tree::Select(Box::new(test), Box::new(then), Box::new(otherwise));
                Ok(Value::Formula { base, tree })
            }
            "ReduceMean" | "ReduceSum" => self.reduced(node),
            "LayerNormalization" => self.layer_normalised(node),
            "Add" => self.combined(node, Operator::Add),
            "Sub" => self.combined(node, Operator::Subtract),
            "Mul" => self.combined(node, Operator::Multiply),
            "Div" => self.combined(node, Operator::Divide),
            "Min" if node.input.len() == 2 => self.combined(node, Operator::Smaller),
            "Max" if node.input.len() == 2 => self.combined(node, Operator::Larger),
            "Clip" => self.clipped(node),
            "Pow" => self.power(node),
            "MatMul" | "Gemm" => self.product(node),
            "BatchNormalization" => self.batch_normalised(node),
            "Scaler" => self.scaled(node),
            "Concat" => self.both_classes(node),
            _ => Err(format!(
                "{} is none of a multilayer perceptron: matrix products, biases, scales, batch normalisation and the activations \
                 that pellucid has",
                described(node)
            )),
        }
    }

    /// The base and the formulas of the first inputs, of which at least one is a formula of data.
    fn operands<const N: usize>(&self, node: &Node) -> Result<(usize, [Tree; N]), String> {
        let mut base = None;
        let mut trees = std::array::from_fn(|_| Tree::Base);
        for (at, tree) in trees.iter_mut().enumerate() {
            *tree = match self.value(node, at)? {
                Value::Formula { base: other, .. } if base.is_some_and(|base| base != *other) => {
                    return Err(format!(
                        "{} joins the outputs of different layers, as residual networks and ensembles do; only layers that follow \
                         each other are read",
                        described(node)
                    ));
                }
                Value::Formula { base: other, tree } => {
                    base = Some(*other);
                    tree.clone()
                }
                Value::Constant(constant) => {
                    let numbers = constant.for_units().filter(|numbers| !numbers.is_empty());
                    let numbers = numbers.ok_or_else(|| {
                        format!(
                            "{} has a constant of shape {:?}; one row is expected",
                            described(node),
                            constant.shape
                        )
                    })?;
                    Tree::Numbers(numbers)
                }
                Value::OfFirstClass { .. } => {
                    return Err(format!(
                        "{} computes with the probability of a class",
                        described(node)
                    ));
                }
            };
        }
        match base {
            Some(base) => Ok((base, trees)),
            None => Err(format!("{} computes with constants alone", described(node))),
        }
    }

    fn combined(&self, node: &Node, operator: Operator) -> Result<Value, String> {
        let (base, [a, b]) = self.operands(node)?;
        let is_one = matches!(&a, Tree::Numbers(numbers) if numbers.iter().all(|number| *number == 1.0));
        // 1 − p, beside which p follows.
        if operator == Operator::Subtract && is_one && matches!(b, Tree::Apply(Function::Sigmoid, _)) {
            return Ok(Value::OfFirstClass { base, second: b });
        }
        Ok(Value::Formula {
            base,
            tree: Tree::combine(operator, a, b),
        })
    }

    /// The mean or the sum of all units.
    fn reduced(&self, node: &Node) -> Result<Value, String> {
        let (base, x) = self.formula(node, 0)?;
        let axes: Vec<f64> = match node.input.get(1).is_some_and(|name| !name.is_empty()) {
            true => self.constant(node, 1)?.numbers.to_vec(),
            false => attribute(node, "axes").map_or_else(Vec::new, |found| {
                found.ints.iter().map(|&axis| axis as f64).collect()
            }),
        };
        let keeps = attribute(node, "keepdims").is_none_or(|found| found.i != 0);
        let width = base.checked_sub(1).map(|at| self.products[at].outputs);
        let Some(width) = width.filter(|_| (axes == [1.0] || axes == [-1.0]) && keeps) else {
            return Err(format!(
                "{} is not over the units of a layer (axes {axes:?}); means of the units are read, as layer normalisation has them",
                described(node)
            ));
        };
        let mean = Tree::Mean(Box::new(x));
        let tree = match node.op_type.as_str() {
            "ReduceSum" => Tree::combine(Operator::Multiply, mean, Tree::numbers(vec![width as f64])),
            _ => mean,
        };
        Ok(Value::Formula { base, tree })
    }

    fn layer_normalised(&mut self, node: &Node) -> Result<Value, String> {
        let (base, x) = self.formula(node, 0)?;
        let axis = attribute(node, "axis").map_or(-1, |found| found.i);
        let width = base.checked_sub(1).map(|at| self.products[at].outputs);
        let Some(width) = width.filter(|_| [1, -1].contains(&axis)) else {
            return Err(format!(
                "{} is not over the units of a layer (axis {axis}), but over the features or rows; layer normalisation stands between a \
                 dense layer and its activation here",
                described(node)
            ));
        };
        let numbers = |at: usize, usual: f64| -> Result<Vec<f64>, String> {
            if node.input.get(at).is_none_or(String::is_empty) {
                return Ok(vec![usual; width]);
            }
            let found = self.constant(node, at)?;
            let numbers = found
                .for_units()
                .filter(|numbers| [1, width].contains(&numbers.len()));
            let numbers = numbers.ok_or_else(|| {
                format!(
                    "{} has constants of shape {:?}; {width} numbers are expected",
                    described(node),
                    found.shape
                )
            })?;
            Ok(if numbers.len() == width {
                numbers.to_vec()
            } else {
                vec![numbers[0]; width]
            })
        };
        let epsilon = attribute(node, "epsilon").map_or(1e-5, |found| f64::from(found.f));
        let normalisation = LayerNormalisation {
            epsilon,
            gain: numbers(1, 1.0)?,
            shift: numbers(2, 0.0)?,
        };
        self.normalised_by(node, base, x, normalisation)
    }

    /// The probabilities of both of two classes, as 1 − p and p.
    fn both_classes(&self, node: &Node) -> Result<Value, String> {
        if let [_, _] = node.input[..]
            && let Value::OfFirstClass { base, second } = self.value(node, 0)?
            && let Value::Formula { base: other, tree } = self.value(node, 1)?
            && base == other
            && second == tree
        {
            return Ok(Value::Formula {
                base: *base,
                tree: tree.clone(),
            });
        }
        Err(format!(
            "{} joins values; that of 1 − p and p alone is known, the probabilities of two classes",
            described(node)
        ))
    }

    fn clipped(&self, node: &Node) -> Result<Value, String> {
        let (base, mut tree) = self.formula(node, 0)?;
        for (at, operator) in [(1, Operator::Larger), (2, Operator::Smaller)] {
            let is_there = node.input.get(at).is_some_and(|name| !name.is_empty());
            let limit = match (is_there, attribute(node, if at == 1 { "min" } else { "max" })) {
                (true, _) => self.constant(node, at)?.numbers.clone(),
                (false, Some(found)) => Rc::new(vec![f64::from(found.f)]),
                (false, None) => continue,
            };
            tree = Tree::combine(operator, tree, Tree::Numbers(limit));
        }
        Ok(Value::Formula { base, tree })
    }

    /// Squares and cubes, of which some formulas are made.
    fn power(&self, node: &Node) -> Result<Value, String> {
        let (base, x) = self.formula(node, 0)?;
        let square = Tree::combine(Operator::Multiply, x.clone(), x.clone());
        let tree = match self.constant(node, 1)?.numbers[..] {
            [2.0] => square,
            [3.0] => Tree::combine(Operator::Multiply, square, x),
            _ => {
                return Err(format!(
                    "{} has an exponent that no activation of pellucid has",
                    described(node)
                ));
            }
        };
        Ok(Value::Formula { base, tree })
    }

    fn product(&mut self, node: &Node) -> Result<Value, String> {
        let (base, x) = self.formula(node, 0)?;
        let is_gemm = node.op_type == "Gemm";
        let number = |name: &str, usual: f64| {
            attribute(node, name)
                .filter(|_| is_gemm)
                .map_or(usual, |found| f64::from(found.f))
        };
        let flag = |name: &str| is_gemm && attribute(node, name).is_some_and(|found| found.i != 0);
        if flag("transA") {
            return Err(format!(
                "{} transposes its data (transA); rows are expected to stay rows",
                described(node)
            ));
        }
        let count = self.constant(node, 1)?.numbers.len();
        self.take_weights(node, count)?;
        let matrix = self.constant(node, 1)?;
        let [rows, columns] = matrix.shape[..] else {
            return Err(format!(
                "{} has weights of shape {:?}; a matrix is expected",
                described(node),
                matrix.shape
            ));
        };
        if rows == 0 || columns == 0 {
            return Err(format!(
                "{} has weights of shape {:?}, which are none",
                described(node),
                matrix.shape
            ));
        }
        let alpha = number("alpha", 1.0);
        let (inputs, outputs) = if flag("transB") {
            (columns, rows)
        } else {
            (rows, columns)
        };
        let at = |input: usize, output: usize| {
            let place = if flag("transB") {
                output * columns + input
            } else {
                input * columns + output
            };
            alpha * matrix.numbers[place]
        };
        let weights: Vec<f64> = (0..inputs)
            .flat_map(|input| (0..outputs).map(move |output| (input, output)))
            .map(|(i, o)| at(i, o))
            .collect();
        let is_double = matrix.is_double;
        let has_bias = is_gemm && node.input.get(2).is_some_and(|name| !name.is_empty());
        let bias = match has_bias {
            false => vec![0.0; outputs],
            true => {
                let beta = number("beta", 1.0);
                let found = self.constant(node, 2)?;
                let numbers = found
                    .for_units()
                    .filter(|numbers| [1, outputs].contains(&numbers.len()));
                let numbers = numbers.ok_or_else(|| {
                    format!(
                        "{} has a bias of shape {:?}; {outputs} numbers are expected",
                        described(node),
                        found.shape
                    )
                })?;
                (0..outputs)
                    .map(|unit| beta * numbers[if numbers.len() == 1 { 0 } else { unit }])
                    .collect()
            }
        };
        if let Some(before) = base.checked_sub(1).map(|at| &self.products[at])
            && before.outputs != inputs
        {
            return Err(format!(
                "{} takes {inputs} numbers, and the layer before gives {}",
                described(node),
                before.outputs
            ));
        }
        self.is_double |= is_double;
        self.products.push(Product {
            of: base,
            x,
            outputs,
            made_by: MadeBy::Layer(DenseLayer::new(inputs, outputs, weights, bias)),
        });
        Ok(Value::Formula {
            base: self.products.len(),
            tree: Tree::Base,
        })
    }

    fn batch_normalised(&self, node: &Node) -> Result<Value, String> {
        let (base, x) = self.formula(node, 0)?;
        let numbers = |at: usize| self.constant(node, at).map(|found| found.numbers.clone());
        let (gain, shift, mean, variance) = (numbers(1)?, numbers(2)?, numbers(3)?, numbers(4)?);
        let epsilon = attribute(node, "epsilon").map_or(1e-5, |found| f64::from(found.f));
        if [&shift, &mean, &variance]
            .iter()
            .any(|other| other.len() != gain.len())
            || gain.is_empty()
        {
            return Err(format!("{} has constants of different lengths", described(node)));
        }
        let factors: Vec<f64> = gain
            .iter()
            .zip(variance.iter())
            .map(|(gain, v)| gain / (v + epsilon).sqrt())
            .collect();
        let difference = Tree::combine(Operator::Subtract, x, Tree::Numbers(mean));
        let scaled = Tree::combine(Operator::Multiply, difference, Tree::numbers(factors));
        Ok(Value::Formula {
            base,
            tree: Tree::combine(Operator::Add, scaled, Tree::Numbers(shift)),
        })
    }

    /// (x − offset)·scale.
    fn scaled(&self, node: &Node) -> Result<Value, String> {
        let (base, x) = self.formula(node, 0)?;
        let numbers = |name: &str, usual: f64| {
            let found = attribute(node, name)
                .map(|found| found.floats.iter().map(|&x| f64::from(x)).collect::<Vec<_>>());
            Tree::numbers(
                found
                    .filter(|numbers| !numbers.is_empty())
                    .unwrap_or_else(|| vec![usual]),
            )
        };
        let difference = Tree::combine(Operator::Subtract, x, numbers("offset", 0.0));
        Ok(Value::Formula {
            base,
            tree: Tree::combine(Operator::Multiply, difference, numbers("scale", 1.0)),
        })
    }

    /// The layers up to a value, the first one first.
    fn finish(self, target: &str) -> Result<(Vec<DenseLayer>, bool), String> {
        let Some(Value::Formula { base, tree }) = self.values.get(target) else {
            return Err(format!(
                "the output {target:?} is not made from the features by numbers alone"
            ));
        };
        if *base == 0 {
            return Err(format!("the output {target:?} has no dense layer before it"));
        }
        let mut layers: Vec<DenseLayer> = Vec::new();
        let (mut at, mut tree) = (*base, tree);
        // From the last layer to the first; what follows an activation goes into the weights after it.
        while let Some(mut product) = at.checked_sub(1).map(|at| &self.products[at]) {
            let number = at;
            let found = activated(tree, number, product.outputs)?;
            let (pre, post) = (
                of_units(&found.pre, number, product.outputs)?,
                of_units(&found.post, number, product.outputs)?,
            );
            let mut normalised_before = None;
            let mut layer = match &product.made_by {
                MadeBy::Layer(layer) => layer.clone(),
                MadeBy::Normalisation(normalisation) => {
                    let under = product.of.checked_sub(1).map(|at| (at + 1, &self.products[at]));
                    let Some((below, dense)) = under else {
                        return Err("layer normalisation of the features is none that pellucid has".into());
                    };
                    let MadeBy::Layer(layer) = &dense.made_by else {
                        return Err("two layer normalisations follow each other; a layer has one".into());
                    };
                    let inner = activated(&product.x, below, dense.outputs)?;
                    if inner.activation != Activation::Identity {
                        return Err(format!(
                            "layer normalisation follows the activation {}; it stands between a dense layer and its activation here",
                            inner.activation.name()
                        ));
                    }
                    normalised_before = Some(of_units(&inner.pre, below, dense.outputs)?);
                    product = dense;
                    DenseLayer {
                        normalisation: Some(normalisation.clone()),
                        ..layer.clone()
                    }
                }
            };
            if let Some(affine) = normalised_before {
                let normalisation = layer.normalisation.take();
                layer.scale_outputs(&affine.scale, &affine.shift);
                layer.normalisation = normalisation;
            }
            layer.scale_outputs(&pre.scale, &pre.shift);
            let activation = found.activation;
            layer.activation = activation;
            layer.factors = found.factors.map(|factors| match factors[..] {
                [one] => vec![one; layer.outputs],
                _ => factors,
            });
            match layers.last_mut() {
                Some(next) => next.scale_inputs(&post.scale, &post.shift),
                None if layer.factors.is_some() => {
                    return Err("the activation of the output layer has slopes of its own; those of hidden layers may have such".into());
                }
                None if activation == Activation::Identity => layer.scale_outputs(&post.scale, &post.shift),
                None if post.scale.iter().all(|scale| *scale == 1.0)
                    && post.shift.iter().all(|shift| *shift == 0.0) => {}
                None => {
                    return Err(format!(
                        "what follows the activation {} of the output layer is scaled again; an output layer ends with its activation",
                        activation.name()
                    ));
                }
            }
            layers.push(layer);
            (at, tree) = (product.of, &product.x);
        }
        let Activated {
            pre,
            activation,
            post,
            ..
        } = activated(tree, 0, 1)?;
        let Some(first) = layers.last_mut().filter(|_| activation == Activation::Identity) else {
            return Err(format!(
                "the features go through {} before the first layer",
                activation.name()
            ));
        };
        for affine in [post, pre] {
            let affine = affine.of_width(first.inputs);
            let affine = affine.ok_or("a scale of the features does not have one number for each of them")?;
            first.scale_inputs(&affine.scale, &affine.shift);
        }
        layers.reverse();
        Ok((layers, self.is_double))
    }
}

/// An affine function of a layer of so many units.
fn of_units(affine: &Affine, layer: usize, units: usize) -> Result<Affine, String> {
    affine.of_width(units).ok_or_else(|| {
        format!("a scale or a bias of layer {layer} does not have one number for each of its {units} units")
    })
}

/// A rectifier with these slopes below 0.
fn with_slopes(z: Tree, slopes: Tree) -> Tree {
    let zero = || Tree::numbers(vec![0.0]);
    let above = Tree::combine(Operator::Larger, z.clone(), zero());
    let below = Tree::combine(Operator::Smaller, z, zero());
    Tree::combine(
        Operator::Add,
        above,
        Tree::combine(Operator::Multiply, below, slopes),
    )
}

/// A number that was rounded to single precision, as it was written.
fn decimal(number: f64) -> f64 {
    let single = number as f32;
    match f64::from(single) == number {
        true => single.to_string().parse().unwrap_or(number),
        false => number,
    }
}

fn activated(tree: &Tree, layer: usize, units: usize) -> Result<Activated, String> {
    tree.activated(units).ok_or_else(|| {
        let after = match layer {
            0 => "the features".to_owned(),
            layer => format!("layer {layer}"),
        };
        format!(
            "what follows {after} is none of the activations that pellucid has, between scales and biases"
        )
    })
}

fn described(node: &Node) -> String {
    let domain = if node.domain.is_empty() {
        String::new()
    } else {
        format!("{}.", node.domain)
    };
    match node.name.is_empty() {
        true => format!("the operator {domain}{}", node.op_type),
        false => format!("the operator {domain}{} (node {:?})", node.op_type, node.name),
    }
}

fn attribute<'a>(node: &'a Node, name: &str) -> Option<&'a Attribute> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

fn text(node: &Node, name: &str) -> Option<String> {
    attribute(node, name).map(|found| String::from_utf8_lossy(&found.s).into_owned())
}

/// Refuses another setting than the one that an activation of pellucid has.
fn expect(node: &Node, name: &str, expected: f64) -> Result<(), String> {
    // What ONNX takes where a node does not say.
    let usual = match (node.op_type.as_str(), name) {
        ("HardSigmoid", "alpha") => 0.2,
        _ => expected,
    };
    let found = attribute(node, name).map_or(usual, |found| f64::from(found.f));
    match (found - expected).abs() <= 1e-5 * expected.abs().max(1.0) {
        true => Ok(()),
        false => Err(format!(
            "{} has {name} = {found}; pellucid's has {expected}",
            described(node)
        )),
    }
}

#[cfg(test)]
mod tests;

//! Writes a program as an ONNX graph: rows in, answers out, any number of rows at a time.

use super::proto::{
    Attribute, Dimension, Graph, Model, Node, OperatorSet, Property, Shape, Tensor, TensorType, ValueInfo,
    ValueType, attribute_kind, tensor_type,
};
use crate::program::{
    Answers, Array, Computed, Function, Operator, Precision, Program, Step, Test, Value, WordColumn,
};
use prost::Message;

/// The versions of the operators of ONNX and of `ai.onnx.ml`, and of the format.
const OPERATORS: i64 = 17;
const MACHINE_LEARNING_OPERATORS: i64 = 3;
const FORMAT: i64 = 8;
const MACHINE_LEARNING: &str = "ai.onnx.ml";
/// From so many columns of numbers on, they are one input, `numbers`, instead of an input each.
const MATRIX_FROM: usize = 101;

/// The file of a program. `properties` are texts that it keeps beside the graph.
pub(crate) fn write(program: &Program, name: &str, properties: Vec<(String, String)>) -> Vec<u8> {
    let mut writer = Writer::new(program);
    for (value, computed) in program.steps.iter().enumerate() {
        writer.step(value, computed);
    }
    let outputs = writer.answers();
    let property = |(key, value): (String, String)| Property { key, value };
    let model = Model {
        ir_version: FORMAT,
        producer_name: "pellucid".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: String::new(),
        graph: Some(Graph {
            node: writer.nodes,
            name: name.into(),
            initializer: writer.initializers,
            input: writer.inputs,
            output: outputs,
        }),
        opset_import: [("", OPERATORS), (MACHINE_LEARNING, MACHINE_LEARNING_OPERATORS)]
            .map(|(domain, version)| OperatorSet {
                domain: domain.into(),
                version,
            })
            .into(),
        metadata_props: properties.into_iter().map(property).collect(),
    };
    model.encode_to_vec()
}

struct Writer<'a> {
    program: &'a Program,
    /// What the names of values begin with, and no column's does.
    prefix: String,
    nodes: Vec<Node>,
    initializers: Vec<Tensor>,
    inputs: Vec<ValueInfo>,
    /// The initializer of each array, once it is written.
    arrays: Vec<Option<String>>,
    further: usize,
}

/// What the names of values begin with, and no column's does.
fn prefix_of(program: &Program) -> String {
    let numbers = program.number_columns().iter().map(|column| &column.name);
    let names: Vec<&String> = numbers
        .chain(program.word_columns().iter().map(|column| &column.name))
        .collect();
    let mut prefix = String::from("_");
    while names.iter().any(|name| name.starts_with(&prefix)) {
        prefix.push('_');
    }
    prefix
}

/// The name of a value.
fn name_of(program: &Program, prefix: &str, value: Value) -> String {
    match value {
        _ if value == program.features => format!("{prefix}features"),
        _ if value == program.outputs => format!("{prefix}outputs"),
        _ => format!("{prefix}{value}"),
    }
}

/// The name of a value in the graph.
pub(crate) fn value_name(program: &Program, value: Value) -> String {
    name_of(program, &prefix_of(program), value)
}

impl<'a> Writer<'a> {
    fn new(program: &'a Program) -> Self {
        Self {
            program,
            prefix: prefix_of(program),
            nodes: Vec::new(),
            initializers: Vec::new(),
            inputs: Vec::new(),
            arrays: vec![None; program.arrays.len()],
            further: 0,
        }
    }

    /// The name of a value.
    fn name(&self, value: Value) -> String {
        name_of(self.program, &self.prefix, value)
    }

    /// A name of a value between steps.
    fn further(&mut self) -> String {
        self.further += 1;
        format!("{}between_{}", self.prefix, self.further)
    }

    fn node(&mut self, operator: &str, inputs: Vec<String>, output: String, attribute: Vec<Attribute>) {
        let is_of_machine_learning = operator == "LabelEncoder";
        self.nodes.push(Node {
            input: inputs,
            name: format!("{}node_{}", self.prefix, self.nodes.len()),
            output: vec![output],
            op_type: operator.into(),
            attribute,
            domain: if is_of_machine_learning {
                MACHINE_LEARNING.into()
            } else {
                String::new()
            },
        });
    }

    /// A node between steps.
    fn between(&mut self, operator: &str, inputs: Vec<String>, attribute: Vec<Attribute>) -> String {
        let output = self.further();
        self.node(operator, inputs, output.clone(), attribute);
        output
    }

    fn integers(&mut self, numbers: impl IntoIterator<Item = i64>) -> String {
        let name = self.further();
        let numbers: Vec<i64> = numbers.into_iter().collect();
        self.initializers.push(Tensor {
            dims: vec![numbers.len() as i64],
            data_type: tensor_type::INT64,
            raw_data: numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
            name: name.clone(),
            ..Tensor::default()
        });
        name
    }

    fn array(&mut self, index: usize) -> String {
        if let Some(name) = &self.arrays[index] {
            return name.clone();
        }
        let Array {
            name,
            numbers,
            shape,
            precision,
        } = &self.program.arrays[index];
        let name = format!("{}{name}", self.prefix);
        let tensor = tensor(&name, numbers, shape, *precision);
        self.initializers.push(tensor);
        self.arrays[index] = Some(name.clone());
        name
    }

    fn step(&mut self, value: Value, computed: &Computed) {
        let name = self.name(value);
        let precision = computed.precision;
        match &computed.step {
            Step::Constant(numbers) => {
                let tensor = tensor(&name, numbers, &[numbers.len()], precision);
                self.initializers.push(tensor);
            }
            Step::Numbers => self.numbers(name),
            Step::Word(column) => {
                let column = &self.program.word_columns()[*column];
                let input = input(
                    &column.name,
                    tensor_type::STRING,
                    1,
                    "words; a missing one is empty",
                );
                self.inputs.push(input);
                let code = self.between("LabelEncoder", vec![column.name.clone()], codes(column));
                self.node("Cast", vec![code], name, vec![to(Precision::Double)]);
            }
            Step::Features => {
                let columns = computed.width as i64;
                self.inputs
                    .push(input("features", element(precision), columns, "numbers"));
                self.node("Identity", vec!["features".into()], name, Vec::new());
            }
            Step::Apply(function, a) => {
                let a = self.name(*a);
                self.node(function_name(*function), vec![a], name, Vec::new());
            }
            Step::Combine(Operator::Larger, a, b) if self.is_zero(*b) => {
                let a = self.name(*a);
                self.node("Relu", vec![a], name, Vec::new());
            }
            Step::Combine(operator, a, b) => {
                let both = vec![self.name(*a), self.name(*b)];
                self.node(operator_name(*operator), both, name, Vec::new());
            }
            Step::Select(test, then, otherwise) => {
                let (operator, compared) = match *test {
                    Test::Less(a, b) => ("Less", vec![a, b]),
                    Test::AtMost(a, b) => ("LessOrEqual", vec![a, b]),
                    Test::Equal(a, b) => ("Equal", vec![a, b]),
                    Test::Missing(a) => ("IsNaN", vec![a]),
                };
                let compared = compared.into_iter().map(|value| self.name(value)).collect();
                let holds = self.between(operator, compared, Vec::new());
                let (then, otherwise) = (self.name(*then), self.name(*otherwise));
                self.node("Where", vec![holds, then, otherwise], name, Vec::new());
            }
            Step::Dense { input, weights, bias } => {
                let mut operands = vec![self.name(*input), self.array(*weights)];
                operands.extend(bias.map(|bias| self.array(bias)));
                let operator = if bias.is_some() { "Gemm" } else { "MatMul" };
                self.node(operator, operands, name, Vec::new());
            }
            Step::Take(from, places) => {
                let from = self.name(*from);
                let places = self.integers(places.iter().map(|place| *place as i64));
                self.node("Gather", vec![from, places], name, vec![integer("axis", 1)]);
            }
            Step::Look(table, places) => {
                let places = self.name(*places);
                let places = self.between(
                    "Cast",
                    vec![places],
                    vec![integer("to", tensor_type::INT64.into())],
                );
                let table = self.array(*table);
                self.node("Gather", vec![table, places], name, vec![integer("axis", 0)]);
            }
            Step::Join(values) => {
                let values = values.iter().map(|value| self.name(*value)).collect();
                self.node("Concat", values, name, vec![integer("axis", 1)]);
            }
            Step::Sum(a) => {
                let (a, axes) = (self.name(*a), self.integers([1]));
                self.node("ReduceSum", vec![a, axes], name, vec![integer("keepdims", 1)]);
            }
            Step::Largest(a) => {
                let a = self.name(*a);
                let attributes = vec![integers("axes", vec![1]), integer("keepdims", 1)];
                self.node("ReduceMax", vec![a], name, attributes);
            }
            Step::PlaceOfLargest(a) => {
                let a = self.name(*a);
                let attributes = vec![integer("axis", 1), integer("keepdims", 1)];
                let place = self.between("ArgMax", vec![a], attributes);
                self.node("Cast", vec![place], name, vec![to(Precision::Double)]);
            }
            Step::Softmax(a) => {
                let a = self.name(*a);
                self.node("Softmax", vec![a], name, vec![integer("axis", 1)]);
            }
            Step::Convert(a) => {
                let a = self.name(*a);
                self.node("Cast", vec![a], name, vec![to(precision)]);
            }
        }
    }

    /// The numbers of rows: an input for each column, or one for all of many.
    fn numbers(&mut self, name: String) {
        let columns = self.program.number_columns();
        let count = columns.len() as i64;
        if columns.len() >= MATRIX_FROM {
            let taken: Vec<&String> = self
                .program
                .word_columns()
                .iter()
                .map(|column| &column.name)
                .collect();
            let mut matrix = String::from("numbers");
            while taken.contains(&&matrix) {
                matrix.insert(0, '_');
            }
            let note = "the columns of numbers in the order of the property `columns`; a missing one is NaN";
            self.inputs.push(input(&matrix, tensor_type::DOUBLE, count, note));
            return self.node("Identity", vec![matrix], name, Vec::new());
        }
        for column in columns {
            let note = match column.is_date {
                true => "seconds since 1970-01-01T00:00:00Z; a missing one is NaN",
                false => "numbers; a missing one is NaN",
            };
            self.inputs
                .push(input(&column.name, tensor_type::DOUBLE, 1, note));
        }
        let names = columns.iter().map(|column| column.name.clone()).collect();
        self.node("Concat", names, name, vec![integer("axis", 1)]);
    }

    fn is_zero(&self, value: Value) -> bool {
        matches!(&self.program.steps[value].step, Step::Constant(numbers) if numbers[..] == [0.0])
    }

    /// Adds the nodes of the answers; the outputs of the graph.
    fn answers(&mut self) -> Vec<ValueInfo> {
        let program = self.program;
        let numbers = self.name(program.answers.numbers());
        let width = program.steps[program.answers.numbers()].width as i64;
        let names = program.answers.names().join(", ");
        match &program.answers {
            Answers::Numbers { .. } => {
                let prediction = self.output_name("prediction");
                self.node("Identity", vec![numbers], prediction.clone(), Vec::new());
                vec![input(&prediction, tensor_type::DOUBLE, width, &names)]
            }
            Answers::Classes { classes, class, .. } => {
                let (label, probabilities) = (self.output_name("label"), self.output_name("probabilities"));
                let class = self.class_index(*class);
                let shape = self.integers([-1]);
                let class = self.between("Reshape", vec![class, shape], Vec::new());
                self.node("LabelEncoder", vec![class], label.clone(), names_of(classes));
                self.node("Identity", vec![numbers], probabilities.clone(), Vec::new());
                let of_label = ValueInfo {
                    name: label,
                    kind: Some(tensor_kind(tensor_type::STRING, vec![rows()])),
                    doc_string: "the most probable class; empty where a row has no answer".into(),
                };
                vec![
                    of_label,
                    input(&probabilities, tensor_type::DOUBLE, width, &names),
                ]
            }
            Answers::Labels { classes, labels, .. } => {
                let (label, probabilities) = (self.output_name("labels"), self.output_name("probabilities"));
                let index = self.class_index(*labels);
                let mut each = Vec::new();
                for (place, classes) in classes.iter().enumerate() {
                    let place = self.integers([place as i64]);
                    let own = self.between("Gather", vec![index.clone(), place], vec![integer("axis", 1)]);
                    each.push(self.between("LabelEncoder", vec![own], names_of(classes)));
                }
                self.node("Concat", each, label.clone(), vec![integer("axis", 1)]);
                self.node("Identity", vec![numbers], probabilities.clone(), Vec::new());
                vec![
                    input(&label, tensor_type::STRING, width, &names),
                    input(&probabilities, tensor_type::DOUBLE, width, &names),
                ]
            }
        }
    }

    fn class_index(&mut self, class: Value) -> String {
        let class = self.name(class);
        self.between(
            "Cast",
            vec![class],
            vec![integer("to", tensor_type::INT64.into())],
        )
    }

    /// A name for an output that no input has.
    fn output_name(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.inputs.iter().any(|input| input.name == name) {
            name.insert(0, '_');
        }
        name
    }
}

fn function_name(function: Function) -> &'static str {
    match function {
        Function::Negative => "Neg",
        Function::Absolute => "Abs",
        Function::Exponential => "Exp",
        Function::Logarithm => "Log",
        Function::Tanh => "Tanh",
        Function::Sigmoid => "Sigmoid",
        Function::Erf => "Erf",
        Function::SquareRoot => "Sqrt",
        Function::Floor => "Floor",
        Function::Sine => "Sin",
        Function::Cosine => "Cos",
    }
}

fn operator_name(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "Add",
        Operator::Subtract => "Sub",
        Operator::Multiply => "Mul",
        Operator::Divide => "Div",
        Operator::Smaller => "Min",
        Operator::Larger => "Max",
    }
}

/// Every word's code.
fn codes(column: &WordColumn) -> Vec<Attribute> {
    let missing = (String::new(), column.missing);
    let given = column.codes.iter().filter(|(word, _)| !word.is_empty());
    let all: Vec<&(String, i64)> = given.chain([&missing]).collect();
    vec![
        strings("keys_strings", all.iter().map(|(word, _)| word.as_str())),
        integers("values_int64s", all.iter().map(|(_, code)| *code).collect()),
        integer("default_int64", column.other),
    ]
}

/// Every class by its index.
fn names_of(classes: &[String]) -> Vec<Attribute> {
    vec![
        integers("keys_int64s", (0..classes.len() as i64).collect()),
        strings("values_strings", classes.iter().map(String::as_str)),
        Attribute {
            name: "default_string".into(),
            kind: attribute_kind::STRING,
            ..Attribute::default()
        },
    ]
}

fn integer(name: &str, i: i64) -> Attribute {
    Attribute {
        name: name.into(),
        i,
        kind: attribute_kind::INT,
        ..Attribute::default()
    }
}

fn integers(name: &str, ints: Vec<i64>) -> Attribute {
    Attribute {
        name: name.into(),
        ints,
        kind: attribute_kind::INTS,
        ..Attribute::default()
    }
}

fn strings<'a>(name: &str, strings: impl Iterator<Item = &'a str>) -> Attribute {
    Attribute {
        name: name.into(),
        strings: strings.map(|text| text.as_bytes().to_vec()).collect(),
        kind: attribute_kind::STRINGS,
        ..Attribute::default()
    }
}

fn to(precision: Precision) -> Attribute {
    integer("to", element(precision).into())
}

fn element(precision: Precision) -> i32 {
    match precision {
        Precision::Single => tensor_type::FLOAT,
        Precision::Double => tensor_type::DOUBLE,
    }
}

fn tensor(name: &str, numbers: &[f64], shape: &[usize], precision: Precision) -> Tensor {
    let raw_data = match precision {
        Precision::Single => numbers
            .iter()
            .flat_map(|&number| (number as f32).to_le_bytes())
            .collect(),
        Precision::Double => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
    };
    Tensor {
        dims: shape.iter().map(|&size| size as i64).collect(),
        data_type: element(precision),
        name: name.into(),
        raw_data,
        ..Tensor::default()
    }
}

fn rows() -> Dimension {
    Dimension {
        value: None,
        parameter: Some("rows".into()),
    }
}

fn tensor_kind(elements: i32, dimensions: Vec<Dimension>) -> ValueType {
    let shape = Some(Shape { dimensions });
    ValueType {
        tensor: Some(TensorType { elements, shape }),
    }
}

/// An input or output of the graph, (rows, columns).
fn input(name: &str, elements: i32, columns: i64, note: &str) -> ValueInfo {
    let columns = Dimension {
        value: Some(columns),
        parameter: None,
    };
    ValueInfo {
        name: name.into(),
        kind: Some(tensor_kind(elements, vec![rows(), columns])),
        doc_string: note.into(),
    }
}

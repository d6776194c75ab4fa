use super::super::proto::{Graph, Model, Node, Property, Tensor, ValueInfo};
use super::*;
use prost::Message;

fn node(operator: &str, inputs: &[&str], output: &str) -> Node {
    Node {
        input: inputs.iter().map(|&name| name.into()).collect(),
        output: vec![output.into()],
        op_type: operator.into(),
        ..Node::default()
    }
}

fn floats(name: &str, shape: &[i64], numbers: &[f32]) -> Tensor {
    Tensor {
        name: name.into(),
        dims: shape.to_vec(),
        data_type: 1,
        float_data: numbers.to_vec(),
        ..Tensor::default()
    }
}

fn file(nodes: Vec<Node>, tensors: Vec<Tensor>) -> Vec<u8> {
    let value = |name: &str| ValueInfo {
        name: name.into(),
        ..ValueInfo::default()
    };
    let graph = Graph {
        node: nodes,
        name: "graph".into(),
        initializer: tensors,
        input: vec![value("x")],
        output: vec![value("y")],
    };
    Model {
        graph: Some(graph),
        ..Model::default()
    }
    .encode_to_vec()
}

fn refused(nodes: Vec<Node>, tensors: Vec<Tensor>, expected: &str) {
    let found = read(&file(nodes, tensors), None).unwrap_err();
    assert!(found.contains(expected), "{found}");
}

fn weights() -> Vec<Tensor> {
    vec![
        floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0]),
        floats("b", &[2], &[0.5, -0.5]),
        floats("two", &[], &[2.0]),
    ]
}

#[test]
fn scales_and_biases_become_part_of_the_weights() {
    let nodes = vec![
        node("Sub", &["x", "b"], "centred"),
        node("MatMul", &["centred", "w"], "p"),
        node("Add", &["p", "b"], "z"),
        node("Relu", &["z"], "a"),
        node("Mul", &["a", "two"], "scaled"),
        node("MatMul", &["scaled", "w"], "y"),
    ];
    let found = read(&file(nodes, weights()), None).unwrap();
    let [first, second] = &found.layers[..] else {
        panic!("{found:?}")
    };
    assert_eq!(first.activation, Activation::Relu);
    assert_eq!(first.weights, [1.0, 2.0, 3.0, 4.0]);
    // b − (0.5, −0.5)·W
    assert_eq!(first.bias, [0.5 + 1.0, -0.5 + 1.0]);
    assert_eq!(second.weights, [2.0, 4.0, 6.0, 8.0]);
    assert_eq!(second.activation, Activation::Identity);
}

#[test]
fn both_probabilities_of_two_classes_are_one_output() {
    let tensors = vec![floats("w", &[2, 1], &[1.0, 2.0]), floats("one", &[1], &[1.0])];
    let nodes = vec![
        node("MatMul", &["x", "w"], "z"),
        node("Sigmoid", &["z"], "p"),
        node("Sub", &["one", "p"], "q"),
        node("Concat", &["q", "p"], "y"),
    ];
    let found = read(&file(nodes, tensors), None).unwrap();
    assert_eq!(
        (found.layers.len(), found.layers[0].activation),
        (1, Activation::Sigmoid)
    );
}

#[test]
fn other_operators_are_refused_by_name() {
    refused(
        vec![node("Conv", &["x", "w"], "y")],
        weights(),
        "the operator Conv",
    );
    let loops = vec![node("MatMul", &["x", "w"], "z"), node("Loop", &["z"], "y")];
    refused(loops, weights(), "the operator Loop");
    let mut elu = node("Elu", &["z"], "y");
    elu.attribute.push(Attribute {
        name: "alpha".into(),
        f: 0.3,
        ..Attribute::default()
    });
    refused(
        vec![node("MatMul", &["x", "w"], "z"), elu],
        weights(),
        "alpha = 0.3",
    );
}

#[test]
fn what_is_no_chain_of_layers_is_refused() {
    let residual = vec![
        node("MatMul", &["x", "w"], "z"),
        node("Relu", &["z"], "a"),
        node("Add", &["a", "x"], "y"),
    ];
    refused(residual, weights(), "different layers");
    let sine = vec![node("MatMul", &["x", "w"], "z"), node("Mul", &["z", "z"], "y")];
    refused(sine, weights(), "none of the activations");
    refused(vec![node("Relu", &["x"], "y")], weights(), "no dense layer");
}

#[test]
fn a_cycle_is_refused() {
    let nodes = vec![node("Add", &["y", "b"], "z"), node("MatMul", &["z", "w"], "y")];
    refused(nodes, weights(), "cycle");
}

#[test]
fn a_formula_that_doubles_is_refused() {
    let mut nodes = vec![node("MatMul", &["x", "w"], "v0")];
    nodes.extend((0..60).map(|at| {
        node(
            "Add",
            &[&format!("v{at}"), &format!("v{at}")],
            &format!("v{}", at + 1),
        )
    }));
    nodes.push(node("Identity", &["v60"], "y"));
    refused(nodes, weights(), "too long");
}

#[test]
fn tensors_of_other_files_and_of_promised_sizes_are_refused() {
    let external = Tensor {
        data_location: 1,
        external_data: vec![Property {
            key: "location".into(),
            value: "../../secret".into(),
        }],
        ..floats("w", &[2, 2], &[])
    };
    refused(
        vec![node("MatMul", &["x", "w"], "y")],
        vec![external],
        "another file",
    );
    let huge = floats("w", &[i64::MAX, i64::MAX], &[1.0]);
    refused(
        vec![node("MatMul", &["x", "w"], "y")],
        vec![huge],
        "no known tensor",
    );
    let short = floats("w", &[1 << 40, 2], &[1.0]);
    refused(
        vec![node("MatMul", &["x", "w"], "y")],
        vec![short],
        "no known tensor",
    );
}

#[test]
fn damaged_files_are_refused() {
    let whole = file(vec![node("MatMul", &["x", "w"], "y")], weights());
    assert!(read(&whole, None).is_ok());
    for length in 0..whole.len() {
        let _ = read(&whole[..length], None); // without a panic
    }
    assert!(read(b"not ONNX", None).is_err());
    assert!(read(&[], None).unwrap_err().contains("no graph"));
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let tensors = vec![floats("w", &[2, 3], &[1.0; 6]), floats("v", &[2, 1], &[1.0; 2])];
    let nodes = vec![node("MatMul", &["x", "w"], "z"), node("MatMul", &["z", "v"], "y")];
    refused(nodes, tensors, "takes 2 numbers, and the layer before gives 3");
    let tensors = vec![floats("w", &[2, 3], &[1.0; 6]), floats("b", &[2], &[1.0; 2])];
    let nodes = vec![node("MatMul", &["x", "w"], "z"), node("Add", &["z", "b"], "y")];
    refused(nodes, tensors, "one number for each");
}

#[test]
fn layers_do_not_take_more_memory_than_the_file() {
    let side = 64;
    let tensors = vec![floats("w", &[side, side], &vec![0.5; (side * side) as usize])];
    let value = |at: usize| {
        if at == 300 {
            "y".to_owned()
        } else {
            format!("v{at}")
        }
    };
    let mut nodes = vec![node("MatMul", &["x", "w"], "v0")];
    nodes.extend((0..300).map(|at| node("MatMul", &[&value(at), "w"], &value(at + 1))));
    refused(nodes, tensors, "more weights than the file has bytes");
}

#[test]
fn slopes_of_rectifiers_become_factors_of_the_activation() {
    let tensors = || {
        let slopes = floats("slopes", &[1, 2], &[0.25, -0.5]);
        [weights(), vec![slopes]].concat()
    };
    let after = |operator: Node| {
        vec![
            node("MatMul", &["x", "w"], "z"),
            operator,
            node("MatMul", &["a", "w"], "y"),
        ]
    };
    let found = read(
        &file(after(node("PRelu", &["z", "slopes"], "a")), tensors()),
        None,
    )
    .unwrap();
    assert_eq!(found.layers[0].activation, Activation::Relu);
    let factors = found.layers[0].factors.clone().unwrap();
    let expected = [0.75, 1.5];
    assert!(
        factors
            .iter()
            .zip(expected)
            .all(|(found, expected)| (found - expected).abs() < 1e-12)
    );
    // With the slope that an activation of its own has, there are no factors.
    let found = read(&file(after(node("LeakyRelu", &["z"], "a")), tensors()), None).unwrap();
    assert_eq!(found.layers[0].activation, Activation::LeakyRelu);
    assert_eq!(found.layers[0].factors, None);
    let last = vec![
        node("MatMul", &["x", "w"], "z"),
        node("PRelu", &["z", "slopes"], "y"),
    ];
    refused(last, tensors(), "output layer has slopes");
}

#[test]
fn layer_normalisation_is_read_as_an_operator_and_in_arithmetic() {
    let tensors = || {
        let more = [
            floats("gain", &[3], &[1.5, -2.0, 0.5]),
            floats("shift", &[3], &[0.25, 0.0, 1.0]),
            floats("epsilon", &[], &[0.001]),
            floats("first", &[2, 3], &[1.0, 2.0, 3.0, -1.0, 0.5, 0.0]),
            floats("last", &[3, 1], &[1.0, 2.0, 3.0]),
        ];
        more.to_vec()
    };
    let operator = || {
        let mut normalised = node("LayerNormalization", &["z", "gain", "shift"], "n");
        normalised.attribute.push(Attribute {
            name: "epsilon".into(),
            f: 0.001,
            ..Attribute::default()
        });
        normalised
    };
    let mean = |of: &str, to: &str| {
        let mut mean = node("ReduceMean", &[of], to);
        mean.attribute.push(Attribute {
            name: "axes".into(),
            ints: vec![-1],
            ..Attribute::default()
        });
        mean
    };
    let around = |inner: Vec<Node>| {
        let before = vec![node("MatMul", &["x", "first"], "z")];
        let after = vec![node("Relu", &["n"], "a"), node("MatMul", &["a", "last"], "y")];
        [before, inner, after].concat()
    };
    let in_arithmetic = vec![
        mean("z", "mean"),
        node("Sub", &["z", "mean"], "d"),
        node("Mul", &["d", "d"], "square"),
        mean("square", "variance"),
        node("Add", &["variance", "epsilon"], "sum"),
        node("Sqrt", &["sum"], "deviation"),
        node("Reciprocal", &["deviation"], "r"),
        node("Mul", &["r", "gain"], "g"),
        node("Mul", &["z", "g"], "scaled"),
        node("Mul", &["mean", "g"], "moved"),
        node("Sub", &["shift", "moved"], "rest"),
        node("Add", &["scaled", "rest"], "n"),
    ];
    for inner in [vec![operator()], in_arithmetic] {
        let found = read(&file(around(inner), tensors()), None).unwrap();
        let normalisation = found.layers[0].normalisation.clone().unwrap();
        assert_eq!(normalisation.epsilon, 0.001);
        let is_near = |found: &[f64], expected: [f64; 3]| {
            assert!(
                found
                    .iter()
                    .zip(expected)
                    .all(|(found, expected)| (found - expected).abs() < 1e-9),
                "{found:?}"
            );
        };
        is_near(&normalisation.gain, [1.5, -2.0, 0.5]);
        is_near(&normalisation.shift, [0.25, 0.0, 1.0]);
        assert_eq!(found.layers[0].activation, Activation::Relu);
    }
    let mut after_activation = around(vec![operator()]);
    after_activation[1].input[0] = "r".into();
    after_activation.insert(1, node("Relu", &["z"], "r"));
    refused(
        after_activation,
        tensors(),
        "layer normalisation follows the activation relu",
    );
    let of_features = vec![
        node("LayerNormalization", &["x", "gain"], "n"),
        node("MatMul", &["n", "first"], "y"),
    ];
    refused(of_features, tensors(), "over the features");
    // What repeats it does not take memory without end.
    let mut repeated = around(vec![operator()]);
    repeated.splice(
        2..2,
        (0..2000).map(|at| {
            let from = if at == 0 { "n".to_owned() } else { format!("n{at}") };
            node("LayerNormalization", &[&from, "gain"], &format!("n{}", at + 1))
        }),
    );
    let at = repeated.len() - 2;
    repeated[at].input[0] = "n2000".into();
    refused(repeated, tensors(), "two layer normalisations");
}

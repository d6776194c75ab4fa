//! Tests of the initialisers: distributions, layout, and rejected settings.

use super::*;

fn net(sizes: &[usize], bias: bool) -> Architecture {
    Architecture::new(sizes, &vec![Activation::Sigmoid; sizes.len() - 1], bias).unwrap()
}

#[test]
fn named_initialisers_have_the_standard_deviation_of_their_paper() {
    let (fan_in, fan_out) = (200usize, 100usize);
    let expected = [
        (Init::XavierUniform, (2.0f64 / 300.0).sqrt()),
        (Init::XavierNormal, (2.0f64 / 300.0).sqrt()),
        (Init::HeUniform, (2.0f64 / 200.0).sqrt()),
        (Init::HeNormal, (2.0f64 / 200.0).sqrt()),
    ];
    for (method, deviation) in expected {
        let network: Network<f64> =
            initialise(net(&[fan_in, fan_out], true), &method, &mut RandomState::new(1)).unwrap();
        let weights = network.weights(0);
        let found = (weights.iter().map(|w| w * w).sum::<f64>() / weights.len() as f64).sqrt();
        assert!(
            (found / deviation - 1.0).abs() < 0.02,
            "{method:?}: {found} for {deviation}"
        );
        assert!(network.bias(0).is_some_and(|bias| bias.iter().all(|&b| b == 0.0)));
    }
}

#[test]
fn out_in_draws_are_the_transpose() {
    let draws = |shape| Init::Draws {
        draws: vec![Draw {
            seed: Some(3),
            weights: Some(1),
            shape: Some(shape),
            ..Draw::default()
        }],
    };
    let mut generator = RandomState::new(0);
    let a: Network<f64> = initialise(net(&[2, 3], false), &draws(DrawShape::InOut), &mut generator).unwrap();
    let b: Network<f64> = initialise(net(&[3, 2], false), &draws(DrawShape::OutIn), &mut generator).unwrap();
    for i in 0..2 {
        for j in 0..3 {
            assert_eq!(a.weights(0)[i * 3 + j], b.weights(0)[j * 2 + i]);
        }
    }
}

#[test]
fn rejects_wrong_recipes_with_the_key() {
    for (settings, expected) in [
        (r#"{"method": "uniform"}"#, "init.low"),
        (r#"{"method": "normal"}"#, "init.std"),
        (r#"{"method": "truncated-normal"}"#, "init.std"),
        (r#"{"method": "constant"}"#, "init.value"),
        (r#"{"method": "sklearn", "value": 1}"#, "init.value"),
        (r#"{"method": "given"}"#, "init.layers"),
        (r#"{"method": "draws"}"#, "init.draws"),
        (r#"{"method": "zeros", "std": 1}"#, "init.std"),
    ] {
        let error = serde_json::from_str::<Init>(settings).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} should say {expected}");
    }
    let draws = |draw| Init::Draws { draws: vec![draw] };
    let cases = [
        (Init::Orthogonal { gain: -1.0 }, "init.gain"),
        (Init::Uniform { low: 1.0, high: 0.0 }, "init.low"),
        (
            draws(Draw {
                weights: Some(4),
                ..Draw::default()
            }),
            "layers 1 to 1",
        ),
        (
            draws(Draw {
                bias: Some(1),
                ..Draw::default()
            }),
            "network.bias",
        ),
        (
            Init::Given {
                layers: vec![GivenLayer {
                    weights: vec![vec![1.0], vec![f64::NAN]],
                    bias: None,
                }],
            },
            "row 2, column 1",
        ),
    ];
    for (recipe, expected) in cases {
        let error = initialise::<f64>(net(&[2, 1], false), &recipe, &mut RandomState::new(0)).unwrap_err();
        assert!(
            error.to_string().contains(expected),
            "{error} does not contain {expected}"
        );
    }
}

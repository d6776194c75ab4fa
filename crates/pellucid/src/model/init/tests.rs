//! Tests of the initialisers: distributions, layout, and rejected settings.

use super::*;

fn net(sizes: &[usize], bias: bool) -> Architecture {
    Architecture::new(sizes, &vec![Activation::Sigmoid; sizes.len() - 1], bias).unwrap()
}

fn init(method: InitMethod) -> InitRecipe {
    InitRecipe {
        method,
        ..InitRecipe::default()
    }
}

#[test]
fn named_initialisers_have_the_standard_deviation_of_their_paper() {
    let (fan_in, fan_out) = (200usize, 100usize);
    let expected = [
        (InitMethod::XavierUniform, (2.0f64 / 300.0).sqrt()),
        (InitMethod::XavierNormal, (2.0f64 / 300.0).sqrt()),
        (InitMethod::HeUniform, (2.0f64 / 200.0).sqrt()),
        (InitMethod::HeNormal, (2.0f64 / 200.0).sqrt()),
    ];
    for (method, deviation) in expected {
        let network: Network<f64> = initialise(
            net(&[fan_in, fan_out], true),
            &init(method),
            &mut RandomState::new(1),
        )
        .unwrap();
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
    let draws = |shape| InitRecipe {
        method: InitMethod::Draws,
        draws: Some(vec![Draw {
            seed: Some(3),
            weights: Some(1),
            shape: Some(shape),
            ..Draw::default()
        }]),
        ..InitRecipe::default()
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
    let cases = [
        (init(InitMethod::Uniform), "init.low"),
        (init(InitMethod::Normal), "init.std"),
        (init(InitMethod::TruncatedNormal), "init.std"),
        (init(InitMethod::Constant), "init.value"),
        (
            InitRecipe {
                gain: Some(-1.0),
                ..init(InitMethod::Orthogonal)
            },
            "init.gain",
        ),
        (
            InitRecipe {
                value: Some(1.0),
                ..init(InitMethod::Sklearn)
            },
            "init.value",
        ),
        (init(InitMethod::Given), "init.layers"),
        (init(InitMethod::Draws), "init.draws"),
        (
            InitRecipe {
                std: Some(1.0),
                ..init(InitMethod::Zeros)
            },
            "init.std",
        ),
        (
            InitRecipe {
                draws: Some(vec![Draw {
                    weights: Some(4),
                    ..Draw::default()
                }]),
                ..init(InitMethod::Draws)
            },
            "layers 1 to 1",
        ),
        (
            InitRecipe {
                draws: Some(vec![Draw {
                    bias: Some(1),
                    ..Draw::default()
                }]),
                ..init(InitMethod::Draws)
            },
            "network.bias",
        ),
        (
            InitRecipe {
                layers: Some(vec![GivenLayer {
                    weights: vec![vec![1.0], vec![f64::NAN]],
                    bias: None,
                }]),
                ..init(InitMethod::Given)
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

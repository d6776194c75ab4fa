//! Compares activations and their derivatives with PyTorch's. `golden/make_activations.py` made the expected values.

use pellucid::Activation;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap().iter();
    list.map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn activations_and_derivatives_equal_pytorch() {
    let golden: Value = serde_json::from_str(include_str!("golden/activations.json")).unwrap();
    let z = numbers(&golden["z"]);
    for function in Activation::ALL.into_iter().filter(|f| f.is_elementwise()) {
        let expected = &golden["functions"][function.name()];
        let mut a = vec![0.0; z.len()];
        function.apply(&z, &mut a, 1);
        let derivative = function.derivative(&z, &a);
        for (name, found, expected) in [
            ("f", a, &expected["a"]),
            ("f\u{2032}", derivative, &expected["derivative"]),
        ] {
            for ((z, found), expected) in z.iter().zip(found).zip(numbers(expected)) {
                // PyTorch's own terms cancel where a function is nearly flat.
                let bound = 1e-14 * expected.abs() + 1e-15;
                assert!(
                    (found - expected).abs() <= bound,
                    "{name} of {} at {z}: {found:e}, not {expected:e}",
                    function.name()
                );
            }
        }
    }
}

//! Checks initial values that follow the training rows.

use crate::fixture::{classes, classifier, session};
use pellucid::data::dataset::{BatchBuffers, Rows, Samples};
use pellucid::model::pass::{self, Workspace};

/// Without the biases, the pre-activations of each unit have a standard deviation of 1; each unit's pre-activations lie on both
/// sides of 0 or near it, since minus the bias is a mean of some of them.
#[test]
fn pre_activations_have_a_deviation_of_one_on_the_training_rows() {
    let data = classes::<f64>(300, 5, 3, 7);
    for change in [
        "network.layers=[5, 30, 20, 3]",
        "network.input_scales=true",
        "network.members=4",
    ] {
        let mut recipe = classifier();
        recipe.set("network.layers=[5, 30, 20, 3]").unwrap();
        recipe
            .set("network.activation=[\"selu\", \"selu\", \"softmax\"]")
            .unwrap();
        recipe.set("init=data_driven").unwrap();
        recipe.set(change).unwrap();
        let network = session(&recipe, &data).initial().clone();
        let mut workspace = Workspace::new(network.architecture(), 300);
        let mut buffers = BatchBuffers::default();
        let (input, _) = data.gather(Rows::Range(0, 300), &mut buffers);
        pass::forward(
            network.architecture(),
            network.parameters(),
            input,
            &mut workspace,
        );
        for (index, layer) in network.architecture().layers().iter().enumerate() {
            let mut straddling = 0;
            for unit in 0..layer.fan_out {
                let z: Vec<f64> = workspace.z(index)[unit..]
                    .iter()
                    .step_by(layer.fan_out)
                    .copied()
                    .collect();
                let mean = z.iter().sum::<f64>() / 300.0;
                let deviation = (z.iter().map(|z| (z - mean) * (z - mean)).sum::<f64>() / 300.0).sqrt();
                assert!(
                    (deviation - 1.0).abs() < 1e-9,
                    "{change}: layer {index}, unit {unit}: {deviation}"
                );
                straddling += usize::from(z.iter().any(|&z| z > 0.0) && z.iter().any(|&z| z < 0.0));
            }
            assert!(
                straddling * 10 >= layer.fan_out * 9,
                "{change}: layer {index}: {straddling}"
            );
        }
        let again = session(&recipe, &data).initial().clone();
        assert_eq!(again, network);
    }
}

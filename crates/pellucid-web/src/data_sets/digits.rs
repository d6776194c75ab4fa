//! Handwritten digits of 8 × 8 pixels, those of the command's built-in set.

use super::{DataRequest, shuffled, test_fraction};
use crate::data_set::{DataSet, Image, RowTargets, Rows, Task};
use crate::thrown::Thrown;
use pellucid::numpy_random::RandomState;
use pellucid_data::{Values, load_builtin};

/// The name of the set, here and in the command.
pub const NAME: &str = "digits";
/// Pixels of an edge.
const EDGE: usize = 8;
/// Pixels of an image.
pub const PIXELS: usize = EDGE * EDGE;
/// The number of a black pixel; a white one is 0.
const BLACK: f64 = 16.0;

/// Pixels are given to the network as they are drawn, from 0 to 1, so they are not standardised.
const RECIPE: &str = "data = { source = \"inline\" }\n\n[network]\nlayers = [64, 32, 10]\nactivation = [\"relu\", \"softmax\"]\n\n\
    [init]\nmethod = \"he_normal\"\n\n[train]\nloss = \"categorical_cross_entropy\"\noptimizer = \"adam\"\nlearning_rate = 0.003\n\
    batch_size = 20\nshuffle = true\nepochs = 100\nseed = 0\n";

/// The images, pixels from 0 to 1.
pub fn make(request: &DataRequest) -> Result<DataSet, Thrown> {
    let part = test_fraction(request)?;
    let table = load_builtin(NAME, 0)?;
    let mut pixels: Vec<&[f64]> = Vec::new();
    let mut target = None;
    for column in &table.columns {
        match &column.values {
            Values::Numbers(numbers) => pixels.push(numbers),
            Values::Categories(digits) => target = Some(digits),
            Values::Booleans(_) => {}
        }
    }
    let Some(target) = target else {
        return Err(format!("{NAME}: the table has no column of classes").into());
    };
    let mut random = RandomState::new(request.seed.unwrap_or(0));
    let (test, training) = shuffled(&mut random, table.rows(), part);
    let rows = |order: &[u32]| Rows {
        inputs: order
            .iter()
            .map(|&row| pixels.iter().map(|pixel| pixel[row as usize] / BLACK).collect())
            .collect(),
        targets: RowTargets::Classes(order.iter().map(|&row| target.codes[row as usize]).collect()),
    };
    Ok(DataSet {
        name: NAME.into(),
        task: Task::Classes,
        feature_names: table.columns[..PIXELS]
            .iter()
            .map(|column| column.name.clone())
            .collect(),
        target_names: target.names.clone(),
        training: rows(&training),
        test: rows(&test),
        notes: Vec::new(),
        image: Some(Image {
            width: EDGE,
            height: EDGE,
        }),
        suggested_recipe: Some(RECIPE.into()),
        preparation: None,
    })
}

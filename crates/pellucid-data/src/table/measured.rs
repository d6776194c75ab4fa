//! The built-in tables that were measured.

use super::columns::Column;
use super::made_columns::{categories, columns_of, numbers};

/// 150 irises.
pub(super) fn iris() -> Vec<Column> {
    let data = linfa_datasets::iris();
    let names = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
    let mut columns = columns_of(&names, data.records().iter().copied());
    let species = data.targets().iter().map(|&class| class as u32).collect();
    let names = ["setosa", "versicolor", "virginica"];
    columns.push(categories("species", &names, species));
    columns
}

/// 1,599 red wines.
pub(super) fn wine() -> Vec<Column> {
    let data = linfa_datasets::winequality();
    let names = [
        "fixed_acidity",
        "volatile_acidity",
        "citric_acid",
        "residual_sugar",
        "chlorides",
        "free_sulfur_dioxide",
        "total_sulfur_dioxide",
        "density",
        "ph",
        "sulphates",
        "alcohol",
    ];
    let mut columns = columns_of(&names, data.records().iter().copied());
    let quality = data.targets().iter().map(|&quality| quality as u32 - 3).collect();
    columns.push(categories("quality", &["3", "4", "5", "6", "7", "8"], quality));
    columns
}

/// 442 patients.
pub(super) fn diabetes() -> Vec<Column> {
    // The crate skips the first row, as if it were names.
    const FIRST_FEATURES: [f64; 10] = [
        0.0380759064334241,
        0.0506801187398187,
        0.0616962065186885,
        0.0218723549949558,
        -0.0442234984244464,
        -0.0348207628376986,
        -0.0434008456520269,
        -0.00259226199818282,
        0.0199084208763183,
        -0.0176461251598052,
    ];
    const FIRST_PROGRESSION: f64 = 151.0;
    let data = linfa_datasets::diabetes();
    let lost = usize::from(data.targets().len() == 441);
    // The names are scikit-learn's.
    let names = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"];
    let features = FIRST_FEATURES[..10 * lost].iter().chain(data.records()).copied();
    let progression = [FIRST_PROGRESSION][..lost].iter().chain(data.targets()).copied();
    let mut columns = columns_of(&names, features);
    columns.push(numbers("progression", progression.collect()));
    columns
}

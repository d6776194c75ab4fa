//! Partial dependence.

use crate::{Model, golden, numbers};
use pellucid_data::importance::{ColumnGrid, partial_dependence};

#[test]
fn it_is_that_of_scikit_learn_at_values_of_rows() {
    let golden = &golden()["partial_dependence"];
    let model = Model::golden();
    let column = golden["column"].as_u64().unwrap() as usize;
    let rows = model.rows();
    let everyone: Vec<usize> = (0..rows.rows()).collect();
    let all: Vec<u32> = crate::all(&model.table);
    let ColumnGrid::Numbers(grid) = ColumnGrid::new(&model.table.columns[column].values, &all, 1000) else {
        panic!("the column is numbers")
    };
    let chosen = numbers(&golden["grid"]);
    let place = |value: &f64| grid.iter().find(|(_, other)| other == value).unwrap().0;
    let at: Vec<usize> = chosen.iter().map(place).collect();
    let found = partial_dependence(&rows, column, &at, &everyone).unwrap();
    let expected = numbers(&golden["values"]);
    assert_eq!(found.rows(), expected.len());
    for (value, expected) in found.values().iter().zip(&expected) {
        assert!((value - expected).abs() < 1e-12, "{value} instead of {expected}");
    }
    assert!(partial_dependence(&rows, column, &at, &[]).is_err());
}

//! Tests of data sets: standardisation, gathering of rows, and rejected labels.

use super::*;

fn dense(rows: &[Vec<f64>]) -> Matrix<f64> {
    Matrix::from_rows("the test", rows).unwrap()
}

#[test]
fn standardised_columns_have_mean_0_and_standard_deviation_1() {
    let features = Features::Dense(dense(&[vec![1.0, 7.0], vec![3.0, 7.0], vec![8.0, 7.0]]));
    let columns = features.standardisation();
    let features = features.standardised_by(&columns);
    let Features::Dense(matrix) = features else {
        panic!("dense features stay dense")
    };
    let first: Vec<f64> = (0..3).map(|r| matrix.row(r)[0]).collect();
    assert!(first.iter().sum::<f64>().abs() < 1e-15);
    assert!((first.iter().map(|v| v * v).sum::<f64>() / 3.0 - 1.0).abs() < 1e-15);
    assert!((0..3).all(|r| matrix.row(r)[1] == 0.0));
}

#[test]
fn gathers_picked_rows_in_their_order() {
    let bytes = ByteMatrix::new(3, 2, vec![0, 255, 51, 0, 102, 153], 255.0).unwrap();
    let targets = Targets::Classes {
        labels: vec![0, 2, 1],
        classes: 3,
    };
    let data = Dataset::<f64>::new(Features::Bytes(bytes), targets).unwrap();
    let mut buffers = BatchBuffers::default();
    let (input, targets) = data.gather(Rows::Picked(&[2, 0]), &mut buffers);
    let Input::Bytes { bytes, values } = input else {
        panic!("bytes stay bytes")
    };
    assert_eq!(bytes, [102, 153, 0, 255]);
    assert_eq!((values[51], values[255]), (0.2, 1.0));
    assert_eq!(targets, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn rejects_a_label_out_of_range() {
    let targets = Targets::Classes {
        labels: vec![0, 3],
        classes: 3,
    };
    let features = Features::Dense(dense(&[vec![1.0], vec![2.0]]));
    let error = Dataset::new(features, targets).unwrap_err().to_string();
    assert!(error.contains("row 2") && error.contains("0 to 2"), "{error}");
}

//! Handwritten digits: the first 1,000 images of the test part of *Optical Recognition of Handwritten Digits* (E. Alpaydin and
//! C. Kaynak, 1998, UCI Machine Learning Repository, CC BY 4.0). `data/README.md` has its notation.

use super::columns::Column;
use super::made_columns::{categories, columns_of};

/// 64 pixels and the digit on each line.
const IMAGES: &str = include_str!("../../data/digits.txt");
/// Pixels of an edge of an image.
const EDGE: usize = 8;

/// 1,000 images: `pixel_ROW_COLUMN` from 0, white, to 16, black, and `digit`. The names of the pixels are scikit-learn's.
pub(super) fn digits() -> Vec<Column> {
    let names: Vec<String> = (0..EDGE * EDGE)
        .map(|at| format!("pixel_{}_{}", at / EDGE, at % EDGE))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (pixels, digits): (Vec<&str>, Vec<&str>) =
        IMAGES.lines().map(|line| line.split_at(EDGE * EDGE)).unzip();
    let pixels = pixels.into_iter().flat_map(str::bytes).map(pixel);
    let mut columns = columns_of(&names, pixels);
    let words = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let digits = digits
        .into_iter()
        .flat_map(str::bytes)
        .map(|digit| u32::from(digit - b'0'));
    columns.push(categories("digit", &words, digits.collect()));
    columns
}

/// The number that a character stands for.
fn pixel(character: u8) -> f64 {
    f64::from(match character {
        b'0'..=b'9' => character - b'0',
        letter => letter - b'A' + 10,
    })
}

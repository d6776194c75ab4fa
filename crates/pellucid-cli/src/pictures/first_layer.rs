//! The picture of the weights of the first layer.

use pellucid::Scalar;
use pellucid::model::network::Network;
use pellucid_report::{ImageShape, WeightPicture};

/// Squares of fewer pixels are taken for columns that happen to be numbered.
const LEAST_SIDE: usize = 8;

pub(super) fn weights<T: Scalar>(
    of: &str,
    network: &Network<T>,
    input_names: Vec<String>,
    image: Option<ImageShape>,
) -> WeightPicture {
    WeightPicture {
        title: "Weights of layer 1".to_owned(),
        subtitle: of.to_owned(),
        weights: network.weights(0).iter().map(|weight| weight.to_f64()).collect(),
        units: network.architecture().layer(0).fan_out,
        input_names,
        image,
    }
}

/// All pixels of a square image.
pub(super) fn square(pixels: usize) -> Option<ImageShape> {
    let side = pixels.isqrt();
    (side >= LEAST_SIDE && side * side == pixels).then(|| ImageShape {
        rows: side,
        columns: side,
        pixels: (0..pixels).collect(),
    })
}

/// Images whose pixels are columns, as files of digits have them: `columns` are numbered one after the other, from 0 or 1
/// to a square, or by row and column, as in `pixel_3_7`. `inputs` are those that were kept.
pub(super) fn of_columns(columns: &[String], inputs: &[String]) -> Option<ImageShape> {
    let names = columns.iter().map(|name| Numbered::parse(name));
    let names: Vec<Numbered> = names.collect::<Option<_>>()?;
    let first = names.first()?;
    if names.iter().any(|name| name.word != first.word) {
        return None;
    }
    let mut shape = match first.row {
        None => {
            let follow = names.windows(2).all(|pair| pair[1].column == pair[0].column + 1);
            square(columns.len()).filter(|_| follow)?
        }
        Some(_) => {
            let rows = names.iter().filter_map(|name| name.row).max()? + 1;
            let columns = names.iter().map(|name| name.column).max()? + 1;
            let is_next = |(at, name): (usize, &Numbered)| {
                name.row == Some(at / columns) && name.column == at % columns
            };
            let in_order = names.iter().enumerate().all(is_next);
            let large = rows >= LEAST_SIDE && columns >= LEAST_SIDE;
            (in_order && large && names.len() == rows * columns).then(|| ImageShape {
                rows,
                columns,
                pixels: Vec::new(),
            })?
        }
    };
    let place = |input: &String| columns.iter().position(|column| column == input);
    shape.pixels = inputs.iter().map(place).collect::<Option<_>>()?;
    Some(shape)
}

/// A name that ends in one or two numbers.
struct Numbered<'a> {
    word: &'a str,
    row: Option<usize>,
    column: usize,
}

impl<'a> Numbered<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        let split = |text: &'a str| -> Option<(&'a str, usize)> {
            let word = text.trim_end_matches(|c: char| c.is_ascii_digit());
            Some((word, text[word.len()..].parse().ok()?))
        };
        let (rest, column) = split(name)?;
        let by_row = rest.strip_suffix('_').and_then(split);
        Some(Self {
            word: by_row.map_or(rest, |(word, _)| word),
            row: by_row.map(|(_, row)| row),
            column,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize, name: impl Fn(usize) -> String) -> Vec<String> {
        (0..count).map(name).collect()
    }

    #[test]
    fn pixels_are_found_by_their_numbers() {
        let all = names(784, |at| format!("c{}", at + 1));
        let kept = [all[0].clone(), all[29].clone()];
        let shape = of_columns(&all, &kept).unwrap();
        assert_eq!((shape.rows, shape.columns, shape.pixels), (28, 28, vec![0, 29]));
        let all = names(80, |at| format!("pixel_{}_{}", at / 10, at % 10));
        let shape = of_columns(&all, &all).unwrap();
        assert_eq!((shape.rows, shape.columns, shape.pixels.len()), (8, 10, 80));
    }

    #[test]
    fn other_columns_are_no_images() {
        assert!(
            of_columns(&names(16, |at| format!("x{at}")), &[]).is_none(),
            "too small"
        );
        assert!(
            of_columns(&names(65, |at| format!("x{at}")), &[]).is_none(),
            "no square"
        );
        assert!(
            of_columns(&names(64, |at| format!("x{}", at * 2)), &[]).is_none(),
            "gaps"
        );
        assert!(
            of_columns(
                &names(64, |at| if at == 9 { "age".into() } else { format!("x{at}") }),
                &[]
            )
            .is_none()
        );
        assert!(of_columns(&names(64, |at| format!("x{at}")), &["x is missing".into()]).is_none());
        assert!(of_columns(&[], &[]).is_none());
    }
}

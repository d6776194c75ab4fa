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
        input_names: network.architecture().embedded_names(input_names),
        image: image.filter(|_| network.architecture().embedded_parts().is_empty()),
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
    let names: Vec<_> = columns.iter().map(|name| numbered(name)).collect::<Option<_>>()?;
    let &(word, row, _) = names.first()?;
    if names.iter().any(|name| name.0 != word) {
        return None;
    }
    let mut shape = match row {
        None => {
            let follow = names.windows(2).all(|pair| pair[1].2 == pair[0].2 + 1);
            square(columns.len()).filter(|_| follow)?
        }
        Some(_) => {
            let rows = names.iter().filter_map(|name| name.1).max()? + 1;
            let columns = names.iter().map(|name| name.2).max()? + 1;
            let places = names.iter().enumerate();
            let mut places = places.map(|(at, name)| (name.1, name.2) == (Some(at / columns), at % columns));
            let in_order = places.all(|is_next| is_next);
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

/// The word before the one or two numbers that a name ends in, the row if there are two, and the column.
fn numbered(name: &str) -> Option<(&str, Option<usize>, usize)> {
    fn split(text: &str) -> Option<(&str, usize)> {
        let word = text.trim_end_matches(|c: char| c.is_ascii_digit());
        Some((word, text[word.len()..].parse().ok()?))
    }
    let (rest, column) = split(name)?;
    Some(match rest.strip_suffix('_').and_then(split) {
        Some((word, row)) => (word, Some(row), column),
        None => (rest, None, column),
    })
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

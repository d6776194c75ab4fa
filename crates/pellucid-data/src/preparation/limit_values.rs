//! Numbers at the end of a number type's range, which programs write where a value is missing.

use crate::table::number_text;

/// From here on a number is at the end of single or of double precision.
const NEAR_F32: std::ops::RangeInclusive<f64> = 3.38e38..=3.41e38;
const NEAR_F64: f64 = 1.7e308;

fn is_limit(number: f64) -> bool {
    const INTEGERS: [f64; 6] = [
        i32::MIN as f64,
        i32::MAX as f64,
        u32::MAX as f64,
        i64::MIN as f64,
        i64::MAX as f64,
        u64::MAX as f64,
    ];
    let size = number.abs();
    INTEGERS.contains(&number) || NEAR_F32.contains(&size) || size >= NEAR_F64
}

/// A note about such a number in a column, the first if there are several.
pub(super) fn limit_note(column: &str, numbers: &[f64]) -> Option<String> {
    let found = numbers.iter().copied().find(|&number| is_limit(number))?;
    let rows = numbers.iter().filter(|&&number| number == found).count();
    let rows = match rows {
        1 => "1 row".to_owned(),
        rows => format!("{rows} rows"),
    };
    let shown = match found.abs() < 1e20 {
        true => number_text(found),
        false => format!("{found:e}"),
    };
    Some(format!(
        "column `{column}` holds {shown}, the end of the range of a number type, in {rows}; it mostly stands for a missing \
         value, and --na with the text of the cell reads it so"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ends_of_types_are_noted() {
        for number in [
            3.4e38,
            -3.402_823_5e38,
            1.797e308,
            -2_147_483_648.0,
            i64::MAX as f64,
        ] {
            let note = limit_note("b", &[1.0, number, number]).unwrap();
            assert!(note.contains("in 2 rows"), "{note}");
        }
        assert_eq!(
            limit_note("b", &[1.0, f64::NAN, 1e30, 65_535.0, -32_768.0, 255.0]),
            None
        );
    }
}

//! Numbers as text: short, and aligned within a matrix.

/// Five significant digits, without zeros at the end; a power of ten where it is very small or large. In LaTeX.
pub(super) fn short_latex(value: f64) -> String {
    let text = short(value);
    match text.split_once('e') {
        Some((digits, exponent)) => format!("{digits} \\cdot 10^{{{exponent}}}"),
        None => text,
    }
}

/// The same, in parentheses where it is negative, so that it can be a factor.
pub(super) fn factor_latex(value: f64) -> String {
    let text = short_latex(value);
    match text.starts_with('-') {
        true => format!("({text})"),
        false => text,
    }
}

/// Five significant digits, without zeros at the end, such as `0.358`, `-12`, `1.2346e-7`.
pub(super) fn short(value: f64) -> String {
    if !value.is_finite() {
        return format!("{value}").to_lowercase();
    }
    if value == 0.0 {
        return "0".into();
    }
    let rounded = format!("{value:.4e}");
    let (digits, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-5..7).contains(&exponent) {
        let decimals = (4 - exponent).max(0) as usize;
        return trimmed(&format!("{value:.decimals$}")).into();
    }
    format!("{}e{exponent}", trimmed(digits))
}

fn trimmed(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

/// The number of decimals that aligns the numbers of a matrix: five digits of the largest, three of the smallest, as far as
/// they have so many.
pub(super) fn decimals(values: impl Iterator<Item = f64>) -> usize {
    let values: Vec<f64> = values.filter(|value| is_plain(*value) && *value != 0.0).collect();
    let exponent = |value: f64| value.abs().log10().floor() as i32;
    let largest = values.iter().map(|&value| exponent(value)).max().unwrap_or(0);
    let longest = values.iter().map(|&value| {
        let text = short(value);
        let there_are = text.split_once('.').map_or(0, |(_, after)| after.len());
        there_are.min((4 - largest).max(2 - exponent(value)).max(0) as usize)
    });
    longest.max().unwrap_or(0).min(7)
}

/// A cell of a matrix with this many decimals.
pub(super) fn cell(value: f64, decimals: usize) -> String {
    match is_plain(value) {
        true => format!("{value:.decimals$}").replace('-', "−"),
        false => short(value).replace('-', "−"),
    }
}

/// Whether a number is written without a power of ten.
fn is_plain(value: f64) -> bool {
    value == 0.0 || (value.abs() >= 1e-5 && value.abs() < 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_digits_and_no_zeros_behind() {
        for (value, expected) in [
            (0.0, "0"),
            (1.0, "1"),
            (-0.424, "-0.424"),
            (0.588_556_204, "0.58856"),
            (123_456.7, "123457"),
            (1e-7, "1e-7"),
            (-1.234_567e-9, "-1.2346e-9"),
            (0.000_123_4, "0.0001234"),
            (f64::NAN, "nan"),
            (1e300, "1e300"),
        ] {
            assert_eq!(short(value), expected);
        }
        assert_eq!(short_latex(-1.5e-9), "-1.5 \\cdot 10^{-9}");
        assert_eq!(factor_latex(-2.0), "(-2)");
    }

    #[test]
    fn points_stand_below_each_other() {
        let values = [0.5, -0.588_556_2, 0.0];
        let decimals = decimals(values.into_iter());
        let cells: Vec<String> = values.iter().map(|value| cell(*value, decimals)).collect();
        assert_eq!(cells, ["0.50000", "−0.58856", "0.00000"]);
    }
}

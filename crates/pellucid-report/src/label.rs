//! Writes numbers for labels of axes.

/// How the numbers of one axis are written, chosen once so that its labels match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    /// `0.05`, `1500`.
    Plain,
    /// `50k`, `1.5M`.
    Engineering,
    /// `5×10⁻⁷`.
    Scientific,
}

impl Notation {
    /// For an axis with numbers up to `largest` in size, `step` apart.
    pub(crate) fn for_axis(largest: f64, step: f64) -> Self {
        if largest >= 1e15 || (largest > 0.0 && step < 1e-4 && largest < 1e-3) {
            Self::Scientific
        } else if largest >= 1e4 && step >= 10.0 {
            Self::Engineering
        } else {
            Self::Plain
        }
    }
}

/// `value` with as many decimals as distinguish it from a neighbour `step` away.
pub(crate) fn number(value: f64, step: f64, notation: Notation) -> String {
    let value = if value.abs() < step * 1e-6 { 0.0 } else { value };
    if value == 0.0 {
        return "0".to_owned();
    }
    let (size, suffix) = match notation {
        Notation::Plain => (1.0, ""),
        Notation::Engineering => [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
            .into_iter()
            .find(|(size, _)| value.abs() >= size * (1.0 - 1e-9))
            .unwrap_or((1.0, "")),
        Notation::Scientific => {
            let exponent = (value.abs().log10() + 1e-9).floor() as i32;
            return scientific(value, exponent, decimals(step / power_of_ten(exponent)));
        }
    };
    let text = format!("{:.*}", decimals(step / size), value / size);
    let text = without_trailing_zeros(&text, notation == Notation::Engineering);
    format!("{}{suffix}", text.replace('-', "−"))
}

/// `mantissa × 10^exponent`, as on a logarithmic axis.
pub(crate) fn power(mantissa: u32, exponent: i32, notation: Notation) -> String {
    match notation {
        Notation::Scientific if mantissa == 1 => format!("10{}", superscript(exponent)),
        Notation::Scientific => format!("{mantissa}×10{}", superscript(exponent)),
        _ => number(
            f64::from(mantissa) * power_of_ten(exponent),
            power_of_ten(exponent),
            notation,
        ),
    }
}

fn scientific(value: f64, exponent: i32, decimals: usize) -> String {
    // Divided in two steps, because the power itself may be too small or too large for a double.
    let half = exponent / 2;
    let mantissa = value / power_of_ten(half) / power_of_ten(exponent - half);
    let text = format!("{mantissa:.decimals$}").replace('-', "−");
    let mantissa = without_trailing_zeros(&text, true);
    format!("{mantissa}×10{}", superscript(exponent))
}

fn power_of_ten(exponent: i32) -> f64 {
    10f64.powi(exponent)
}

/// Decimals needed to write multiples of `step`, at most 12.
fn decimals(step: f64) -> usize {
    let mut scaled = step;
    for decimals in 0..12 {
        if !scaled.is_finite() || (scaled >= 0.99 && (scaled - scaled.round()).abs() < 1e-6 * scaled) {
            return decimals;
        }
        scaled *= 10.0;
    }
    12
}

fn without_trailing_zeros(text: &str, strip: bool) -> &str {
    if strip && text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

fn superscript(exponent: i32) -> String {
    let raised = |digit: u32| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit as usize).unwrap_or('⁰');
    let text = exponent.to_string();
    text.chars().map(|c| c.to_digit(10).map_or('⁻', raised)).collect()
}

/// A count with separated thousands: `1,234,567`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engineering_labels_read_as_spoken() {
        let axis = |value| number(value, 200_000.0, Notation::Engineering);
        assert_eq!(axis(0.0), "0");
        assert_eq!(axis(400_000.0), "400k");
        assert_eq!(axis(1_000_000.0), "1M");
        assert_eq!(axis(1_200_000.0), "1.2M");
        assert_eq!(number(10_250.0, 250.0, Notation::Engineering), "10.25k");
        assert_eq!(number(-20_000.0, 5_000.0, Notation::Engineering), "−20k");
    }

    #[test]
    fn plain_labels_have_the_decimals_of_their_step() {
        assert_eq!(number(0.30000000000000004, 0.1, Notation::Plain), "0.3");
        assert_eq!(number(0.25, 0.05, Notation::Plain), "0.25");
        assert_eq!(number(0.2, 0.05, Notation::Plain), "0.20");
        assert_eq!(number(-1e-17, 0.1, Notation::Plain), "0");
        assert_eq!(number(100.025, 0.005, Notation::Plain), "100.025");
    }

    #[test]
    fn powers_are_superscripts_or_plain() {
        assert_eq!(power(1, -7, Notation::Scientific), "10⁻⁷");
        assert_eq!(power(5, 12, Notation::Scientific), "5×10¹²");
        assert_eq!(power(2, -2, Notation::Plain), "0.02");
        assert_eq!(power(1, 0, Notation::Plain), "1");
    }

    #[test]
    fn scientific_labels_hold_at_the_ends_of_the_range() {
        assert_eq!(number(2.5e-7, 5e-8, Notation::Scientific), "2.5×10⁻⁷");
        assert_eq!(number(1.5e308, 5e307, Notation::Scientific), "1.5×10³⁰⁸");
        assert_eq!(number(1e-310, 1e-310, Notation::Scientific), "1×10⁻³¹⁰");
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}

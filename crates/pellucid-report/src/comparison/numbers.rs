//! Numbers of a comparison as text.

use crate::label::grouped;

/// A loss to four significant digits.
pub(super) fn loss(value: f64) -> String {
    let magnitude = match value.abs() {
        0.0 => return "0".to_owned(),
        size if size.is_finite() => size.log10().floor() as i32,
        _ => return value.to_string().to_lowercase(),
    };
    if !(-4..6).contains(&magnitude) {
        let text = format!("{value:.3e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trimmed(digits));
    }
    trimmed(&format!("{value:.*}", (3 - magnitude).max(0) as usize)).to_owned()
}

/// Decimals without zeros at their end.
fn trimmed(digits: &str) -> &str {
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    }
}

/// A loss to three digits: enough for a median with a band.
pub(super) fn short_loss(value: f64) -> String {
    if !value.is_finite() {
        return "diverged".to_owned();
    }
    loss(format!("{value:.2e}").parse().unwrap_or(value))
}

/// About three significant digits.
pub(super) fn seconds(value: f64) -> String {
    if value.is_finite() && value >= 1e-4 {
        let decimals = usize::try_from(2 - value.log10().floor() as i32).unwrap_or(0);
        format!("{value:.*}", decimals.clamp(0, 6))
    } else {
        loss(value)
    }
}

/// A median number of epochs or updates.
pub(super) fn count(value: f64) -> String {
    if value.is_finite() {
        grouped(value.round() as u64)
    } else {
        "never".to_owned()
    }
}

pub(super) fn epochs(count: u64) -> String {
    format!("{} epoch{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// `= 0.021`, or `< 0.0001`.
pub(super) fn p_value(p: f64) -> String {
    if p < 1e-4 {
        return "< 0.0001".to_owned();
    }
    let decimals = usize::try_from(1 - p.log10().floor() as i32).unwrap_or(2);
    format!("= {}", trimmed(&format!("{p:.decimals$}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_have_four_significant_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.05, "0.05"),
            (0.247_191_9, "0.2472"),
            (0.003_295_203, "0.003295"),
            (2.0e-7, "2e-7"),
            (123_456.0, "123456"),
            (1.5e300, "1.5e300"),
            (-0.5, "-0.5"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(loss(value), text);
        }
    }

    #[test]
    fn seconds_have_about_three_digits() {
        assert_eq!(seconds(0.031_23), "0.0312");
        assert_eq!(seconds(12.345), "12.3");
        assert_eq!(seconds(1234.5), "1234");
    }
}

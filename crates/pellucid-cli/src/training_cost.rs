//! Says what a training costs before it is spent.

use crate::score_text::count;
use pellucid_data::training::Estimate;

/// The cost of a training before it is spent, as in `at most about 40 s and 12 MB: 8 networks, 256 epochs of 8 steps each`.
pub(crate) fn line(estimate: &Estimate) -> String {
    let networks = match estimate.networks {
        1 => String::new(),
        networks => format!("{networks} networks, "),
    };
    let each = if estimate.networks == 1 { "" } else { " each" };
    format!(
        "at most about {} and {}: {networks}{} epochs of {} steps{each}",
        about_seconds(estimate.seconds),
        about_bytes(estimate.bytes),
        count(estimate.epochs as usize),
        count(estimate.steps as usize),
    )
}

/// A duration with as many digits as an estimate deserves.
fn about_seconds(seconds: f64) -> String {
    match seconds {
        ..1.0 => "1 s".to_owned(),
        1.0..10.0 => format!("{seconds:.0} s"),
        10.0..120.0 => format!("{:.0} s", (seconds / 5.0).round() * 5.0),
        120.0..7200.0 => format!("{:.0} minutes", seconds / 60.0),
        _ => format!("{:.0} hours", seconds / 3600.0),
    }
}

/// A size with as many digits as an estimate deserves.
fn about_bytes(bytes: f64) -> String {
    match bytes / 1e6 {
        megabytes @ ..1000.0 => format!("{:.0} MB", megabytes.max(1.0)),
        megabytes => format!("{:.1} GB", megabytes / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_have_few_digits() {
        let seconds = [0.2, 3.4, 47.0, 130.0, 7300.0].map(about_seconds);
        assert_eq!(seconds, ["1 s", "3 s", "45 s", "2 minutes", "2 hours"]);
        let bytes = [1.0, 12.4e6, 2.34e9].map(about_bytes);
        assert_eq!(bytes, ["1 MB", "12 MB", "2.3 GB"]);
    }
}

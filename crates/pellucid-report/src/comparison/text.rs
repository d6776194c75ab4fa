//! A comparison as text for a terminal.

use super::Comparison;
use super::table::Table;
use crate::label::grouped;

pub(super) fn text(comparison: &Comparison, width: usize) -> String {
    let names: Vec<String> = comparison
        .runs
        .iter()
        .map(|run| shorten(&run.name, (width / 3).max(8)))
        .collect();
    let mut text = String::from("Loss after equal numbers of epochs\n");
    text.push_str(&equal_epochs(comparison, &names, width));
    text.push_str("\nThe runs as a whole\n");
    text.push_str(&runs(comparison, &names, width));
    if !comparison.targets.is_empty() {
        text.push_str("\nFirst epoch at or below a target loss\n");
        text.push_str(&targets(comparison, &names, width));
    }
    text.push('\n');
    text.push_str(&fill(&comparison.answer, width));
    text
}

fn equal_epochs(comparison: &Comparison, names: &[String], width: usize) -> String {
    if comparison.equal_epochs.is_empty() {
        return "  none: a run has no epochs\n".to_owned();
    }
    let epochs = comparison
        .equal_epochs
        .iter()
        .map(|row| format!("epoch {}", grouped(row.epoch)));
    let mut table = Table::new(std::iter::once("run".to_owned()).chain(epochs).collect(), 1);
    for (index, name) in names.iter().enumerate() {
        let losses = comparison.equal_epochs.iter().map(|row| loss(row.losses[index]));
        table.push(std::iter::once(name.clone()).chain(losses).collect());
    }
    table.render(width)
}

fn runs(comparison: &Comparison, names: &[String], width: usize) -> String {
    let header = [
        "run",
        "epochs",
        "updates",
        "seconds",
        "final loss",
        "lowest loss",
        "not finite from epoch",
    ];
    let diverged = comparison.runs.iter().any(|run| run.diverged_at.is_some());
    let columns = if diverged { header.len() } else { header.len() - 1 };
    let mut table = Table::new(
        header[..columns].iter().map(|&title| title.to_owned()).collect(),
        1,
    );
    let optional = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), loss);
    for (run, name) in comparison.runs.iter().zip(names) {
        let mut row = vec![
            name.clone(),
            grouped(run.epochs),
            grouped(run.updates),
            seconds(run.seconds),
            optional(run.final_loss),
            optional(run.lowest_loss),
            run.diverged_at.map_or_else(|| "–".to_owned(), grouped),
        ];
        row.truncate(columns);
        table.push(row);
    }
    table.render(width)
}

fn targets(comparison: &Comparison, names: &[String], width: usize) -> String {
    let header = ["loss", "run", "epochs", "updates", "seconds"].map(str::to_owned);
    let mut table = Table::new(header.to_vec(), 2);
    for target in &comparison.targets {
        for (index, (reached, name)) in target.reached.iter().zip(names).enumerate() {
            let named = if index == 0 {
                loss(target.loss)
            } else {
                String::new()
            };
            let [epochs, updates, time] = match reached {
                Some(reach) => [
                    grouped(reach.epoch),
                    grouped(reach.updates),
                    seconds(reach.seconds),
                ],
                None => ["not reached".to_owned(), "–".to_owned(), "–".to_owned()],
            };
            table.push(vec![named, name.clone(), epochs, updates, time]);
        }
    }
    table.render(width)
}

/// A loss to four significant digits.
pub(super) fn loss(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return if value.is_nan() {
            "nan".to_owned()
        } else {
            format!("{value}")
        };
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-4..6).contains(&magnitude) {
        let text = format!("{value:.3e}");
        return match text.split_once('e') {
            Some((digits, exponent)) => {
                let digits = digits.trim_end_matches('0').trim_end_matches('.');
                format!("{digits}e{exponent}")
            }
            None => text,
        };
    }
    let decimals = usize::try_from(3 - magnitude).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

pub(super) fn seconds(value: f64) -> String {
    if value.is_finite() && value >= 1e-4 {
        format!(
            "{value:.*}",
            usize::try_from(2 - value.log10().floor() as i32)
                .unwrap_or(0)
                .clamp(0, 6)
        )
    } else {
        loss(value)
    }
}

/// `text` with its middle left out if it is longer than `most` characters.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= most {
        return text.to_owned();
    }
    let head = most / 2;
    let tail = most - head - 1;
    characters[..head]
        .iter()
        .chain(&['…'])
        .chain(&characters[characters.len() - tail..])
        .collect()
}

/// Breaks prose between words into lines of at most `width` characters.
pub(crate) fn fill(prose: &str, width: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in prose.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
    text
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
    fn prose_is_broken_between_words() {
        assert_eq!(fill("one two three", 8), "one two\nthree\n");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shorten("abcdefghij", 5), "ab…ij");
        assert_eq!(shorten("abc", 5), "abc");
    }

    #[test]
    fn seconds_have_about_three_digits() {
        assert_eq!(seconds(0.031_23), "0.0312");
        assert_eq!(seconds(12.345), "12.3");
        assert_eq!(seconds(1234.5), "1234");
    }
}

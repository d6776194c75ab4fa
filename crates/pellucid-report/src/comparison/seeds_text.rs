//! A comparison over several seeds as text for a terminal.

use super::seeds::{Pair, SeedComparison, targets_of};
use super::seeds_answer::p_value;
use super::spread::Spread;
use super::table::Table;
use super::text::{fill, loss, seconds, shorten};
use crate::label::grouped;

/// More columns of losses than this are hard to take in, as each has a band.
const MOST_EPOCHS: usize = 4;
/// More pairs than this are told of in the record alone.
const MOST_PAIRS: usize = 10;

pub(super) fn text(found: &SeedComparison, width: usize) -> String {
    let names: Vec<String> = found
        .variants
        .iter()
        .map(|variant| shorten(&variant.name, (width / 3).max(8)))
        .collect();
    let (seeds, band) = (found.seeds.len(), found.band.name());
    let of = match seeds {
        1 => "1 seed".to_owned(),
        _ => format!("{seeds} seeds"),
    };
    let title = |what: &str| fill(&format!("{what}: median of {of} ({band})"), width);
    let mut text = title("Loss after equal numbers of epochs");
    text.push_str(&equal_epochs(found, &names, width));
    text.push('\n');
    text.push_str(&title("The variants as a whole"));
    text.push_str(&wholes(found, &names, width));
    if !found.targets.is_empty() {
        text.push('\n');
        text.push_str(&title("First epoch at or below a target loss"));
        text.push_str(&targets(found, &names, width));
    }
    if let (Some(target), false) = (targets_of(found), found.all_alike) {
        let title = format!("\nSeed by seed, by epochs to a loss of {}\n", loss(target.loss));
        text.push_str(&pairs(&found.by_epochs, &names, &title, width));
    }
    text.push('\n');
    text.push_str(&fill(&found.answer, width));
    text
}

fn with_band(spread: &Spread, number: fn(f64) -> String) -> String {
    if !spread.low.is_finite() {
        return number(spread.median);
    }
    format!(
        "{} ({}–{})",
        number(spread.median),
        number(spread.low),
        number(spread.high)
    )
}

fn count(value: f64) -> String {
    if value.is_finite() {
        grouped(value.round() as u64)
    } else {
        "never".to_owned()
    }
}

/// A loss to three digits: of a median and a band no more are read.
fn short_loss(value: f64) -> String {
    if !value.is_finite() {
        return "diverged".to_owned();
    }
    let rounded = format!("{value:.2e}").parse().unwrap_or(value);
    loss(rounded)
}

fn equal_epochs(found: &SeedComparison, names: &[String], width: usize) -> String {
    if found.equal_epochs.is_empty() {
        return "  none: a run has no epochs\n".to_owned();
    }
    let surplus = found.equal_epochs.len().saturating_sub(MOST_EPOCHS);
    let (first, rest) = found.equal_epochs.split_at(1);
    let shown: Vec<_> = first.iter().chain(rest.iter().skip(surplus)).collect();
    let titles = shown.iter().map(|row| format!("epoch {}", grouped(row.epoch)));
    let mut table = Table::new(std::iter::once("variant".to_owned()).chain(titles).collect(), 1);
    for (index, name) in names.iter().enumerate() {
        let cells = shown.iter().map(|row| with_band(&row.losses[index], short_loss));
        table.push(std::iter::once(name.clone()).chain(cells).collect());
    }
    table.render(width)
}

fn wholes(found: &SeedComparison, names: &[String], width: usize) -> String {
    let header = [
        "variant",
        "epochs",
        "updates",
        "seconds",
        "final loss",
        "diverged",
    ];
    let wild = found.variants.iter().any(|variant| variant.diverged > 0);
    let columns = if wild { header.len() } else { header.len() - 1 };
    let mut table = Table::new(
        header[..columns].iter().map(|&title| title.to_owned()).collect(),
        1,
    );
    for (variant, name) in found.variants.iter().zip(names) {
        let mut row = vec![
            name.clone(),
            grouped(variant.epochs),
            grouped(variant.updates),
            with_band(&variant.seconds, seconds),
            with_band(&variant.final_loss, short_loss),
            format!("{} of {}", variant.diverged, found.seeds.len()),
        ];
        row.truncate(columns);
        table.push(row);
    }
    table.render(width)
}

fn targets(found: &SeedComparison, names: &[String], width: usize) -> String {
    let header = ["loss", "variant", "seeds", "epochs", "updates", "seconds"].map(str::to_owned);
    let mut table = Table::new(header.to_vec(), 2);
    for target in &found.targets {
        for (index, (reach, name)) in target.reached.iter().zip(names).enumerate() {
            let named = if index == 0 {
                loss(target.loss)
            } else {
                String::new()
            };
            let [epochs, updates, time] = match reach.seeds {
                0 => ["never".to_owned(), "–".to_owned(), "–".to_owned()],
                _ => [
                    with_band(&reach.epoch, count),
                    count(reach.updates.median),
                    if reach.seconds.median.is_finite() {
                        seconds(reach.seconds.median)
                    } else {
                        "never".to_owned()
                    },
                ],
            };
            let seeds = format!("{} of {}", reach.seeds, found.seeds.len());
            table.push(vec![named, name.clone(), seeds, epochs, updates, time]);
        }
    }
    table.render(width)
}

fn pairs(pairs: &[Pair], names: &[String], title: &str, width: usize) -> String {
    if pairs.is_empty() || pairs.len() > MOST_PAIRS {
        return String::new();
    }
    let header = ["ahead", "behind", "seeds ahead", "seeds behind", "ties", "p"].map(str::to_owned);
    let mut table = Table::new(header.to_vec(), 2);
    for pair in pairs {
        let (mut one, mut other) = pair.indices;
        let (mut ahead, mut behind) = (pair.test.ahead, pair.test.behind);
        if behind > ahead {
            std::mem::swap(&mut one, &mut other);
            std::mem::swap(&mut ahead, &mut behind);
        }
        table.push(vec![
            names[one].clone(),
            names[other].clone(),
            ahead.to_string(),
            behind.to_string(),
            pair.test.ties.to_string(),
            p_value(pair.test.p_adjusted).trim_start_matches("= ").to_owned(),
        ]);
    }
    format!("{title}{}", table.render(width))
}

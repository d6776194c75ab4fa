//! A comparison as text for a terminal.

use super::numbers::{count, loss, p_value, seconds, short_loss};
use super::{Comparison, Pair, Reach, Spread};
use crate::label::grouped;
use crate::text_table::{TextTable, fill, shorten};
use std::fmt;

/// More columns of losses than this are hard to take in, as each has a band.
const MOST_EPOCHS: usize = 4;
/// More pairs than this are reported in the record alone.
const MOST_PAIRS: usize = 10;

impl fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_text(100))
    }
}

impl Comparison {
    /// The tables and the answer as text, at most `width` characters wide where words and numbers allow.
    pub fn to_text(&self, width: usize) -> String {
        let most = (width / 3).max(8);
        let tables = Tables {
            found: self,
            names: self
                .variants
                .iter()
                .map(|variant| shorten(&variant.name, most))
                .collect(),
            noun: if self.has_one_seed() { "run" } else { "variant" },
            width,
        };
        let (seeds, band) = (self.seeds.len(), self.band.name());
        let title = |what: &str| match self.has_one_seed() {
            true => fill(what, width),
            false => fill(&format!("{what}: median of {seeds} seeds ({band})"), width),
        };
        let mut text = title("Loss after equal numbers of epochs");
        text.push_str(&tables.equal_epochs());
        text.push('\n');
        text.push_str(&title(&format!("The {}s as a whole", tables.noun)));
        text.push_str(&tables.wholes());
        if !self.targets.is_empty() {
            text.push('\n');
            text.push_str(&title("First epoch at or below a target loss"));
            text.push_str(&tables.targets());
        }
        if let (Some(target), false) = (self.decisive_target(), self.all_alike) {
            let title = format!("\nSeed by seed, by epochs to a loss of {}\n", loss(target.loss));
            text.push_str(&tables.pairs(&self.by_epochs, &title));
        }
        text.push('\n');
        text.push_str(&fill(&self.answer, width));
        text
    }
}

struct Tables<'a> {
    found: &'a Comparison,
    /// Shortened to a third of the width.
    names: Vec<String>,
    /// What a row is about.
    noun: &'static str,
    width: usize,
}

impl Tables<'_> {
    /// The number of one seed, or the median of several with its band.
    fn cell(&self, spread: &Spread, number: fn(f64) -> String) -> String {
        if self.found.has_one_seed() || !spread.low.is_finite() {
            return number(spread.median);
        }
        let [median, low, high] = [spread.median, spread.low, spread.high].map(number);
        format!("{median} ({low}–{high})")
    }

    fn loss_cell(&self, spread: &Spread) -> String {
        let number = if self.found.has_one_seed() {
            loss
        } else {
            short_loss
        };
        self.cell(spread, number)
    }

    fn equal_epochs(&self) -> String {
        let rows = &self.found.equal_epochs;
        if rows.is_empty() {
            return "  none: a run has no epochs\n".to_owned();
        }
        let surplus = match self.found.has_one_seed() {
            true => 0,
            false => rows.len().saturating_sub(MOST_EPOCHS),
        };
        let (first, rest) = rows.split_at(1);
        let shown: Vec<_> = first.iter().chain(rest.iter().skip(surplus)).collect();
        let titles = shown.iter().map(|row| format!("epoch {}", grouped(row.epoch)));
        let mut table = TextTable::new(std::iter::once(self.noun.to_owned()).chain(titles).collect(), 1);
        for (index, name) in self.names.iter().enumerate() {
            let cells = shown.iter().map(|row| self.loss_cell(&row.losses[index]));
            table.push(std::iter::once(name.clone()).chain(cells).collect());
        }
        table.render(self.width)
    }

    fn wholes(&self) -> String {
        let one_seed = self.found.has_one_seed();
        let mut header = vec![self.noun, "epochs", "updates", "seconds", "final loss"];
        if one_seed {
            header.push("lowest loss");
        }
        let variants = &self.found.variants;
        let any_diverged = match one_seed {
            true => variants.iter().any(|variant| variant.diverged_at.is_some()),
            false => variants.iter().any(|variant| variant.diverged > 0),
        };
        if any_diverged {
            header.push(if one_seed {
                "not finite from epoch"
            } else {
                "diverged"
            });
        }
        let mut table = TextTable::new(header.into_iter().map(str::to_owned).collect(), 1);
        let none = || "–".to_owned();
        for (variant, name) in variants.iter().zip(&self.names) {
            let mut row = vec![
                name.clone(),
                grouped(variant.epochs),
                grouped(variant.updates),
                self.cell(&variant.seconds, seconds),
                self.loss_cell(&variant.final_loss),
            ];
            if one_seed {
                if variant.epochs == 0 {
                    row[4] = none();
                }
                let lowest = variant.lowest_loss.median;
                row.push(if lowest.is_finite() { loss(lowest) } else { none() });
            }
            if any_diverged {
                row.push(match one_seed {
                    true => variant.diverged_at.map_or_else(none, grouped),
                    false => format!("{} of {}", variant.diverged, self.found.seeds.len()),
                });
            }
            table.push(row);
        }
        table.render(self.width)
    }

    fn targets(&self) -> String {
        let one_seed = self.found.has_one_seed();
        let mut header = vec!["loss", self.noun, "seeds", "epochs", "updates", "seconds"];
        header.retain(|title| !(one_seed && *title == "seeds"));
        let mut table = TextTable::new(header.into_iter().map(str::to_owned).collect(), 2);
        for target in &self.found.targets {
            let mut first = loss(target.loss);
            for (reach, name) in target.reached.iter().zip(&self.names) {
                let mut row = vec![std::mem::take(&mut first), name.clone()];
                if !one_seed {
                    row.push(format!("{} of {}", reach.seeds, self.found.seeds.len()));
                }
                row.extend(self.costs(reach));
                table.push(row);
            }
        }
        table.render(self.width)
    }

    /// Epochs, updates and seconds to a target.
    fn costs(&self, reach: &Reach) -> [String; 3] {
        let time = reach.seconds.median;
        match (reach.seeds, self.found.has_one_seed()) {
            (0, true) => ["not reached".to_owned(), "–".to_owned(), "–".to_owned()],
            (0, false) => ["never".to_owned(), "–".to_owned(), "–".to_owned()],
            _ => [
                self.cell(&reach.epoch, count),
                count(reach.updates.median),
                if time == f64::INFINITY {
                    count(time)
                } else {
                    seconds(time)
                },
            ],
        }
    }

    fn pairs(&self, pairs: &[Pair], title: &str) -> String {
        if pairs.is_empty() || pairs.len() > MOST_PAIRS {
            return String::new();
        }
        let header = ["ahead", "behind", "seeds ahead", "seeds behind", "ties", "p"].map(str::to_owned);
        let mut table = TextTable::new(header.to_vec(), 2);
        for pair in pairs {
            let ((mut one, mut other), test) = (pair.indices, &pair.test);
            if test.behind > test.ahead {
                std::mem::swap(&mut one, &mut other);
            }
            table.push(vec![
                self.names[one].clone(),
                self.names[other].clone(),
                test.ahead.max(test.behind).to_string(),
                test.ahead.min(test.behind).to_string(),
                test.ties.to_string(),
                p_value(test.p_adjusted).trim_start_matches("= ").to_owned(),
            ]);
        }
        format!("{title}{}", table.render(self.width))
    }
}

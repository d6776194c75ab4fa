//! A comparison as text for a terminal.

use super::numbers::{count, loss, p_value, seconds, short_loss};
use super::{Comparison, Reach, Spread, VariantSummary};
use crate::label::grouped;
use crate::text_table::{fill, shorten, table};
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
        let names = self.variants.iter().map(|variant| shorten(&variant.name, most));
        let tables = Tables {
            found: self,
            names: names.collect(),
            noun: if self.has_one_seed() { "run" } else { "variant" },
            width,
        };
        let (seeds, band) = (self.seeds.len(), self.band.name());
        let title = |what: &str| match self.has_one_seed() {
            true => fill(what, width),
            false => fill(&format!("{what}: median of {seeds} seeds ({band})"), width),
        };
        let mut sections = vec![
            title("Loss after equal numbers of epochs") + &tables.equal_epochs(),
            title(&format!("The {}s as a whole", tables.noun)) + &tables.wholes(),
        ];
        if !self.targets.is_empty() {
            sections.push(title("First epoch at or below a target loss") + &tables.targets());
        }
        let pairs = 1..=MOST_PAIRS;
        if let Some(target) = self.decisive_target()
            && pairs.contains(&self.by_epochs.len())
            && !self.all_alike
        {
            let title = format!("Seed by seed, by epochs to a loss of {}\n", loss(target.loss));
            sections.push(title + &tables.pairs());
        }
        sections.push(fill(&self.answer, width));
        sections.join("\n")
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

fn none() -> String {
    "–".to_owned()
}

impl Tables<'_> {
    /// A table whose first `naming` columns name the row.
    fn table(&self, header: &[&str], naming: usize, rows: impl Iterator<Item = Vec<String>>) -> String {
        let header = header.iter().map(ToString::to_string).collect();
        table(header, rows, naming, self.width)
    }

    /// The number of one seed, or the median of several with its band.
    fn cell(&self, spread: &Spread, number: fn(f64) -> String) -> String {
        if self.found.has_one_seed() || !spread.low.is_finite() {
            return number(spread.median);
        }
        let [median, low, high] = [spread.median, spread.low, spread.high].map(number);
        format!("{median} ({low}–{high})")
    }

    fn loss_cell(&self, spread: &Spread) -> String {
        let one_seed = self.found.has_one_seed();
        self.cell(spread, if one_seed { loss } else { short_loss })
    }

    fn equal_epochs(&self) -> String {
        let rows = &self.found.equal_epochs;
        let Some((first, rest)) = rows.split_first() else {
            return "  none: a run has no epochs\n".to_owned();
        };
        let surplus = match self.found.has_one_seed() {
            true => 0,
            false => rows.len().saturating_sub(MOST_EPOCHS),
        };
        let shown = || std::iter::once(first).chain(rest.iter().skip(surplus));
        let titles = shown().map(|row| format!("epoch {}", grouped(row.epoch)));
        let titles: Vec<String> = titles.collect();
        let mut header = vec![self.noun];
        header.extend(titles.iter().map(String::as_str));
        let rows = self.names.iter().enumerate().map(|(index, name)| {
            let cells = shown().map(|row| self.loss_cell(&row.losses[index]));
            std::iter::once(name.clone()).chain(cells).collect()
        });
        self.table(&header, 1, rows)
    }

    fn wholes(&self) -> String {
        let (variants, seeds) = (&self.found.variants, self.found.seeds.len());
        let mut header = vec![self.noun, "epochs", "updates", "seconds", "final loss"];
        if seeds == 1 {
            header.push("lowest loss");
        }
        let has_diverged = |variant: &VariantSummary| match seeds {
            1 => variant.diverged_at.is_some(),
            _ => variant.diverged > 0,
        };
        let any_diverged = variants.iter().any(has_diverged);
        if any_diverged {
            header.push(if seeds == 1 {
                "not finite from epoch"
            } else {
                "diverged"
            });
        }
        let rows = variants.iter().zip(&self.names).map(|(variant, name)| {
            let mut row = vec![
                name.clone(),
                grouped(variant.epochs),
                grouped(variant.updates),
                self.cell(&variant.seconds, seconds),
                self.loss_cell(&variant.final_loss),
            ];
            if seeds == 1 {
                if variant.epochs == 0 {
                    row[4] = none();
                }
                let lowest = variant.lowest_loss.median;
                row.push(if lowest.is_finite() { loss(lowest) } else { none() });
            }
            if any_diverged {
                row.push(match seeds {
                    1 => variant.diverged_at.map_or_else(none, grouped),
                    _ => format!("{} of {seeds}", variant.diverged),
                });
            }
            row
        });
        self.table(&header, 1, rows)
    }

    fn targets(&self) -> String {
        let (found, seeds) = (self.found, self.found.seeds.len());
        let mut header = vec!["loss", self.noun, "seeds", "epochs", "updates", "seconds"];
        header.retain(|title| seeds > 1 || *title != "seeds");
        let rows = found.targets.iter().flat_map(|target| {
            let reached = target.reached.iter().zip(&self.names).enumerate();
            reached.map(|(index, (reach, name))| {
                let first = if index == 0 {
                    loss(target.loss)
                } else {
                    String::new()
                };
                let mut row = vec![first, name.clone()];
                if seeds > 1 {
                    row.push(format!("{} of {seeds}", reach.seeds));
                }
                row.extend(self.costs(reach));
                row
            })
        });
        self.table(&header, 2, rows)
    }

    /// Epochs, updates and seconds to a target.
    fn costs(&self, reach: &Reach) -> [String; 3] {
        match (reach.seeds, self.found.has_one_seed()) {
            (0, true) => ["not reached".to_owned(), none(), none()],
            (0, false) => ["never".to_owned(), none(), none()],
            _ => [
                self.cell(&reach.epoch, count),
                count(reach.updates.median),
                match reach.seconds.median {
                    f64::INFINITY => count(f64::INFINITY),
                    time => seconds(time),
                },
            ],
        }
    }

    /// The pairs by epochs, in each the variant first that was ahead more often.
    fn pairs(&self) -> String {
        let header = ["ahead", "behind", "seeds ahead", "seeds behind", "ties", "p"];
        let rows = self.found.by_epochs.iter().map(|pair| {
            let ((one, other), test) = (pair.indices, &pair.test);
            let (first, second) = match test.behind > test.ahead {
                true => (other, one),
                false => (one, other),
            };
            vec![
                self.names[first].clone(),
                self.names[second].clone(),
                test.ahead.max(test.behind).to_string(),
                test.ahead.min(test.behind).to_string(),
                test.ties.to_string(),
                p_value(test.p_adjusted).trim_start_matches("= ").to_owned(),
            ]
        });
        self.table(&header, 2, rows)
    }
}

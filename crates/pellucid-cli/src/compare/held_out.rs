//! Lists the losses on held-out rows in a table.

use super::Runs;
use crate::score_text::{aligned, count, number};
use pellucid_report::{Band, Spread};

/// For each variant with held-out rows its lowest loss there, the epoch of that, and the last one; medians and bands of
/// several seeds. Empty where no variant has any.
pub(super) fn table(runs: &Runs) -> Vec<String> {
    let seeds = runs.seeds.len();
    let band = Band::for_seeds(seeds);
    let cell = |numbers: Vec<f64>, text: &dyn Fn(f64) -> String| {
        let spread = Spread::from_numbers(numbers, band);
        match seeds {
            1 => text(spread.median),
            _ => format!(
                "{} ({}–{})",
                text(spread.median),
                text(spread.low),
                text(spread.high)
            ),
        }
    };
    let loss = |value: f64| {
        if value.is_finite() {
            number(value)
        } else {
            "diverged".into()
        }
    };
    let whole = |value: f64| count(value.round() as usize);
    let titles = ["variant", "lowest loss", "at epoch", "last loss"].map(str::to_owned);
    let mut rows = vec![titles.to_vec()];
    for (index, variant) in runs.variants.iter().enumerate() {
        if !variant.holds_rows_out() {
            continue;
        }
        let lowest = |losses: &[f64]| {
            let finite = losses
                .iter()
                .copied()
                .enumerate()
                .filter(|(_, loss)| loss.is_finite());
            let found = finite.min_by(|a, b| a.1.total_cmp(&b.1));
            found.map_or((losses.len() as f64, f64::NAN), |(at, loss)| {
                ((at + 1) as f64, loss)
            })
        };
        let figures = |figure: &dyn Fn(&[f64]) -> f64| {
            runs.runs_of(index).map(|done| figure(&done.validation)).collect()
        };
        let last = |losses: &[f64]| losses.last().copied().unwrap_or(f64::NAN);
        rows.push(vec![
            variant.spec.name.clone(),
            cell(figures(&|losses| lowest(losses).1), &loss),
            cell(figures(&|losses| lowest(losses).0), &whole),
            cell(figures(&last), &loss),
        ]);
    }
    if rows.len() == 1 {
        return Vec::new();
    }
    let title = match seeds {
        1 => "Loss on held-out rows".to_owned(),
        _ => format!("Loss on held-out rows: median of {seeds} seeds ({})", band.name()),
    };
    let lines = aligned(&rows).into_iter().map(|line| format!("  {line}"));
    std::iter::once(title).chain(lines).collect()
}

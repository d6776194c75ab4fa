//! Lists the losses on held-out rows in a table.

use super::Runs;
use crate::score_text::{aligned, count, number};
use pellucid_report::{Band, Spread};

/// For each variant with held-out rows its lowest loss there, the epoch of that, and the last one; medians and bands of
/// several seeds. `None` where no variant has any.
pub(super) fn table(runs: &Runs) -> Option<String> {
    let seeds = runs.seeds.len();
    let band = Band::for_seeds(seeds);
    let loss = |value: f64| match value.is_finite() {
        true => number(value),
        false => "diverged".into(),
    };
    let whole = |value: f64| count(value.round() as usize);
    let titles = ["variant", "lowest loss", "at epoch", "last loss"].map(str::to_owned);
    let mut rows = vec![titles.to_vec()];
    for (index, variant) in runs.variants.iter().enumerate() {
        if !variant.holds_rows_out() {
            continue;
        }
        let cell = |figure: &dyn Fn(&[f64]) -> f64, text: &dyn Fn(f64) -> String| {
            let figures = runs.runs_of(index).map(|done| figure(&done.validation));
            let spread = Spread::from_numbers(figures, band);
            let [median, low, high] = [spread.median, spread.low, spread.high].map(text);
            match seeds {
                1 => median,
                _ => format!("{median} ({low}–{high})"),
            }
        };
        let lowest = |losses: &[f64]| {
            let finite = losses
                .iter()
                .copied()
                .enumerate()
                .filter(|(_, loss)| loss.is_finite());
            let found = finite.min_by(|a, b| a.1.total_cmp(&b.1));
            found.map_or((losses.len(), f64::NAN), |(at, loss)| (at + 1, loss))
        };
        rows.push(vec![
            variant.spec.name.clone(),
            cell(&|losses| lowest(losses).1, &loss),
            cell(&|losses| lowest(losses).0 as f64, &whole),
            cell(&|losses| losses.last().copied().unwrap_or(f64::NAN), &loss),
        ]);
    }
    let title = match seeds {
        1 => "Loss on held-out rows".to_owned(),
        _ => format!("Loss on held-out rows: median of {seeds} seeds ({})", band.name()),
    };
    (rows.len() > 1).then(|| format!("{title}\n  {}", aligned(&rows).join("\n  ")))
}

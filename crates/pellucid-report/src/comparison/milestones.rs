//! Chooses the round numbers at which runs are compared: epochs, and target losses.

/// The most targets that are chosen.
const MOST_TARGETS: usize = 4;

/// A handful of round epoch numbers from 1 to `last`, and `last` itself.
pub(super) fn round_epochs(last: u64) -> Vec<u64> {
    let powers: Vec<u64> = std::iter::successors(Some(1_u64), |power| power.checked_mul(10))
        .take_while(|power| *power <= last)
        .collect();
    let mut epochs: Vec<u64> = if powers.len() <= 3 {
        let parts = powers.iter().flat_map(|power| [1, 2, 5].map(|part| part * power));
        parts.filter(|epoch| *epoch <= last).collect()
    } else {
        // The first epoch, then the last decades: most happens late on a scale of round numbers.
        let late = powers.len().saturating_sub(4).max(1);
        std::iter::once(1).chain(powers[late..].iter().copied()).collect()
    };
    if epochs.len() > 6 {
        let surplus = epochs.len() - 6;
        epochs.drain(1..=surplus);
    }
    if last > 0 && epochs.last() != Some(&last) {
        epochs.push(last);
    }
    epochs
}

/// The lowest finite loss of a curve.
pub(super) fn lowest_finite(losses: &[f64]) -> Option<f64> {
    let finite = losses.iter().copied().filter(|loss| loss.is_finite());
    finite.min_by(f64::total_cmp)
}

/// Three or four round losses that distinguish the curves: all below every curve's first loss, among them the lowest that
/// all reached and the lowest that only the best did, where there are such.
pub(super) fn target_losses(curves: &[Vec<f64>]) -> Vec<f64> {
    let mut lowest: Vec<f64> = curves.iter().filter_map(|curve| lowest_finite(curve)).collect();
    lowest.sort_by(f64::total_cmp);
    let first = |curve: &Vec<f64>| curve.iter().copied().find(|loss| loss.is_finite());
    let ceiling = curves.iter().filter_map(first).min_by(f64::total_cmp);
    let (Some(ceiling), Some(&best)) = (ceiling, lowest.first()) else {
        return Vec::new();
    };
    let second_best = lowest.get(1).copied();
    let worst = (lowest.len() == curves.len()).then(|| lowest[lowest.len() - 1]);

    let all_reached = worst.and_then(|worst| round_between(worst, ceiling));
    let only_best = round_between(best, second_best.map_or(ceiling, |second| second.min(ceiling)));
    let mut targets: Vec<f64> = all_reached.into_iter().chain(only_best).collect();
    // Losses between those ends, and easier ones, fill the rest.
    let candidates = one_two_fives(best, ceiling);
    let wanted: Vec<f64> = match candidates.len() {
        0..=MOST_TARGETS => candidates,
        count => (0..MOST_TARGETS)
            .map(|i| candidates[i * (count - 1) / (MOST_TARGETS - 1)])
            .collect(),
    };
    for candidate in wanted.into_iter().rev() {
        if targets.len() < MOST_TARGETS && !targets.contains(&candidate) {
            targets.push(candidate);
        }
    }
    targets.sort_by(f64::total_cmp);
    targets.dedup();
    targets
}

/// The roundest number in `low..below`, and the lowest of several as round.
fn round_between(low: f64, below: f64) -> Option<f64> {
    if let Some(&first) = one_two_fives(low, below).first() {
        return Some(first);
    }
    // Finer and finer decimals, from the magnitude of the numbers down.
    let size = low.abs().max(below.abs());
    if low >= below || size < 1e-300 {
        return None;
    }
    let magnitude = size.log10().floor() as i32;
    (0..8).map(|digits| digits - magnitude).find_map(|decimals| {
        let candidate = decimal((low * 10f64.powi(decimals)).ceil(), decimals)?;
        (candidate >= low && candidate < below).then_some(candidate)
    })
}

/// `count` over ten to the power of `decimals`, to the last bit as if written out.
fn decimal(count: f64, decimals: i32) -> Option<f64> {
    let value: f64 = format!("{count}e{}", -decimals).parse().ok()?;
    value.is_finite().then_some(value + 0.0)
}

/// The numbers 1, 2 and 5 times powers of ten in `low..below`, rising.
fn one_two_fives(low: f64, below: f64) -> Vec<f64> {
    if below <= 0.0 || low >= below {
        return Vec::new();
    }
    // A loss of exactly zero is beyond every power of ten: eight decades are enough to distinguish runs.
    let floor = match low > 0.0 {
        true => low,
        false => (below * 1e-8).max(f64::MIN_POSITIVE),
    };
    let (first, last) = (floor.log10().floor() as i32, below.log10().ceil() as i32);
    let parts = (first..=last).flat_map(|exponent| [1.0, 2.0, 5.0].map(|part| decimal(part, -exponent)));
    let within = |value: &f64| *value >= floor && *value < below;
    parts.flatten().filter(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(losses: &[f64]) -> Vec<f64> {
        losses.to_vec()
    }

    #[test]
    fn epochs_are_a_handful_and_end_with_the_last() {
        assert_eq!(round_epochs(0), Vec::<u64>::new());
        assert_eq!(round_epochs(1), [1]);
        assert_eq!(round_epochs(7), [1, 2, 5, 7]);
        assert_eq!(round_epochs(100), [1, 5, 10, 20, 50, 100]);
        assert_eq!(round_epochs(400_000), [1, 100, 1_000, 10_000, 100_000, 400_000]);
        assert_eq!(round_epochs(1_000_000).last(), Some(&1_000_000));
    }

    #[test]
    fn targets_hold_one_that_all_reached_and_one_that_only_the_best_did() {
        let targets = target_losses(&[curve(&[0.3, 0.1, 0.003]), curve(&[0.26, 0.15, 0.08])]);
        assert!(targets.contains(&0.1), "{targets:?}");
        assert!(targets.contains(&0.005), "{targets:?}");
        assert!((3..=4).contains(&targets.len()), "{targets:?}");
        assert!(targets.iter().all(|target| *target < 0.26));
    }

    #[test]
    fn finer_numbers_serve_where_one_two_five_has_none() {
        let targets = target_losses(&[curve(&[0.47, 0.42]), curve(&[0.48, 0.44])]);
        assert_eq!(targets, [0.42, 0.44]);
    }

    #[test]
    fn nothing_below_the_start_means_no_target() {
        assert!(target_losses(&[curve(&[0.1, 0.2]), curve(&[])]).is_empty());
        assert!(target_losses(&[curve(&[f64::NAN]), curve(&[f64::INFINITY])]).is_empty());
    }

    #[test]
    fn negative_losses_have_targets_too() {
        let targets = target_losses(&[curve(&[-1.0, -3.2]), curve(&[-1.1, -2.4])]);
        assert!(targets.contains(&-3.0) && targets.contains(&-2.0), "{targets:?}");
    }

    #[test]
    fn targets_are_written_as_round_numbers() {
        let targets = target_losses(&[curve(&[1.0, 3e-7])]);
        assert!(
            targets.iter().all(|target| format!("{target:e}").len() <= 4),
            "{targets:?}"
        );
    }
}

//! Successive halving (Jamieson & Talwalkar, *Non-stochastic Best Arm Identification and Hyperparameter Optimization*,
//! 2016): all trials get a few epochs, the best third of them three times as many, until the last get all.

/// From rung to rung, the trials are divided and the epochs multiplied by this.
const FACTOR: u64 = 3;

/// A rung: a number of trials, and of epochs for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rung {
    pub(super) trials: usize,
    pub(super) epochs: u64,
}

/// The rungs that begin with `trials` and end with `epochs`.
pub(super) fn rungs(trials: usize, epochs: u64) -> Vec<Rung> {
    let (mut left, mut counts) = (trials, vec![trials]);
    while left as u64 >= FACTOR && FACTOR.pow(counts.len() as u32) <= epochs {
        left /= FACTOR as usize;
        counts.push(left);
    }
    let last = counts.len() - 1;
    let rung = |(at, &trials): (usize, &usize)| Rung {
        trials,
        epochs: (epochs / FACTOR.pow((last - at) as u32)).max(1),
    };
    counts.iter().enumerate().map(rung).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_divide_trials_and_multiply_epochs_by_three() {
        let rungs = |trials, epochs| -> Vec<(usize, u64)> {
            let rungs = rungs(trials, epochs).into_iter();
            rungs.map(|rung| (rung.trials, rung.epochs)).collect()
        };
        assert_eq!(rungs(27, 81), [(27, 3), (9, 9), (3, 27), (1, 81)]);
        assert_eq!(rungs(50, 200), [(50, 7), (16, 22), (5, 66), (1, 200)]);
        assert_eq!(rungs(1, 10), [(1, 10)]);
        assert_eq!(rungs(2, 10), [(2, 10)]);
        assert_eq!(rungs(30, 2), [(30, 2)], "too few epochs to divide");
        assert_eq!(rungs(30, 5), [(30, 1), (10, 5)]);
        assert_eq!(rungs(3, u64::MAX).len(), 2);
    }
}

//! The order of the samples in an epoch.

use crate::data::dataset::Samples;
use crate::numpy_random::RandomState;
use crate::scalar::Scalar;
use pellucid_kernels::allocation::Reading;
use std::num::NonZeroUsize;

/// How many blocks of neighbours a window has.
const BLOCKS: usize = 256;

/// Puts the samples that `order` holds, all in a row, into a random order.
///
/// With a window of so many samples, neighbours stay together in blocks of a 256th of it. The blocks are shuffled, and then the
/// samples of each window of shuffled blocks. Whoever reads in this order needs a window at a time.
pub(super) fn shuffle(order: &mut Vec<u32>, window: Option<NonZeroUsize>, generator: &mut RandomState) {
    let rows = order.len();
    let Some(window) = window.map(NonZeroUsize::get).filter(|&window| window < rows) else {
        return generator.shuffle(order);
    };
    let block = (window / BLOCKS).max(1);
    let mut blocks: Vec<u32> = (0..rows.div_ceil(block) as u32).collect();
    generator.shuffle(&mut blocks);
    order.clear();
    for first in blocks.into_iter().map(|number| number as usize * block) {
        order.extend(first as u32..(first + block).min(rows) as u32);
    }
    for window in order.chunks_mut(window) {
        generator.shuffle(window);
    }
}

/// Announces the samples of the windows that a shuffled epoch reaches, each before it is there, so that what lies on a disk is read
/// while the network computes.
#[derive(Debug)]
pub(super) struct Announcer {
    window: usize,
    /// The number of windows of the epoch that are announced.
    announced: usize,
}

impl Announcer {
    /// For samples that are shuffled in windows, or not.
    pub(super) fn new<T: Scalar, S: Samples<T> + ?Sized>(
        data: &S,
        window: Option<NonZeroUsize>,
    ) -> Option<Self> {
        let window = window
            .map(NonZeroUsize::get)
            .filter(|&window| window < data.rows())?;
        data.expect_reading(None, Reading::Anywhere);
        Some(Self { window, announced: 0 })
    }

    /// A new epoch begins.
    pub(super) fn begin(&mut self) {
        self.announced = 0;
    }

    /// The step on the samples at `place` of the order is next.
    pub(super) fn reach<T: Scalar, S: Samples<T> + ?Sized>(&mut self, data: &S, order: &[u32], place: usize) {
        let reached = place / self.window;
        // After a resumed run begins in mid-epoch, those before are not needed.
        self.announced = self.announced.max(reached);
        for window in order
            .chunks(self.window)
            .skip(self.announced)
            .take((reached + 2).saturating_sub(self.announced))
        {
            let mut rows = window.to_vec();
            rows.sort_unstable();
            for block in rows.chunk_by(|a, b| b - a == 1) {
                let first = block[0] as usize;
                data.expect_reading(Some(first..first + block.len()), Reading::Soon);
            }
            self.announced += 1;
        }
    }

    /// The run ends.
    pub(super) fn end<T: Scalar, S: Samples<T> + ?Sized>(self, data: &S) {
        data.expect_reading(None, Reading::InOrder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn shuffled(rows: usize, window: Option<usize>, seed: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..rows as u32).collect();
        let window = window.and_then(NonZeroUsize::new);
        shuffle(&mut order, window, &mut RandomState::new(seed));
        order
    }

    proptest! {
        #[test]
        fn every_sample_comes_once_and_a_window_is_of_few_blocks(
            rows in 1..20_000_usize, window in 1..3_000_usize, seed in any::<u32>(),
        ) {
            let order = shuffled(rows, Some(window), seed);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..rows as u32));
            prop_assert_eq!(&order, &shuffled(rows, Some(window), seed));
            let block = (window / BLOCKS).max(1);
            for part in order.chunks(window).filter(|_| window < rows) {
                let blocks: HashSet<usize> = part.iter().map(|&row| row as usize / block).collect();
                // The last block is shorter, so that windows begin within blocks.
                prop_assert!(blocks.len() <= window.div_ceil(block) + 2);
            }
        }

        #[test]
        fn a_window_of_all_samples_is_the_order_without(rows in 1..3_000_usize, more in 0..10_usize, seed in any::<u32>()) {
            prop_assert_eq!(shuffled(rows, Some(rows + more), seed), shuffled(rows, None, seed));
        }
    }

    #[test]
    fn a_window_mixes_samples_from_everywhere() {
        let order = shuffled(100_000, Some(10_000), 3);
        let mean = |rows: &[u32]| rows.iter().map(|&row| f64::from(row)).sum::<f64>() / rows.len() as f64;
        // A mean of 257 blocks from a uniform distribution, of a standard deviation of 100,000 / √12 / √257 = 1801.
        for window in order.chunks(10_000) {
            assert!((mean(window) - 50_000.0).abs() < 5.0 * 1801.0, "{}", mean(window));
        }
        // And within it: of 1,000 samples, from about as many places.
        assert!((mean(&order[..1000]) - 50_000.0).abs() < 10_000.0);
    }
}

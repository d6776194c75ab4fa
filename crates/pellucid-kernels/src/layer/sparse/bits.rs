//! Transposes masks of bits.

/// Transposes 64 x 64 bits: bit j of word i becomes bit i of word j. (Warren, *Hacker's Delight*, 2nd ed., §7-3.)
#[inline(always)]
pub(super) fn transpose_bits(words: &mut [u64; 64]) {
    let mut distance = 32;
    let mut low = u64::MAX >> 32;
    while distance != 0 {
        // Swaps the high bits of the first word with the low bits of the word `distance` further, in blocks.
        for block in (0..64).step_by(2 * distance) {
            for at in block..block + distance {
                let swapped = ((words[at] >> distance) ^ words[at + distance]) & low;
                words[at] ^= swapped << distance;
                words[at + distance] ^= swapped;
            }
        }
        distance /= 2;
        low ^= low << distance;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_are_transposed(words in proptest::collection::vec(any::<u64>(), 64)) {
            let words: [u64; 64] = words.try_into().unwrap();
            let mut transposed = words;
            transpose_bits(&mut transposed);
            for (i, &word) in words.iter().enumerate() {
                for (j, &column) in transposed.iter().enumerate() {
                    prop_assert_eq!(word >> j & 1, column >> i & 1);
                }
            }
        }
    }
}

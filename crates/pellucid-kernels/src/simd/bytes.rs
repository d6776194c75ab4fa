//! Finds the non-zero bytes of a chunk, as a bit mask.

/// Bytes of a chunk, and columns of a mask.
pub const CHUNK: usize = 64;

/// [`Isa::non_zero_bits`](super::Isa::non_zero_bits) without vector instructions.
#[inline(always)]
pub fn non_zero_bits_portable(bytes: &[u8; 64]) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().enumerate().fold(0, |bits, (w, word)| {
        let word = u64::from_le_bytes(*word);
        // The top bit of each byte is set where the byte is not 0; the product gathers the eight bits.
        let tops = (((word & LOW) + LOW) | word) & !LOW;
        bits | (((tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * w))
    })
}

/// A whole chunk: `bytes` themselves, or a shorter slice copied to the start of `buffer`, which must be all zeros.
#[inline(always)]
pub fn whole_chunk<'a>(bytes: &'a [u8], buffer: &'a mut [u8; CHUNK]) -> &'a [u8; CHUNK] {
    match bytes.first_chunk() {
        Some(whole) => whole,
        None => {
            buffer[..bytes.len()].copy_from_slice(bytes);
            buffer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Isa, Task, dispatch};
    use super::*;
    use proptest::prelude::*;

    struct Bits<'a>(&'a [u8; 64]);
    impl Task for Bits<'_> {
        type Output = u64;
        #[inline(always)]
        fn run<I: Isa>(self) -> u64 {
            I::non_zero_bits(self.0)
        }
    }

    proptest! {
        #[test]
        fn bits_mark_the_non_zero_bytes(bytes in proptest::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 64)) {
            let bytes: [u8; 64] = bytes.try_into().unwrap();
            let expected = (0..64).fold(0u64, |bits, j| bits | (u64::from(bytes[j] != 0) << j));
            prop_assert_eq!(non_zero_bits_portable(&bytes), expected);
            prop_assert_eq!(dispatch(Bits(&bytes)), expected);
        }
    }
}

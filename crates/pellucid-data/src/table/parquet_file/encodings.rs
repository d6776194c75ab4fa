//! The encodings of whole numbers: runs, bits and differences.
//!
//! Source: <https://github.com/apache/parquet-format/blob/master/Encodings.md>

use super::compact::{unzigzag, varint};
use super::fault::Fault;
use crate::files::Budget;

pub(super) const ENDS: &str = "a page ends before its values do";

/// `count` numbers of `width` bits in runs of equal ones and of packed ones.
pub(super) fn runs(mut bytes: &[u8], width: u32, count: usize) -> Result<Vec<u32>, Fault> {
    if width > 32 {
        return Err("numbers have more than 32 bits".into());
    }
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let (header, length) = varint(bytes).map_err(|_| ENDS)?;
        bytes = &bytes[length..];
        let left = count - numbers.len();
        let run = usize::try_from(header >> 1).unwrap_or(usize::MAX);
        if header & 1 == 0 {
            let (value, rest) = bytes.split_at_checked(width.div_ceil(8) as usize).ok_or(ENDS)?;
            let value = value
                .iter()
                .rev()
                .fold(0_u32, |value, &byte| value << 8 | u32::from(byte));
            numbers.resize(numbers.len() + run.min(left), value);
            bytes = rest;
        } else {
            let packed = run.saturating_mul(width as usize).min(bytes.len());
            let (packed, rest) = bytes.split_at(packed);
            let run = run.saturating_mul(8).min(left);
            let mut bits = Bits::new(packed);
            for _ in 0..run {
                numbers.push(bits.next(width).ok_or(ENDS)? as u32);
            }
            bytes = rest;
        }
    }
    Ok(numbers)
}

/// Numbers of up to 64 bits, the lowest bit first.
struct Bits<'a> {
    bytes: &'a [u8],
    /// Bits that are read.
    at: usize,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Bits { bytes, at: 0 }
    }

    fn next(&mut self, width: u32) -> Option<u64> {
        let (first, shift, width) = (self.at / 8, self.at % 8, width as usize);
        self.at += width;
        if self.at.div_ceil(8) > self.bytes.len() {
            return None;
        }
        let mut all = [0; 16];
        let part = &self.bytes[first..self.at.div_ceil(8)];
        all[..part.len()].copy_from_slice(part);
        let value = u128::from_le_bytes(all) >> shift;
        Some((value & ((1 << width) - 1)) as u64)
    }
}

/// `count` numbers as differences in blocks (DELTA_BINARY_PACKED), and the bytes they take. Of numbers of 32 bits the lowest
/// 32 bits are right.
pub(super) fn differences(bytes: &[u8], count: usize, budget: &Budget) -> Result<(Vec<i64>, usize), Fault> {
    let mut at = 0;
    let mut next = || -> Result<u64, Fault> {
        let (value, length) = varint(&bytes[at..]).map_err(|_| ENDS)?;
        at += length;
        Ok(value)
    };
    let (block, parts, total, first) = (next()?, next()?, next()?, unzigzag(next()?));
    if total != count as u64 {
        return Err("a page has another number of differences than of values".into());
    }
    if count == 0 {
        return Ok((Vec::new(), at));
    }
    let in_part = block.checked_div(parts).filter(|size| *size > 0 && size % 8 == 0);
    let (Some(in_part), true) = (in_part, parts <= bytes.len() as u64) else {
        return Err("the blocks of differences have a size that there is not".into());
    };
    budget.spend(8 * total)?;
    let (in_part, parts) = (usize::try_from(in_part).unwrap_or(usize::MAX), parts as usize);
    let mut numbers = vec![first];
    let mut last = first;
    while numbers.len() < count {
        let (smallest, length) = varint(&bytes[at..]).map_err(|_| ENDS)?;
        at += length;
        let smallest = unzigzag(smallest);
        let widths = bytes.get(at..at + parts).ok_or(ENDS)?;
        at += parts;
        for &width in widths {
            let left = count - numbers.len();
            if left == 0 {
                break;
            }
            if width > 64 {
                return Err("numbers have more than 64 bits".into());
            }
            let taken = in_part.min(left);
            let whole = in_part.saturating_mul(width.into()).div_ceil(8);
            let packed = &bytes[at..at.saturating_add(whole).min(bytes.len())];
            let mut bits = Bits::new(packed);
            for _ in 0..taken {
                let more = bits.next(width.into()).ok_or(ENDS)?.cast_signed();
                last = last.wrapping_add(smallest).wrapping_add(more);
                numbers.push(last);
            }
            at += packed.len();
        }
    }
    Ok((numbers, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::MaxExpansion;
    use std::path::Path;

    /// The examples of the format's description.
    #[test]
    fn runs_and_bits() {
        // The numbers 0 to 7 in 3 bits.
        let packed = [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert_eq!(runs(&packed, 3, 8).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(runs(&[10, 4], 3, 5).unwrap(), [4; 5]);
        assert_eq!(runs(&[10, 1, 2], 9, 3).unwrap(), [513; 3]);
        assert!(runs(&[10], 3, 5).is_err() && runs(&packed[..3], 3, 8).is_err());
        assert!(runs(&[0, 0], 1, 5).is_err());
        assert_eq!(runs(&[255, 255, 255, 255, 15], 0, 5).unwrap(), [0; 5]);
    }

    #[test]
    fn differences_of_blocks() {
        let budget = |floor| Budget::new(Path::new("t"), 0, MaxExpansion { ratio: 1, floor });
        // 7, 5, 3, 1, 2, 3, 4, 5: smallest difference -2, then 2 bits of 0, 0, 0, 3, 3, 3, 3.
        let mut bytes = vec![128, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b11_1111];
        bytes.extend([0; 6]);
        let (numbers, length) = differences(&bytes, 8, &budget(1000)).unwrap();
        assert_eq!((numbers, length), (vec![7, 5, 3, 1, 2, 3, 4, 5], bytes.len()));
        assert!(differences(&bytes, 9, &budget(1000)).is_err());
        assert!(differences(&bytes[..10], 8, &budget(1000)).is_err());
        // A block of 2^31 differences that take no bits.
        let promises = [255, 255, 255, 255, 7, 1, 255, 255, 255, 255, 7, 0, 0, 0];
        assert!(differences(&promises, 0x7fff_ffff, &budget(1000)).is_err());
        for sizes in [[0, 1, 4, 0], [8, 0, 4, 0], [7, 1, 4, 0]] {
            assert!(differences(&sizes, 4, &budget(1000)).is_err());
        }
    }
}

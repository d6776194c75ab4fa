//! Changes of files, drawn from a seed.

/// SplitMix64 (Steele et al., *Fast Splittable Pseudorandom Number Generators*, 2014).
pub(crate) struct Draws(pub(crate) u64);

impl Draws {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// A number below `end`, or 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Texts that mean something in some format.
const TOKENS: [&str; 24] = [
    "\"",
    "'",
    "{",
    "[[[[[[[[",
    "]",
    "}",
    ",",
    ";",
    "\t",
    "\n",
    "\r",
    "\\u0000",
    "=",
    "....",
    "-1",
    "1e999",
    "NaN",
    "null",
    "99999999999999999999",
    "-9223372036854775808",
    "\u{feff}",
    "\u{1}",
    "é",
    "#",
];
/// Numbers at which sizes overflow.
const SIZES: [u64; 12] = [
    0,
    1,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];
/// No mutant is longer.
const MOST_BYTES: usize = 256 * 1024;

/// A file with one to four changes.
pub(crate) fn mutated(seed: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=draws.below(4) {
        change(&mut bytes, draws);
    }
    bytes.truncate(MOST_BYTES);
    bytes
}

fn change(bytes: &mut Vec<u8>, draws: &mut Draws) {
    let at = draws.below(bytes.len());
    let kind = if bytes.is_empty() { 5 } else { draws.below(9) };
    match kind {
        0 => bytes[at] ^= 1 << draws.below(8),
        1 => bytes[at] = draws.next() as u8,
        2 => bytes.truncate(at),
        // A size in 1, 2, 4 or 8 bytes, the lowest or the highest first.
        3 => {
            let width = 1 << draws.below(4);
            let mut size = SIZES[draws.below(SIZES.len())].to_le_bytes()[..width].to_vec();
            if draws.below(2) == 0 {
                size.reverse();
            }
            let end = bytes.len().min(at + width);
            bytes[at..end].copy_from_slice(&size[..end - at]);
        }
        // A part of the file, repeated or put elsewhere.
        4 => {
            let part = bytes[at..bytes.len().min(at + 1 + draws.below(64))].to_vec();
            let part = part.repeat(1 + draws.below(200));
            let to = draws.below(bytes.len() + 1);
            bytes.splice(to..to, part);
        }
        5 => {
            let token = TOKENS[draws.below(TOKENS.len())];
            let token = token.repeat(if draws.below(8) == 0 { 3000 } else { 1 });
            bytes.splice(at..at, token.bytes());
        }
        // A number of text.
        6 => {
            let Some(start) = (at..bytes.len()).find(|&at| bytes[at].is_ascii_digit()) else {
                return;
            };
            let digits = bytes[start..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            let number = SIZES[draws.below(SIZES.len())].to_string();
            bytes.splice(start..start + digits, number.bytes());
        }
        7 => {
            let end = bytes.len().min(at + 1 + draws.below(32));
            bytes.drain(at..end);
        }
        // A number of 7 bits a byte, the largest.
        _ => {
            let end = bytes.len().min(at + 1);
            bytes.splice(
                at..end,
                [0xff, 0xff, 0xff, 0xff, [0x07, 0x0f, 0x7f][draws.below(3)]],
            );
        }
    }
}

//! The encodings that a text is recognised as, by the names that `encoding_rs` gives them. A page has only these: the tables of
//! all others are an eighth of what it loads, and it has no setting that names one.

/// An encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Utf8,
    Utf16 { is_big_endian: bool },
    Windows1252,
}

/// An encoding and its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    name: &'static str,
    kind: Kind,
}

pub(super) static UTF_8: &Encoding = &Encoding {
    name: "UTF-8",
    kind: Kind::Utf8,
};
pub(super) static UTF_16LE: &Encoding = &Encoding {
    name: "UTF-16LE",
    kind: Kind::Utf16 { is_big_endian: false },
};
pub(super) static UTF_16BE: &Encoding = &Encoding {
    name: "UTF-16BE",
    kind: Kind::Utf16 { is_big_endian: true },
};
pub(super) static WINDOWS_1252: &Encoding = &Encoding {
    name: "windows-1252",
    kind: Kind::Windows1252,
};

impl Encoding {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The encoding of a label of the WHATWG Encoding Standard.
    pub(super) fn for_label_no_replacement(label: &[u8]) -> Option<&'static Self> {
        match label.trim_ascii().to_ascii_lowercase().as_slice() {
            b"utf-8" | b"utf8" => Some(UTF_8),
            b"utf-16" | b"utf-16le" => Some(UTF_16LE),
            b"utf-16be" => Some(UTF_16BE),
            b"windows-1252" | b"latin1" | b"iso-8859-1" | b"ascii" | b"us-ascii" => Some(WINDOWS_1252),
            _ => None,
        }
    }

    /// A decoder that leaves out the byte order mark at the beginning.
    pub(super) fn new_decoder_with_bom_removal(&'static self) -> Decoder {
        Decoder {
            encoding: self,
            may_have_mark: true,
            first_byte: None,
            high_surrogate: None,
        }
    }

    /// A decoder of a text that is after the beginning.
    pub(super) fn new_decoder_without_bom_handling(&'static self) -> Decoder {
        Decoder {
            may_have_mark: false,
            ..self.new_decoder_with_bom_removal()
        }
    }
}

/// Decodes a text that comes in pieces.
#[derive(Debug)]
pub(super) struct Decoder {
    encoding: &'static Encoding,
    may_have_mark: bool,
    /// The first byte of a unit of UTF-16 that the last piece cut in two.
    first_byte: Option<u8>,
    /// The first unit of a pair.
    high_surrogate: Option<u16>,
}

/// How the decoding of a piece ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DecoderResult {
    /// All of it is decoded.
    InputEmpty,
    /// The buffer is too short for the next letter.
    OutputFull,
    /// So many bytes, so many bytes before the last one read, are no letter.
    Malformed(u8, u8),
}

/// As many bytes of UTF-8 as a letter may have.
const LONGEST_LETTER: usize = 4;
/// The letters of the bytes from 0x80 to 0x9f (WHATWG Encoding Standard, index windows-1252). The other bytes are Unicode's.
const LETTERS_FROM_80: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

impl Decoder {
    pub(super) fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// As many bytes as the letters of a piece of this length may have in UTF-8.
    pub(super) fn max_utf8_buffer_length_without_replacement(&self, bytes: usize) -> Option<usize> {
        bytes.checked_mul(3)?.checked_add(LONGEST_LETTER)
    }

    /// Decodes a piece, and says how many bytes were read and written.
    pub(super) fn decode_to_utf8_without_replacement(
        &mut self,
        bytes: &[u8],
        decoded: &mut [u8],
        is_last: bool,
    ) -> (DecoderResult, usize, usize) {
        let mut written = 0;
        for (read, &byte) in bytes.iter().enumerate() {
            if decoded.len() - written < LONGEST_LETTER {
                return (DecoderResult::OutputFull, read, written);
            }
            match self.next_letter(byte) {
                Ok(None) => {}
                Ok(Some(letter)) => written += letter.encode_utf8(&mut decoded[written..]).len(),
                Err(result) => return (result, read + 1, written),
            }
        }
        let is_cut_off = self.first_byte.is_some() || self.high_surrogate.is_some();
        let result = match is_last && is_cut_off {
            true => {
                let length =
                    u8::from(self.first_byte.is_some()) + 2 * u8::from(self.high_surrogate.is_some());
                DecoderResult::Malformed(length, 0)
            }
            false => DecoderResult::InputEmpty,
        };
        (result, bytes.len(), written)
    }

    /// The letter that ends with a byte, if one does.
    fn next_letter(&mut self, byte: u8) -> Result<Option<char>, DecoderResult> {
        let is_big_endian = match self.encoding.kind {
            // UTF-8 passes as it is, so it has no decoder.
            Kind::Utf8 | Kind::Windows1252 => {
                return Ok(match byte {
                    0x80..=0x9f => LETTERS_FROM_80.chars().nth(usize::from(byte - 0x80)),
                    _ => Some(char::from(byte)),
                });
            }
            Kind::Utf16 { is_big_endian } => is_big_endian,
        };
        let Some(first) = self.first_byte.take() else {
            self.first_byte = Some(byte);
            return Ok(None);
        };
        let unit = match is_big_endian {
            true => u16::from_be_bytes([first, byte]),
            false => u16::from_le_bytes([first, byte]),
        };
        const MARK: u16 = 0xfeff;
        if std::mem::take(&mut self.may_have_mark) && unit == MARK {
            return Ok(None);
        }
        let is_high = (0xd800..0xdc00).contains(&unit);
        let is_low = (0xdc00..0xe000).contains(&unit);
        match (self.high_surrogate.take(), is_high, is_low) {
            (None, true, _) => {
                self.high_surrogate = Some(unit);
                Ok(None)
            }
            (None, false, true) => Err(DecoderResult::Malformed(2, 0)),
            // The unit before is no letter.
            (Some(_), _, false) => Err(DecoderResult::Malformed(2, 2)),
            (high, ..) => {
                let units = high.into_iter().chain([unit]);
                let letter = char::decode_utf16(units).next().and_then(Result::ok);
                letter.ok_or(DecoderResult::Malformed(2, 0)).map(Some)
            }
        }
    }
}

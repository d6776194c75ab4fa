//! The encoding of a text: named, recognised, and decoded to UTF-8.

use crate::files::FileError;
#[cfg(not(target_family = "wasm"))]
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
#[cfg(target_family = "wasm")]
use few::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::fmt;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

/// The encoding of a text, by a name such as `utf-16`, `latin1`, `windows-1252` or `shift_jis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// A name that it is read from.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }
}

impl FromStr for TextEncoding {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let plain: String = name
            .chars()
            .filter(|letter| !matches!(letter, '-' | '_' | ' '))
            .collect();
        let known = |label: &str| Encoding::for_label_no_replacement(label.as_bytes());
        let other = match plain.to_ascii_lowercase().as_str() {
            "utf16" | "utf16le" => Some(UTF_16LE),
            "utf16be" => Some(UTF_16BE),
            "windows1252" | "ansi" => Some(WINDOWS_1252),
            "macroman" => known("macintosh"),
            _ => known(&plain),
        };
        known(name).or(other).map(TextEncoding).ok_or_else(|| {
            "expected the name of an encoding, such as utf-8, utf-16, latin1, windows-1250 or shift_jis"
                .to_owned()
        })
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0.name() {
            "windows-1252" => "Windows-1252 (Latin-1)",
            name => name,
        })
    }
}

/// A note that is known once the text has been read so far.
#[derive(Debug, Clone, Default)]
pub(super) struct EncodingNote(Arc<Mutex<Option<String>>>);

impl EncodingNote {
    pub(super) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, encoding: TextEncoding, why: &str) {
        let note = format!("the text is read as {encoding}, {why}; --encoding sets another");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(note);
    }
}

const BUFFER_BYTES: usize = 64 * 1024;

enum State {
    /// All bytes so far are ASCII.
    Ascii,
    Utf8,
    Other(Box<Decoder>),
}

/// The UTF-8 of a text in any encoding. Bytes that are not in the encoding are an error; in UTF-8 they pass, because the
/// parser knows their line.
pub(super) struct DecodedText {
    source: Box<dyn Read + Send>,
    state: State,
    /// Decoded bytes that are still to be handed out.
    decoded: Cursor<Vec<u8>>,
    /// Bytes of the source before those that it still has.
    pending: Vec<u8>,
    /// Bytes decoded so far.
    done: u64,
    /// Whether the decoder has had all bytes.
    is_finished: bool,
    path: PathBuf,
    note: EncodingNote,
}

impl DecodedText {
    /// `prefix` is the beginning of `source`. Without an encoding, the text is UTF-16 if it has its mark or its zeros, UTF-8
    /// if the first bytes beyond ASCII are, otherwise Windows-1252.
    pub(super) fn new(
        source: Box<dyn Read + Send>,
        prefix: &[u8],
        asked: Option<TextEncoding>,
        path: &Path,
    ) -> Result<(DecodedText, EncodingNote), FileError> {
        let note = EncodingNote::default();
        if prefix.starts_with(&[0xff, 0xfe, 0, 0]) || prefix.starts_with(&[0, 0, 0xfe, 0xff]) {
            return Err(FileError::contents(
                path,
                "the text is UTF-32; save the file as UTF-8",
            ));
        }
        let recognised = match asked {
            // Both orders of UTF-16 have a mark.
            Some(TextEncoding(asked)) if asked == UTF_16LE && prefix.starts_with(&[0xfe, 0xff]) => {
                Some(UTF_16BE)
            }
            Some(TextEncoding(asked)) => Some(asked),
            None => utf_16(prefix),
        };
        if let (None, Some(encoding)) = (asked, recognised) {
            let why = match prefix[0] {
                0xfe | 0xff => "as its byte order mark says",
                _ => "as its zero bytes show",
            };
            note.set(TextEncoding(encoding), why);
        }
        let state = match recognised {
            None => State::Ascii,
            Some(encoding) if encoding == UTF_8 => State::Utf8,
            Some(encoding) => State::Other(Box::new(encoding.new_decoder_with_bom_removal())),
        };
        let text = DecodedText {
            source,
            state,
            decoded: Cursor::default(),
            pending: Vec::new(),
            done: 0,
            is_finished: false,
            path: path.to_path_buf(),
            note: note.clone(),
        };
        Ok((text, note))
    }

    /// Takes up to a buffer of bytes that are pending or in the source.
    fn next_bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = std::mem::take(&mut self.pending);
        let wanted = (BUFFER_BYTES - bytes.len().min(BUFFER_BYTES)) as u64;
        (&mut self.source).take(wanted).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Decides on the encoding by the bytes from the first beyond ASCII on.
    fn decide(&mut self) -> io::Result<()> {
        self.pending = self.next_bytes()?;
        let (mut valid, mut invalid) = (0, 0);
        for chunk in self.pending.utf8_chunks() {
            valid += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
            // The end of the buffer may cut off a letter.
            invalid += usize::from(!chunk.invalid().is_empty());
        }
        if self.pending.len() >= BUFFER_BYTES && valid > 0 {
            invalid = invalid.saturating_sub(1);
        }
        // A file that is no text at all is not taken for one.
        let is_text = |byte: &u8| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1a);
        self.state = if invalid > valid && self.pending.iter().all(is_text) {
            self.note.set(TextEncoding(WINDOWS_1252), "since it is not UTF-8");
            State::Other(Box::new(WINDOWS_1252.new_decoder_without_bom_handling()))
        } else {
            State::Utf8
        };
        Ok(())
    }

    /// Decodes the next bytes; nothing is left in `decoded` at the end of the text.
    fn decode(&mut self) -> io::Result<()> {
        if self.is_finished {
            return Ok(());
        }
        let bytes = self.next_bytes()?;
        let State::Other(decoder) = &mut self.state else {
            self.decoded = Cursor::new(bytes);
            return Ok(());
        };
        let is_last = bytes.is_empty();
        self.is_finished = is_last;
        let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
        let mut decoded = vec![0; room.unwrap_or(4 * BUFFER_BYTES)];
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(&bytes, &mut decoded, is_last);
        decoded.truncate(written);
        self.done += read as u64;
        self.decoded = Cursor::new(decoded);
        match result {
            DecoderResult::Malformed(length, after) => {
                self.is_finished = true;
                let at = self.done.saturating_sub(u64::from(length) + u64::from(after));
                let encoding = TextEncoding(decoder.encoding());
                let problem = format!(
                    "the text is not {encoding}: byte {at} is no letter of it; set --encoding to another"
                );
                Err(io::Error::other(FileError::contents(&self.path, problem)))
            }
            DecoderResult::OutputFull => {
                self.pending = bytes[read..].to_vec();
                Ok(())
            }
            // A unit of UTF-16 that the buffer cut in two gives no letter yet.
            DecoderResult::InputEmpty if written == 0 && !is_last => self.decode(),
            DecoderResult::InputEmpty => Ok(()),
        }
    }
}

impl Read for DecodedText {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let from_decoded = self.decoded.read(buffer)?;
        if from_decoded > 0 || buffer.is_empty() {
            return Ok(from_decoded);
        }
        if let State::Ascii = self.state {
            let count = self.source.read(buffer)?;
            if buffer[..count].is_ascii() {
                return Ok(count);
            }
            let first = buffer[..count].iter().take_while(|byte| byte.is_ascii()).count();
            self.pending = buffer[first..count].to_vec();
            self.decide()?;
            if first > 0 {
                return Ok(first);
            }
        }
        match self.state {
            State::Utf8 if self.pending.is_empty() => self.source.read(buffer),
            _ => {
                self.decode()?;
                self.decoded.read(buffer)
            }
        }
    }
}

/// UTF-16 if the bytes begin with its mark, or if most of every second one are zero.
fn utf_16(prefix: &[u8]) -> Option<&'static Encoding> {
    match prefix {
        [0xff, 0xfe, ..] => return Some(UTF_16LE),
        [0xfe, 0xff, ..] => return Some(UTF_16BE),
        _ => (),
    }
    let units = prefix.chunks_exact(2);
    let zeros = |byte: usize| units.clone().filter(|unit| unit[byte] == 0).count();
    let (count, first, second) = (units.len(), zeros(0), zeros(1));
    match count {
        0..2 => None,
        _ if first == 0 && 2 * second > count => Some(UTF_16LE),
        _ if second == 0 && 2 * first > count => Some(UTF_16BE),
        _ => None,
    }
}

#[cfg(any(test, target_family = "wasm"))]
mod few;
#[cfg(test)]
mod tests;

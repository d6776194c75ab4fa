use super::*;

/// The text, and the note about its encoding; `bytes` come a few at a time.
fn decoded(bytes: &[u8], asked: Option<&str>, step: usize) -> (Result<Vec<u8>, String>, Option<String>) {
    struct Steps(Cursor<Vec<u8>>, usize);
    impl Read for Steps {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(self.1);
            self.0.read(&mut buffer[..length])
        }
    }
    let source = Box::new(Steps(Cursor::new(bytes.to_vec()), step));
    let asked = asked.map(|name| name.parse().unwrap());
    let (mut text, note) = DecodedText::new(source, bytes, asked, Path::new("t.csv")).unwrap();
    let mut all = Vec::new();
    let read = text.read_to_end(&mut all).map_err(|error| error.to_string());
    (read.map(|_| all), note.get())
}

fn utf_16_of(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn encodings_are_recognised_and_decoded() {
    let text = "größe,name\n1,Łódź 𝄞\n";
    let long = format!("{}{text}", "1,2\n".repeat(50_000));
    for text in [text, long.as_str()] {
        for step in [1, 7, 1 << 20] {
            let little = utf_16_of(&format!("\u{feff}{text}"), u16::to_le_bytes);
            let big = utf_16_of(&format!("\u{feff}{text}"), u16::to_be_bytes);
            for (bytes, name) in [
                (little, Some("UTF-16LE")),
                (big, Some("UTF-16BE")),
                (text.into(), None),
            ] {
                let (read, note) = decoded(&bytes, None, step);
                assert_eq!(read.unwrap(), text.as_bytes());
                assert_eq!(
                    note.as_deref()
                        .map(|note| note.contains(name.unwrap_or("no note"))),
                    name.map(|_| true)
                );
            }
        }
    }
    let ascii = utf_16_of("a,b\n1,2\n", u16::to_be_bytes);
    assert_eq!(decoded(&ascii, None, 3).0.unwrap(), b"a,b\n1,2\n");
}

#[test]
fn bytes_that_are_not_utf_8_are_windows_1252() {
    let mut bytes = "1,2\n".repeat(40_000).into_bytes();
    let ascii = bytes.len();
    bytes.extend(b"caf\xe9,\x80\n");
    for step in [1, 1000, 1 << 20] {
        let (read, note) = decoded(&bytes, None, step);
        assert_eq!(&read.unwrap()[ascii..], "café,€\n".as_bytes());
        assert!(note.unwrap().contains("Windows-1252"));
    }
    // One wrong byte among letters of UTF-8 is damage, and other control characters are no text.
    for damaged in [&b"\xc3\xa9\xc3\xa9\xe9"[..], b"\xe9\x01"] {
        let (read, note) = decoded(damaged, None, 9);
        assert_eq!((read.unwrap(), note), (damaged.to_vec(), None));
    }
}

#[test]
fn an_encoding_that_is_named_is_used_or_contradicted() {
    assert_eq!(decoded(b"\xb1", Some("iso-8859-2"), 1).0.unwrap(), "ą".as_bytes());
    assert_eq!(decoded(b"\xfe\xff\0a", Some("UTF16"), 1).0.unwrap(), b"a");
    assert_eq!(decoded(b"caf\xe9", Some("Latin-1"), 1), (Ok("café".into()), None));
    let (wrong, _) = decoded(b"ab\xff\xff", Some("shift_jis"), 1);
    assert!(wrong.unwrap_err().contains("not Shift_JIS: byte 2"));
    assert!("klingon".parse::<TextEncoding>().is_err());
}

/// The letters of a text, and the place of the first byte that is no letter, as decoders of this shape find them.
macro_rules! decoded_by {
    ($encoding:expr, $result:path, $bytes:expr, $step:expr) => {{
        let mut decoder = $encoding.new_decoder_with_bom_removal();
        let (mut text, mut done, mut wrong) = (Vec::new(), 0, None);
        let pieces = $bytes.chunks($step).map(|piece| (piece, false));
        for (piece, is_last) in pieces.chain([(&[][..], true)]) {
            let length = decoder
                .max_utf8_buffer_length_without_replacement(piece.len())
                .unwrap();
            let mut buffer = vec![0; length];
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(piece, &mut buffer, is_last);
            text.extend_from_slice(&buffer[..written]);
            done += read;
            if let $result(length, after) = result {
                wrong = Some(done - usize::from(length + after));
                break;
            }
        }
        (String::from_utf8(text).unwrap(), wrong)
    }};
}

proptest::proptest! {
    #[test]
    fn the_few_encodings_decode_as_all_do(
        units in proptest::collection::vec(proptest::prop_oneof![0u16..0x300, 0xd7f0u16..0xe010, proptest::num::u16::ANY], 0..40),
        has_mark in proptest::bool::ANY,
        cut in 0usize..2,
        step in 1usize..9,
    ) {
        let units: Vec<u16> = has_mark.then_some(0xfeff).into_iter().chain(units).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        for (all, few, bytes) in [
            (UTF_16BE, few::UTF_16BE, &big),
            (UTF_16LE, few::UTF_16LE, &little),
            (WINDOWS_1252, few::WINDOWS_1252, &big),
        ] {
            let bytes = &bytes[..bytes.len().saturating_sub(cut)];
            let expected = decoded_by!(all, DecoderResult::Malformed, bytes, step);
            let found = decoded_by!(few, few::DecoderResult::Malformed, bytes, step);
            proptest::prop_assert_eq!(found, expected, "{} of {:02x?}", all.name(), bytes);
        }
    }
}

#[test]
fn the_few_encodings_have_the_names_and_labels_of_all() {
    for label in [
        "utf8",
        "UTF-8",
        "utf-16",
        "utf-16be",
        "latin1",
        "ISO-8859-1",
        "windows-1252",
        "ascii",
    ] {
        let few = few::Encoding::for_label_no_replacement(label.as_bytes()).map(few::Encoding::name);
        assert_eq!(
            few,
            Encoding::for_label_no_replacement(label.as_bytes()).map(Encoding::name),
            "{label}"
        );
        assert!(few.is_some(), "{label}");
    }
    assert!(few::Encoding::for_label_no_replacement(b"klingon").is_none());
    let every_byte: Vec<u8> = (0..=255).collect();
    let expected = decoded_by!(WINDOWS_1252, DecoderResult::Malformed, every_byte, 7);
    assert_eq!(
        decoded_by!(few::WINDOWS_1252, few::DecoderResult::Malformed, every_byte, 7),
        expected
    );
    // A letter that the buffer is too short for is left to the next call.
    let mut decoder = few::WINDOWS_1252.new_decoder_without_bom_handling();
    assert_eq!(
        decoder.decode_to_utf8_without_replacement(b"ab", &mut [0; 4], false),
        (few::DecoderResult::OutputFull, 1, 1)
    );
    assert_eq!(few::UTF_8.new_decoder_with_bom_removal().encoding(), few::UTF_8);
}

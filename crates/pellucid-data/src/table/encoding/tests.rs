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

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

pub(crate) fn idx_file(shape: &[u32], values: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, u8::try_from(shape.len()).unwrap()];
    shape.iter().for_each(|size| file.extend(size.to_be_bytes()));
    file.extend(values);
    file
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn parse_bytes(bytes: &[u8]) -> Result<IdxArray, FileError> {
    parse(
        bytes,
        Path::new("a.idx"),
        Some(bytes.len() as u64),
        MaxExpansion::default(),
    )
}

fn message(bytes: &[u8]) -> String {
    parse_bytes(bytes).unwrap_err().to_string()
}

/// 3 x 5 elements that do not repeat, so that packing them takes more than a run.
fn small() -> Vec<u8> {
    idx_file(&[3, 5], &(0..15).collect::<Vec<u8>>())
}

#[test]
fn plain_and_packed_files_are_read_whatever_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("neutral");
    for bytes in [small(), gzip(&small())] {
        std::fs::write(&path, bytes).unwrap();
        let array = read_idx(&path).unwrap();
        assert_eq!(array.shape, [3, 5]);
        assert_eq!(array.values, (0..15).collect::<Vec<u8>>());
    }
}

#[test]
fn a_gzip_file_of_several_members_is_read_whole() {
    let (head, tail) = (gzip(&small()[..14]), gzip(&small()[14..]));
    assert_eq!(
        parse_bytes(&[head, tail].concat()).unwrap(),
        parse_bytes(&small()).unwrap()
    );
}

#[test]
fn a_missing_file_is_named() {
    let error = read_idx("no/such/file.idx").unwrap_err().to_string();
    assert_eq!(error, "no/such/file.idx: there is no such file; check the path");
}

#[test]
fn a_folder_instead_of_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(read_idx(folder.path()), Err(FileError::Read { .. })));
}

#[test]
fn an_empty_file_is_called_empty_plain_and_packed() {
    assert!(message(&[]).contains("the file is empty"));
    assert!(message(&gzip(&[])).contains("the file is empty"));
}

#[test]
fn a_cut_header_says_how_many_bytes_were_promised_and_found() {
    assert!(message(&small()[..3]).contains("takes 4 bytes, the file holds 3"));
    assert!(message(&small()[..11]).contains("takes 12 bytes, the file holds 11"));
}

#[test]
fn a_cut_body_says_how_many_bytes_were_promised_and_found() {
    let expected = "promises 3 x 5 = 15 bytes of data, the file holds 14";
    assert!(message(&small()[..26]).contains(expected));
    assert!(message(&gzip(&small()[..26])).contains(expected));
}

#[test]
fn trailing_bytes_are_refused_with_their_offset() {
    let mut long = small();
    long.push(0);
    assert!(
        message(&long).contains("goes on after them (offset 27)"),
        "{}",
        message(&long)
    );
    assert!(message(&gzip(&long)).contains("goes on after them (offset 27)"));
}

#[test]
fn a_header_that_promises_too_much_is_refused_without_taking_the_memory() {
    // 2^62 bytes: taking them would fail, so reaching the end of the file shows that none were taken.
    let huge = idx_file(&[1 << 31, 1 << 31], &[1, 2, 3]);
    for bytes in [huge.clone(), gzip(&huge)] {
        assert!(message(&bytes).contains("2147483648 x 2147483648 = 4611686018427387904 bytes"));
        assert!(message(&bytes).contains("the file holds 3"));
        let streamed = parse_idx(&bytes[..], Path::new("stream")).unwrap_err();
        assert!(streamed.to_string().contains("the file holds 3"), "{streamed}");
    }
}

#[test]
fn a_product_of_dimensions_that_overflows_is_refused() {
    let error = message(&idx_file(&[u32::MAX; 3], &[0]));
    assert!(
        error.contains("4294967295 x 4294967295 x 4294967295 elements"),
        "{error}"
    );
    // Fits in a usize, but not in an allocation.
    let error = message(&idx_file(&[1 << 31, 1 << 31, 2], &[0]));
    assert!(error.contains("more than this machine can hold"), "{error}");
}

#[test]
fn wrong_first_bytes_are_shown() {
    assert!(message(b"\x89PNG....").contains("found 89 50 4e 47"));
    assert!(message(&[0, 0, 7, 1, 0, 0, 0, 1, 5]).contains("found 00 00 07 01"));
}

#[test]
fn other_element_types_are_named() {
    for (code, name) in [
        (0x09, "signed bytes"),
        (0x0b, "16-bit integers"),
        (0x0c, "32-bit integers"),
        (0x0d, "32-bit floats"),
        (0x0e, "64-bit floats"),
    ] {
        let mut file = small();
        file[2] = code;
        assert!(
            message(&file).contains(&format!("the elements are {name}")),
            "{}",
            message(&file)
        );
    }
}

#[test]
fn no_dimensions_and_dimensions_of_size_0_are_refused() {
    assert!(message(&idx_file(&[], &[1])).contains("no dimensions"));
    let error = message(&idx_file(&[3, 0, 5], &[]));
    assert!(
        error.contains("(offset 8) that dimension 2 has the size 0"),
        "{error}"
    );
}

#[test]
fn damaged_gzip_is_distinguished_from_truncated_gzip() {
    let packed = gzip(&small());
    // Everything but the last byte of the trailer; and a cut inside the stream.
    for kept in [packed.len() - 1, packed.len() - 12, 5] {
        let error = message(&packed[..kept]);
        assert!(error.contains("is cut off after"), "{kept} bytes kept: {error}");
    }
    let mut wrong_checksum = packed.clone();
    let checksum = packed.len() - 8;
    wrong_checksum[checksum] ^= 1;
    assert!(
        message(&wrong_checksum).contains("damaged after 27 unpacked bytes"),
        "{}",
        message(&wrong_checksum)
    );
    let mut corrupt = packed.clone();
    corrupt[10] = 0xff; // the reserved block type
    let error = message(&corrupt);
    assert!(error.contains("is damaged after"), "{error}");
    let mut followed = packed;
    followed.extend(b"left over from elsewhere");
    let error = message(&followed);
    assert!(error.contains("is damaged after"), "{error}");
}

#[test]
fn a_reader_of_one_byte_at_a_time_gives_the_same() {
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let wanted = into.len().min(1);
            self.0.read(&mut into[..wanted])
        }
    }
    for bytes in [small(), gzip(&small())] {
        assert_eq!(
            parse_idx(Drip(&bytes), Path::new("drip")).unwrap(),
            parse_bytes(&small()).unwrap()
        );
    }
}

fn any_array() -> impl Strategy<Value = (Vec<u32>, Vec<u8>)> {
    prop::collection::vec(1_u32..=9, 1..=4).prop_flat_map(|shape| {
        let elements = shape.iter().product::<u32>() as usize;
        (Just(shape), prop::collection::vec(any::<u8>(), elements))
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_plain_and_packed((shape, values) in any_array()) {
        let file = idx_file(&shape, &values);
        for bytes in [file.clone(), gzip(&file)] {
            let array = parse_bytes(&bytes).unwrap();
            prop_assert_eq!(&array.shape, &shape.iter().map(|&size| size as usize).collect::<Vec<_>>());
            prop_assert_eq!(&array.values, &values);
        }
    }

    #[test]
    fn no_proper_prefix_is_read((shape, values) in any_array(), cut in any::<prop::sample::Index>()) {
        let file = idx_file(&shape, &values);
        let packed = gzip(&file);
        prop_assert!(parse_bytes(&file[..cut.index(file.len())]).is_err());
        prop_assert!(parse_bytes(&packed[..cut.index(packed.len())]).is_err());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_bytes(&bytes);
        let _ = parse_bytes(&[&[0x1f, 0x8b][..], &[8, 0], &bytes].concat());
    }

    #[test]
    fn an_arbitrary_header_is_refused_or_filled(
        dimensions in any::<u8>(),
        bytes in prop::collection::vec(0_u8..3, 0..600),
    ) {
        let file = [&[0, 0, 8, dimensions][..], &bytes].concat();
        if let Ok(array) = parse_bytes(&file) {
            prop_assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
        }
    }

    #[test]
    fn a_changed_bit_of_a_packed_file_never_changes_the_values(
        (shape, values) in any_array(),
        place in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let file = idx_file(&shape, &values);
        let mut packed = gzip(&file);
        // From the end of gzip's own header on: within it, a time stamp may change freely.
        let place = 10 + place.index(packed.len() - 10);
        packed[place] ^= 1 << bit;
        if let Ok(array) = parse_bytes(&packed) {
            prop_assert_eq!(array.values, values);
        }
    }
}

//! Tests the lists of non-zero inputs: packed bytes, and a row too long for a list.

use super::*;

/// Packs a chunk of bytes.
#[derive(Clone, Copy)]
struct Packing<'a> {
    chunk: &'a [u8],
    first_column: u32,
}

impl Task for Packing<'_> {
    type Output = Vec<u32>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Vec<u32> {
        let mut entries = [u32::MAX; 64];
        let found = I::pack_non_zeros(self.chunk, self.first_column, &mut entries);
        entries[..found].to_vec()
    }
}

#[test]
fn bytes_that_are_not_zero_are_packed_with_their_columns() {
    let generator = &mut RandomState::new(12);
    for length in 1..=64 {
        for blanks in [0.0, 0.3, 0.8, 1.0] {
            let byte = |_| match generator.random_sample() {
                blank if blank < blanks => 0,
                _ => (generator.random_sample() * 256.0) as u8,
            };
            let chunk: Vec<u8> = (0..length).map(byte).collect();
            for first_column in [0, 64, (1 << 24) - 64] {
                let packed = |(j, &byte): (usize, &u8)| {
                    (byte != 0).then(|| (first_column + j as u32) << 8 | u32::from(byte))
                };
                let expected: Vec<u32> = chunk.iter().enumerate().filter_map(packed).collect();
                let packing = Packing {
                    chunk: &chunk,
                    first_column,
                };
                for (isa, found) in on_every_isa(packing) {
                    assert_eq!(found, expected, "{isa}: {chunk:?}");
                }
            }
        }
    }
}

#[test]
fn a_row_too_long_for_a_list_uses_masks() {
    let shape = ((1 << 24) + 5, 1);
    let mut bytes = vec![0; shape.0];
    let mut expected = 0.0f32;
    let weights: Vec<f32> = (0..shape.0).map(|column| (column % 1000) as f32).collect();
    for column in [0, 7, 1 << 23, (1 << 24) - 1, 1 << 24, (1 << 24) + 4] {
        bytes[column] = 3;
        expected += 0.5 * weights[column];
    }
    let mut values = [0.0; 256];
    values[3] = 0.5;
    let input = Input::Bytes {
        bytes: &bytes,
        values: &values,
    };
    let shape = Shape {
        rows: 1,
        fan_in: shape.0,
        fan_out: shape.1,
        threads: NonZeroUsize::MIN,
    };
    for (isa, z) in on_every_isa(OneRow {
        shape,
        input,
        weights: &weights,
    }) {
        assert_eq!(z, [expected], "{isa}");
    }
}

/// x·W of one row.
#[derive(Clone, Copy)]
struct OneRow<'a> {
    shape: Shape,
    input: Input<'a, f32>,
    weights: &'a [f32],
}

impl Task for OneRow<'_> {
    type Output = [f32; 1];
    #[inline(always)]
    fn run<I: Isa>(self) -> [f32; 1] {
        let Self {
            shape,
            input,
            weights,
        } = self;
        let mut z = [0.0];
        let mut scratch = Scratch::default();
        affine::<I, f32>(shape, (input, Origin::Data), weights, None, &mut z, &mut scratch);
        z
    }
}

//! Unpacks pages. The result has the size that the page says, which is counted against the limit of the file before.

use super::fault::Fault;
use crate::files::Budget;
use std::io::Read;

const DAMAGED: &str = "a page cannot be unpacked";

/// The bytes of a page that is packed by the method `codec`, and has `size` bytes unpacked.
pub(super) fn unpacked(codec: i32, packed: &[u8], size: usize, budget: &Budget) -> Result<Vec<u8>, Fault> {
    budget.spend(size as u64)?;
    let bytes = match codec {
        0 => packed.to_vec(),
        1 => snappy(packed, size)?,
        2 => read(flate2::read::MultiGzDecoder::new(packed), size)?,
        3 => {
            return Err(
                "its pages are packed with LZO, which is not read; write it again with another packing"
                    .into(),
            );
        }
        4 => read(brotli::Decompressor::new(packed, 4096), size)?,
        5 => lz4(packed, size)?,
        6 => read(
            zstd::stream::read::Decoder::new(packed).map_err(|_| DAMAGED)?,
            size,
        )?,
        7 => lz4_block(packed, size)?,
        _ => return Err("its pages are packed in a way that is not known".into()),
    };
    match bytes.len() == size {
        true => Ok(bytes),
        false => Err("a page has another size than it says".into()),
    }
}

/// What a decoder gives, up to a byte more than it should.
fn read(decoder: impl Read, size: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = decoder.take(size as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|_| DAMAGED)?;
    Ok(bytes)
}

fn snappy(packed: &[u8], size: usize) -> Result<Vec<u8>, Fault> {
    if packed.is_empty() && size == 0 {
        return Ok(Vec::new());
    }
    let promised = snap::raw::decompress_len(packed).map_err(|_| DAMAGED)?;
    if promised != size {
        return Err("a page has another size than it says".into());
    }
    Ok(snap::raw::Decoder::new()
        .decompress_vec(packed)
        .map_err(|_| DAMAGED)?)
}

fn lz4_block(packed: &[u8], size: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = vec![0; size];
    let length = lz4_flex::block::decompress_into(packed, &mut bytes).map_err(|_| DAMAGED)?;
    bytes.truncate(length);
    Ok(bytes)
}

/// LZ4 as Hadoop frames it, or, of other writers, in LZ4's own frame or in none.
fn lz4(packed: &[u8], size: usize) -> Result<Vec<u8>, Fault> {
    if let Some(bytes) = hadoop_lz4(packed, size) {
        return Ok(bytes);
    }
    let framed = read(lz4_flex::frame::FrameDecoder::new(packed), size);
    match framed {
        Ok(bytes) if bytes.len() == size => Ok(bytes),
        _ => lz4_block(packed, size),
    }
}

/// Blocks, each after its size unpacked and its size packed, in 4 bytes each, the highest first.
fn hadoop_lz4(mut packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; size];
    let mut filled = 0_usize;
    while !packed.is_empty() {
        let (unpacked_size, rest) = packed.split_first_chunk::<4>()?;
        let (packed_size, rest) = rest.split_first_chunk::<4>()?;
        let [unpacked_size, packed_size] =
            [unpacked_size, packed_size].map(|size| u32::from_be_bytes(*size) as usize);
        let (block, rest) = rest.split_at_checked(packed_size)?;
        let room = bytes.get_mut(filled..filled.checked_add(unpacked_size)?)?;
        let length = lz4_flex::block::decompress_into(block, room).ok()?;
        if length != unpacked_size {
            return None;
        }
        filled += length;
        packed = rest;
    }
    (filled == size).then_some(bytes)
}

//! Unpacking Zstandard.

#[cfg(not(target_family = "wasm"))]
mod library {
    use std::io::{self, BufRead};

    /// The unpacked bytes of a stream.
    pub(in crate::files) type Zstandard<R> = zstd::Decoder<'static, R>;

    /// Begins to unpack a stream.
    pub(in crate::files) fn unpack_zstandard<R: BufRead>(packed: R) -> io::Result<Zstandard<R>> {
        zstd::Decoder::with_buffer(packed)
    }
}

/// The library is written in C, which a page has no compiler for.
#[cfg(target_family = "wasm")]
mod library {
    use std::io::{self, BufRead, ErrorKind};

    /// The unpacked bytes of a stream: none.
    pub(in crate::files) type Zstandard<R> = io::Take<R>;

    /// Says that a page does not unpack Zstandard.
    pub(in crate::files) fn unpack_zstandard<R: BufRead>(_: R) -> io::Result<Zstandard<R>> {
        let problem = "a page does not unpack Zstandard; unpack the file first, or use the command";
        Err(io::Error::new(ErrorKind::Unsupported, problem))
    }
}

pub(super) use library::{Zstandard, unpack_zstandard};

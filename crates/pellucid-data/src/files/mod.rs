//! Files: written whole or not at all, unpacked, IDX arrays, downloads and their cache.

mod cache_folder;
#[cfg(not(target_family = "wasm"))]
mod download;
mod error;
mod expansion;
mod idx;
mod lock;
mod mnist;
#[cfg(not(target_family = "wasm"))]
mod mnist_cache;
#[cfg(unix)]
mod named_pipe;
mod output;
mod packed;
#[cfg(target_family = "wasm")]
mod page;
mod second_name;
mod small_file;
mod unfinished;
mod zstandard;

pub use cache_folder::cache_folder;
#[cfg(not(target_family = "wasm"))]
pub use download::DownloadProgress;
pub use error::FileError;
pub(crate) use expansion::Budget;
pub use expansion::MaxExpansion;
pub use idx::{IdxArray, parse_idx, read_idx};
pub(crate) use lock::{FileLock, remove_leftover_lock};
pub(crate) use mnist::read_idx_pair_within;
pub use mnist::{CLASSES, Mnist, read_idx_pair, read_mnist};
#[cfg(not(target_family = "wasm"))]
pub use mnist_cache::read_cached_mnist;
#[cfg(unix)]
pub use named_pipe::watch_interruptions;
pub use output::{OutputFile, write_together};
pub(crate) use packed::Unpacked;
#[cfg(target_family = "wasm")]
pub use page::{DownloadProgress, read_cached_mnist};
pub(crate) use second_name::keep_as;
pub use small_file::read_small_text;
pub(crate) use small_file::{other_kind, read_text_within};
pub use unfinished::remove_unfinished_outputs;

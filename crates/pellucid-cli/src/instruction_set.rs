//! The instruction set that the environment asks for.

use crate::failure::misuse;
use anyhow::Result;

const VARIABLE: &str = "PELLUCID_ISA";
const NAMES: [&str; 3] = ["baseline", "avx2", "avx512"];

/// Refuses a value that names no instruction set, which would be taken for the slowest one.
pub(crate) fn check() -> Result<()> {
    match std::env::var_os(VARIABLE) {
        Some(value) if !NAMES.iter().any(|name| value == **name) => misuse(format!(
            "the environment variable {VARIABLE} is {value:?}; {} is expected, or leave it unset",
            NAMES.join(", or ")
        )),
        _ => Ok(()),
    }
}

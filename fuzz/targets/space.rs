#![no_main]

#[path = "../../crates/pellucid-data/tests/hostile/readers.rs"]
#[allow(dead_code)]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| readers::space(bytes));

//! Faults of the system: each call of a command that concerns its files fails once, or the process is killed in its place.
//!
//! `strace` makes the calls fail. Without it, or where it may not trace, these tests skip with a message. They try an even
//! sample of all calls; `scripts/faults` (`PELLUCID_FAULTS=all`) tries each call with each error.

#![cfg(target_os = "linux")]

mod command;
mod disk;
mod errors;
mod judgement;
mod memory;
mod pipe;
mod setting;
mod strace;
mod sweep;
mod threads;

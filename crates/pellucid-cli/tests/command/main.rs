//! The `pellucid` command from outside: each test runs the real binary and reads what it leaves.

mod bad_data;
mod bad_outputs;
mod bad_recipes;
mod bad_tables;
mod charts;
mod check;
mod compare;
mod compare_seeds;
mod compare_variants;
mod data;
mod diagnose;
mod divergence;
mod download;
mod driver;
mod figures;
mod find_rate;
mod full_length;
mod help;
mod idx_folder;
mod inspect;
#[cfg(unix)]
mod interrupt;
mod mnist_98;
mod normalised;
mod notebooks;
mod pictures;
mod predict;
mod record;
mod report;
mod several_targets;
mod stopping;
mod streams;
mod train;
mod tune;

//! What is in a table: `cargo run --release -p pellucid-data --example describe -- table.csv`
#![allow(clippy::print_stdout, reason = "an example")]

use std::time::Instant;

use pellucid_data::{ReadOptions, TableSource, describe, read_table};

fn main() -> pellucid_data::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "-".to_owned());
    let start = Instant::now();
    let table = read_table(&TableSource::from(path), &ReadOptions::default())?;
    println!(
        "{}: {} rows, read in {:.1?}",
        table.source,
        table.rows(),
        start.elapsed()
    );
    for column in describe(&table) {
        println!(
            "{:20} {:?}, {} missing, {} distinct",
            column.name, column.kind, column.missing, column.distinct
        );
        column
            .notes
            .iter()
            .for_each(|note| println!("{:20} note: {note}", ""));
    }
    Ok(())
}

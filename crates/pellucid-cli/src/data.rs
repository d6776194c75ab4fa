//! `pellucid data`: the built-in sets, and the description of a table.

use crate::arguments::{Data, DataCommand, ShowData};
use crate::failure::misuse;
use crate::outputs::{self, JsonOutput};
use crate::score_text::{count, number, one_line, titled};
use crate::{run, source, terminal};
use anyhow::Result;
use pellucid_data::training::TrainingRequest;
use pellucid_data::{
    BUILTINS, Column, ColumnKind, ColumnNote, ColumnSummary, Mnist, ReadOptions, describe, read_cached_mnist,
    read_mnist,
};
use serde_json::json;
use std::process::ExitCode;

/// Lists the built-in sets, or describes a table.
pub(crate) fn data(arguments: &Data) -> Result<ExitCode> {
    match &arguments.command {
        Some(DataCommand::Show(show)) => describe_table(show)?,
        None => list(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(arguments: &Data) -> Result<()> {
    let sets = BUILTINS.iter();
    if arguments.json.is_some() {
        let sets =
            sets.map(|set| json!({"name": set.name, "about": set.about, "generated": set.is_generated}));
        return JsonOutput::prepare(arguments.json.as_deref())?.write(|| sets.collect::<Vec<_>>());
    }
    let width = sets.clone().map(|set| set.name.len()).max().unwrap_or(0);
    terminal::print_lines(sets.map(|set| format!("{:width$}  {}", set.name, set.about)))
}

fn describe_table(show: &ShowData) -> Result<()> {
    let read = [("the data", source::file(&show.data))];
    outputs::check_distinct(&read, &[("--json", show.json.as_deref())])?;
    if source::built_in(&show.data) == Some("mnist") {
        return describe_mnist(show);
    }
    if show.folder.is_some() {
        return misuse("--data names the folder of mnist; leave it out, or show mnist");
    }
    let mut request = TrainingRequest::default();
    show.cells.add_to(&mut request);
    let options = ReadOptions {
        separators: request.separators(),
        keep_na_words: request.keeps_na_words(),
        ..show.reading.options()
    };
    let table = source::read(&show.data, &options, show.seed.unwrap_or(0))?;
    // Dates are described as they are written.
    let may_be_date = |column: &Column| {
        column.values.kind() != ColumnKind::Number || request.columns.date.contains(&column.name)
    };
    let written = table
        .columns
        .iter()
        .map(|column| may_be_date(column).then(|| column.clone()));
    let written: Vec<Option<Column>> = written.collect();
    let mut table = request.read(table)?;
    let reading = &request.reading;
    for (column, written) in table.columns.iter_mut().zip(written) {
        if let Some(written) = written.filter(|_| reading.is_date(&column.name)) {
            *column = written;
        }
    }
    let notes = request.reading_notes;
    let columns = describe(&table);
    if show.json.is_some() {
        let notes = [table.notes.as_slice(), notes.as_slice()].concat();
        let record =
            || json!({"source": table.source, "rows": table.rows(), "columns": columns, "notes": notes});
        return JsonOutput::prepare(show.json.as_deref())?.write(record);
    }
    terminal::print(&(source::size(&table) + "\n"))?;
    let titles = "column|type|missing|distinct|lowest|highest|mean|deviation";
    terminal::print_lines(titled(
        titles,
        columns
            .iter()
            .map(|column| row(column, reading.is_date(&column.name))),
    ))?;
    let note = |column: &ColumnSummary| {
        let name = one_line(&column.name);
        let is_date = reading.is_date(&column.name);
        let notes = column.notes.iter();
        // Dates are not used as words, which may all differ.
        let notes = notes.filter(|note| !is_date || **note != ColumnNote::IdentifierLike);
        notes
            .map(|note| format!("note: column `{name}`: {note}"))
            .collect::<Vec<_>>()
    };
    let balances: Vec<String> = columns.iter().filter_map(balance).collect();
    let notes = notes.iter().map(|note| format!("note: {note}"));
    let notes = notes.chain(columns.iter().flat_map(note)).collect();
    for lines in [balances, notes] {
        if !lines.is_empty() {
            terminal::print("")?;
            terminal::print_lines(lines)?;
        }
    }
    Ok(())
}

fn row(column: &ColumnSummary, is_date: bool) -> Vec<String> {
    let kind = match column.kind {
        _ if is_date => "date",
        ColumnKind::Number => "number",
        ColumnKind::Category => "words",
        ColumnKind::Boolean => "boolean",
    };
    let mut cells = vec![
        column.name.clone(),
        kind.into(),
        count(column.missing),
        count(column.distinct),
    ];
    if let Some(numbers) = column.numbers {
        cells.extend([numbers.min, numbers.max, numbers.mean, numbers.std].map(number));
    }
    cells
}

/// The most frequent values of a column that is, or may be, classes.
fn balance(column: &ColumnSummary) -> Option<String> {
    const SHOWN: usize = 6;
    let present = column.rows - column.missing;
    if column.frequent.is_empty() || column.distinct == present {
        return None;
    }
    let frequent = column.frequent.iter().take(SHOWN).map(|word| {
        let share = 100.0 * word.count as f64 / present as f64;
        format!("{} {} ({share:.1}%)", one_line(&word.word), count(word.count))
    });
    let mut words: Vec<String> = frequent.collect();
    if column.distinct > words.len() {
        words.push(format!("and {} more", count(column.distinct - words.len())));
    }
    Some(format!("{}: {}", one_line(&column.name), words.join(", ")))
}

fn describe_mnist(show: &ShowData) -> Result<()> {
    let mnist: Mnist = match &show.folder {
        Some(folder) => read_mnist(folder)?,
        None => read_cached_mnist(&mut run::note_of_downloads(false))?,
    };
    let digits = |labels: &[u8]| -> Vec<usize> {
        (0..pellucid_data::CLASSES)
            .map(|digit| labels.iter().filter(|&&label| label == digit).count())
            .collect()
    };
    let (training, test) = (digits(&mnist.training_labels), digits(&mnist.test_labels));
    let shape = &mnist.training_images.shape;
    if show.json.is_some() {
        let record = json!({
            "source": "mnist",
            "training_images": mnist.training_labels.len(),
            "test_images": mnist.test_labels.len(),
            "shape": &shape[1..],
            "training_digits": training,
            "test_digits": test,
        });
        return JsonOutput::prepare(show.json.as_deref())?.write(|| record);
    }
    let size: Vec<String> = shape[1..].iter().map(ToString::to_string).collect();
    terminal::print(&format!(
        "mnist: {} training and {} test images of {} bytes, 0 to 255\n",
        count(mnist.training_labels.len()),
        count(mnist.test_labels.len()),
        size.join(" x ")
    ))?;
    let digits = training.iter().zip(&test).enumerate();
    let rows =
        digits.map(|(digit, (training, test))| vec![digit.to_string(), count(*training), count(*test)]);
    terminal::print_lines(titled("digit|training|test", rows))
}

//! `pellucid data`: the built-in sets, and the description of a table.

use crate::arguments::{Data, DataCommand, ShowData};
use crate::failure::Misuse;
use crate::outputs::{self, JsonOutput};
use crate::score_text::{aligned, count, number, one_line};
use crate::{source, terminal};
use anyhow::Result;
use pellucid_data::{BUILTINS, ColumnKind, ColumnSummary, Mnist, describe, read_cached_mnist, read_mnist};
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
    if let Some(path) = &arguments.json {
        let sets = BUILTINS.iter();
        let sets =
            sets.map(|set| json!({"name": set.name, "about": set.about, "generated": set.is_generated}));
        return JsonOutput::prepare(path)?.write(&sets.collect::<Vec<_>>());
    }
    let rows: Vec<[&str; 2]> = BUILTINS.iter().map(|set| [set.name, set.about]).collect();
    let width = rows.iter().map(|[name, _]| name.len()).max().unwrap_or(0);
    for [name, about] in rows {
        terminal::print(&format!("{name:width$}  {about}"))?;
    }
    Ok(())
}

fn describe_table(show: &ShowData) -> Result<()> {
    let read: Vec<_> = source::file(&show.data)
        .map(|file| ("the data", file))
        .into_iter()
        .collect();
    outputs::check_distinct(&read, &[("--json", show.json.as_deref())])?;
    if source::built_in(&show.data) == Some("mnist") {
        return describe_mnist(show);
    }
    if show.folder.is_some() {
        let message = "--data names the folder of mnist; leave it out, or show mnist";
        return Err(Misuse(message.into()).into());
    }
    let table = source::read(&show.data, &show.reading.options(), show.seed.unwrap_or(0))?;
    let columns = describe(&table);
    if let Some(path) = &show.json {
        let record = json!({"source": table.source, "rows": table.rows(), "columns": columns});
        return JsonOutput::prepare(path)?.write(&record);
    }
    terminal::print(&format!(
        "{}: {} rows, {} columns\n",
        table.source,
        count(table.rows()),
        columns.len()
    ))?;
    let titles = [
        "column",
        "type",
        "missing",
        "distinct",
        "lowest",
        "highest",
        "mean",
        "deviation",
    ];
    let mut rows = vec![titles.map(String::from).to_vec()];
    rows.extend(columns.iter().map(row));
    for line in aligned(&rows) {
        terminal::print(&line)?;
    }
    let balances = columns.iter().filter_map(balance).collect::<Vec<_>>();
    if !balances.is_empty() {
        terminal::print("")?;
    }
    for line in balances {
        terminal::print(&line)?;
    }
    let notes = columns.iter().flat_map(|column| {
        column
            .notes
            .iter()
            .map(move |note| format!("note: column `{}`: {note}", one_line(&column.name)))
    });
    for (index, note) in notes.enumerate() {
        let gap = if index == 0 { "\n" } else { "" };
        terminal::print(&format!("{gap}{note}"))?;
    }
    Ok(())
}

fn row(column: &ColumnSummary) -> Vec<String> {
    let kind = match column.kind {
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
    let share = |rows: usize| 100.0 * rows as f64 / present as f64;
    let mut words: Vec<String> = column
        .frequent
        .iter()
        .take(SHOWN)
        .map(|word| {
            format!(
                "{} {} ({:.1}%)",
                one_line(&word.word),
                count(word.count),
                share(word.count)
            )
        })
        .collect();
    if column.distinct > words.len() {
        words.push(format!("and {} more", count(column.distinct - words.len())));
    }
    Some(format!("{}: {}", one_line(&column.name), words.join(", ")))
}

fn describe_mnist(show: &ShowData) -> Result<()> {
    let mnist: Mnist = match &show.folder {
        Some(folder) => read_mnist(folder)?,
        None => {
            let mut reported = String::new();
            read_cached_mnist(&mut |download| {
                if reported != download.file {
                    reported = download.file.to_string();
                    terminal::note(&format!("downloading {reported}"));
                }
            })?
        }
    };
    let digits = |labels: &[u8]| -> Vec<usize> {
        (0..pellucid_data::CLASSES)
            .map(|digit| labels.iter().filter(|&&label| label == digit).count())
            .collect()
    };
    let (training, test) = (digits(&mnist.training_labels), digits(&mnist.test_labels));
    let shape = &mnist.training_images.shape;
    if let Some(path) = &show.json {
        let record = json!({
            "source": "mnist",
            "training_images": mnist.training_labels.len(),
            "test_images": mnist.test_labels.len(),
            "shape": &shape[1..],
            "training_digits": training,
            "test_digits": test,
        });
        return JsonOutput::prepare(path)?.write(&record);
    }
    let size: Vec<String> = shape[1..].iter().map(ToString::to_string).collect();
    terminal::print(&format!(
        "mnist: {} training and {} test images of {} bytes, 0 to 255\n",
        count(mnist.training_labels.len()),
        count(mnist.test_labels.len()),
        size.join(" x ")
    ))?;
    let mut rows = vec![["digit", "training", "test"].map(String::from).to_vec()];
    let counts = training.iter().zip(&test).enumerate();
    rows.extend(
        counts.map(|(digit, (training, test))| vec![digit.to_string(), count(*training), count(*test)]),
    );
    for line in aligned(&rows) {
        terminal::print(&line)?;
    }
    Ok(())
}

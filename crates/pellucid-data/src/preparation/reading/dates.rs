//! Columns of dates, read as seconds since 1970.

use super::{ColumnReading, Reader, as_words, numbers_of, present};
use crate::error::{Result, problem};
use crate::preparation::error::at;
use crate::table::{
    Categories, CivilDate, DateOrder, NoDateOrder, Table, Values, is_number_marker, word_counts,
};

/// The values of a column that is dates, or of one that is something else.
pub(super) enum Dates {
    Read(Values),
    Other(Values),
}

impl Reader<'_> {
    /// Reads a column of dates, unless it is requested as something else.
    pub(super) fn dates(&mut self, source: &str, name: &str, values: Values) -> Result<Dates> {
        let requested = &self.requested;
        let is_requested = requested.date.contains(name);
        let is_other = requested.categorical.contains(name)
            || requested.numeric.contains(name)
            || requested.target.contains(name);
        let wrong = |message: String| Err(problem(format!("{source}, column `{name}`"), message));
        let words = match values {
            Values::Categories(words) if is_requested || !is_other => words,
            values if !is_requested => return Ok(Dates::Other(values)),
            Values::Categories(words) | Values::Booleans(words) => words,
            Values::Numbers(numbers) => as_words(&numbers),
        };
        let counts = word_counts(&words.codes, words.names.len());
        let (found, of_numbers) = {
            let cells = present(&words, &counts).map(|(word, _)| word);
            let cells = cells.filter(|word| !is_number_marker(word));
            (DateOrder::of(cells.clone()), DateOrder::of_numbers(cells))
        };
        let order = match (found, of_numbers) {
            (Ok(order), _) => order,
            (Err(NoDateOrder::Word(_)), Some(order)) if is_requested => order,
            (Err(NoDateOrder::Word(word)), None) if is_requested => {
                return wrong(format!(
                    "dates are requested, but `{word}` is not a date like the others; write dates as in 2023-01-31, or \
                     count it as missing by --na"
                ));
            }
            (Err(NoDateOrder::Word(_)), _) => return Ok(Dates::Other(Values::Categories(words))),
            (Err(NoDateOrder::Unclear(example)), _) => {
                self.reading.left_out.push(name.to_owned());
                self.notes.push(format!(
                    "column `{name}` is left out: it holds dates, and none shows whether day or month comes first, as in \
                     `{example}`; write dates as in 2023-01-31"
                ));
                return Ok(Dates::Read(Values::Categories(words)));
            }
        };
        let is_wrong = |word: &&str| !is_number_marker(word) && order.seconds(word).is_none();
        let wrong_one = present(&words, &counts).map(|(word, _)| word).find(is_wrong);
        if let Some(wrong_one) = wrong_one {
            return wrong(format!(
                "dates are requested, but `{wrong_one}` is not one such as {}",
                order.example()
            ));
        }
        let seconds = words.names.iter().map(|word| order.seconds(word));
        let seconds: Vec<f64> = seconds.map(|seconds| seconds.unwrap_or(f64::NAN)).collect();
        let last = (0..seconds.len()).filter(|&at| counts[at] > 0 && !seconds[at].is_nan());
        if let Some(last) = last.max_by(|&a, &b| seconds[a].total_cmp(&seconds[b])) {
            let date = CivilDate::from_days((seconds[last] / 86_400.0).floor() as i64);
            let word = &words.names[last];
            self.notes.push(match order {
                DateOrder::TimeOfDay => {
                    format!("column `{name}` is read as times of the day: the last is `{word}`")
                }
                _ => format!("column `{name}` is read as dates: the last, `{word}`, is {date}"),
            });
        }
        let markers = present(&words, &counts).filter(|(word, _)| is_number_marker(word));
        let markers: Vec<(String, usize)> = markers.map(|(word, rows)| (word.to_owned(), rows)).collect();
        self.count(name, &markers);
        let columns = &mut self.reading.columns;
        columns.insert(name.to_owned(), ColumnReading::Date(order));
        Ok(Dates::Read(Values::Numbers(numbers_of(&words, &seconds))))
    }
}

/// The dates of words in this order.
pub(super) fn dates_in(table: &Table, name: &str, words: &Categories, order: DateOrder) -> Result<Vec<f64>> {
    let of_word = |word: &String| match is_number_marker(word) {
        true => Some(f64::NAN),
        false => order.seconds(word),
    };
    let seconds: Vec<Option<f64>> = words.names.iter().map(of_word).collect();
    let wrong = |code: &u32| seconds.get(*code as usize).is_some_and(Option::is_none);
    if let Some(row) = words.codes.iter().position(wrong) {
        let word = words.get(row).unwrap_or_default();
        let example = order.example();
        let message = format!("found `{word}`, but a date as in training, such as {example}, is needed here");
        return Err(problem(at(table, name, Some(row as u32)), message));
    }
    let seconds: Vec<f64> = seconds
        .into_iter()
        .map(|seconds| seconds.unwrap_or(f64::NAN))
        .collect();
    Ok(numbers_of(words, &seconds))
}

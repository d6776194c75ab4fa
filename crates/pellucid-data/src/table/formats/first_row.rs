//! Whether a first row with numbers among its cells names the columns, as years do.

use super::super::cell::number;
use super::super::limits::MOST_SHOWN_BYTES;
use super::super::markers::is_missing;
use csv::StringRecord;
use pellucid::recipe::shortened;

/// What a first row seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstRow {
    /// Names, although numbers are among them.
    Names,
    Data,
    /// Data, though it might be names.
    Unclear,
}

impl FirstRow {
    /// Judges a row that has a number or an empty cell by the rows below.
    pub(super) fn judge(first: &[String], below: &[StringRecord]) -> FirstRow {
        let of_numbers: Vec<usize> = (0..first.len())
            .filter(|&at| number(&first[at]).is_some())
            .collect();
        let whole: Option<Vec<u32>> = of_numbers.iter().map(|&at| plain_whole(&first[at])).collect();
        let nameless = |(at, cell): (usize, &String)| is_missing(cell) && (at > 0 || !cell.is_empty());
        let mut sorted = first.to_vec();
        sorted.sort_unstable();
        let repeats = sorted.windows(2).any(|pair| pair[0] == pair[1]);
        let Some(numbers) = whole.filter(|numbers| !numbers.is_empty()) else {
            return FirstRow::Data;
        };
        if repeats || first.iter().enumerate().any(nameless) || below.is_empty() {
            return FirstRow::Data;
        }
        let cells = |at: usize| below.iter().filter_map(move |row| row.get(at)).map(str::trim);
        let recurs = |at: usize| cells(at).any(|cell| cell == first[at]);
        let are_numbers: Vec<bool> = first.iter().map(|cell| number(cell).is_some()).collect();
        let is_word = |at: &usize| !are_numbers[*at];
        if (0..first.len()).filter(is_word).any(recurs) {
            return FirstRow::Data;
        }
        let has_words = of_numbers.len() < first.len();
        let are_years = numbers.iter().all(is_year) && (has_words || numbers.len() > 1);
        let consecutive = numbers.len() > 1 && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let are_counted = consecutive && numbers[0] <= 1;
        let of_numbers_below = || {
            of_numbers
                .iter()
                .flat_map(|&at| cells(at))
                .filter(|cell| !is_missing(cell))
        };
        let years_below = of_numbers_below().any(|cell| plain_whole(cell).is_some_and(|cell| is_year(&cell)));
        let fractions_below = of_numbers_below().any(|cell| plain_whole(cell).is_none());
        let continues = below[0]
            .iter()
            .map(|cell| plain_whole(cell.trim()))
            .collect::<Option<Vec<_>>>();
        let continues =
            continues.is_some_and(|row| row.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)));
        match (has_words, are_years, are_counted) {
            (_, true, _) if !years_below => FirstRow::Names,
            (true, _, true) => FirstRow::Names,
            (false, _, true) if !continues && (numbers.len() > 3 || fractions_below) => FirstRow::Names,
            (true, ..) | (_, true, _) | (_, _, true) => FirstRow::Unclear,
            (false, false, false) => FirstRow::Data,
        }
    }
}

fn is_year(number: &u32) -> bool {
    (1900..=2100).contains(number)
}

/// A whole number of few digits and nothing else.
fn plain_whole(cell: &str) -> Option<u32> {
    let plain = cell.len() <= 9 && cell.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| cell.parse().ok()).flatten()
}

/// The beginning of a row, for a note.
pub(super) fn shown(row: &[String]) -> String {
    const SHOWN: usize = 4;
    let cells = row.iter().take(SHOWN);
    let cells: Vec<_> = cells.map(|cell| shortened(cell, MOST_SHOWN_BYTES)).collect();
    let more = if row.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", cells.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_numbers() {
        for (text, expected) in [
            ("id,2022,2023\nn1,2,3\nn2,4,6", FirstRow::Names),
            ("2020,2021,2022\n1.5,2.5,3\n4,5,6", FirstRow::Names),
            ("name,2020\nx,1\ny,2", FirstRow::Names),
            (",0,1,2\na,0.1,0.2,0.3", FirstRow::Names),
            ("0,1,2,3\n5,3,2,1\n4,4,4,4", FirstRow::Names),
            ("pixel,1,2,label\n7,8,9,a", FirstRow::Names),
            ("name,2020,2021\nx,2019,1999", FirstRow::Unclear),
            ("n7,10,20\nn1,2,3", FirstRow::Unclear),
            ("1,2\n7,9\n3,3", FirstRow::Unclear),
            ("1,2,3,4\n2,3,4,5", FirstRow::Unclear),
            ("39,State-gov,77516\n50,State-gov,83311", FirstRow::Data),
            ("5.1,3.5,setosa\n4.9,3,setosa", FirstRow::Data),
            ("17,4,9\n3,5,7", FirstRow::Data),
            ("7,7,b\n1,2,c", FirstRow::Data),
            ("2020,2021\n", FirstRow::Data),
        ] {
            let mut rows = text.lines().map(|line| line.split(',').collect::<StringRecord>());
            let first: Vec<String> = rows.next().unwrap().iter().map(String::from).collect();
            let below: Vec<StringRecord> = rows.collect();
            assert_eq!(FirstRow::judge(&first, &below), expected, "{text}");
        }
    }
}

//! Dates and times as texts: recognised, and read as seconds since 1970.

use super::cell::whole_number;
use serde::{Deserialize, Serialize};

/// The order of year, month and day in the dates of a column. A month may be a name, such as `Jan`; a time of the day may
/// follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// As in `2023-01-31`.
    YearMonthDay,
    /// As in `31.01.2023`.
    DayMonthYear,
    /// As in `01/31/2023`.
    MonthDayYear,
    /// Times of the day alone, as in `18:30`, which are those of 1970-01-01.
    TimeOfDay,
    /// As in `20230131`.
    Digits,
    /// Seconds since 1970-01-01, or so many parts of a second.
    SinceEpoch(u32),
}

/// Why cells have no order of dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoDateOrder {
    /// A cell is no date.
    Word(String),
    /// All are dates, but nothing shows whether day or month comes first, as in this one.
    Unclear(String),
}

/// A date and the time of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CivilDate {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
}

impl CivilDate {
    /// Days since 1970-01-01 in the Gregorian calendar.
    pub(crate) fn days(self) -> i64 {
        // Years begin in March, so that the leap day is their last.
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }

    /// The date of this number of days since 1970-01-01.
    pub(crate) fn from_days(days: i64) -> Self {
        // Further off, a double no longer counts days.
        const FURTHEST: i64 = 1 << 52;
        let days = days.clamp(-FURTHEST, FURTHEST) + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day,
        }
    }

    fn is_valid(self) -> bool {
        (1..=12).contains(&self.month) && self.day >= 1 && Self::from_days(self.days()) == self
    }
}

impl std::fmt::Display for CivilDate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// One of the three parts of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A number, and its count of digits.
    Number(i64, usize),
    /// A month by its name.
    Month(i64),
}

/// The three parts of a date, the separator before the second, and seconds since midnight.
struct Cell {
    parts: [Part; 3],
    separator: char,
    seconds: f64,
}

impl Cell {
    fn of(text: &str) -> Option<Cell> {
        let (first, rest) = part(text)?;
        let separator = rest.chars().next()?;
        let (second, rest) = part(after_separator(rest)?)?;
        // A month is its first day.
        let is_month = matches!(first, Part::Number(1800..2200, 4)) && ['-', '/'].contains(&separator);
        let (third, rest) = match rest {
            "" if is_month => (Part::Number(1, 1), rest),
            rest => part(after_separator(rest)?)?,
        };
        Some(Cell {
            parts: [first, second, third],
            separator,
            seconds: time(rest)?,
        })
    }

    /// The order of the parts, if only one is possible; otherwise whether there may be one.
    fn order(&self) -> Result<DateOrder, bool> {
        match self.parts {
            [
                Part::Number(_, 4),
                Part::Month(_) | Part::Number(_, 1..=2),
                Part::Number(_, 1..=2),
            ] => Ok(DateOrder::YearMonthDay),
            [Part::Number(_, 1..=2), Part::Month(_), Part::Number(_, 4)] => Ok(DateOrder::DayMonthYear),
            [Part::Month(_), Part::Number(_, 1..=2), Part::Number(_, 4)] => Ok(DateOrder::MonthDayYear),
            [
                Part::Number(first, 1..=2),
                Part::Number(second, 1..=2),
                Part::Number(_, 4),
            ] => match (first > 12, second > 12) {
                (true, true) => Err(false),
                (true, false) => Ok(DateOrder::DayMonthYear),
                (false, true) => Ok(DateOrder::MonthDayYear),
                (false, false) if self.separator == '.' => Ok(DateOrder::DayMonthYear),
                (false, false) => Err(true),
            },
            _ => Err(false),
        }
    }

    fn date(&self, order: DateOrder) -> Option<CivilDate> {
        let [first, second, third] = self.parts;
        let (year, month, day) = match order {
            DateOrder::YearMonthDay => (first, second, third),
            DateOrder::DayMonthYear => (third, second, first),
            DateOrder::MonthDayYear => (third, first, second),
            DateOrder::TimeOfDay | DateOrder::Digits | DateOrder::SinceEpoch(_) => return None,
        };
        let (Part::Number(year, 4), Part::Number(day, 1..=2)) = (year, day) else {
            return None;
        };
        let month = match month {
            Part::Number(month, 1..=2) | Part::Month(month) => month,
            Part::Number(..) => return None,
        };
        Some(CivilDate { year, month, day }).filter(|date| date.is_valid())
    }
}

/// A number of at most four digits or the name of a month, and what follows.
fn part(text: &str) -> Option<(Part, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=4).contains(&digits) {
        let (number, rest) = text.split_at(digits);
        return Some((Part::Number(number.parse().ok()?, digits), rest));
    }
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, rest) = text.split_at(letters);
    let name = name.to_ascii_lowercase();
    let is_name = |month: &str| match name.len() {
        3 => month.starts_with(&name),
        4 if name == "sept" => month.starts_with(&name),
        _ => month == name,
    };
    let month = MONTHS.iter().position(|month| is_name(month))?;
    Some((Part::Month(month as i64 + 1), rest))
}

fn after_separator(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(['-', '/', '.', ',', ' '])?;
    Some(rest.trim_start_matches(' '))
}

/// The seconds since midnight of a time of the day alone.
fn time_of_day(text: &str) -> Option<f64> {
    let (hour, rest) = text.split_once(':')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let minute = rest.get(..2)?;
    let is_time = (1..=2).contains(&hour.len()) && is_number(hour) && is_number(minute);
    is_time.then(|| time(&format!(" {text}")))?
}

/// Seconds since midnight, in universal time where an offset is given; 0 of an empty text.
fn time(text: &str) -> Option<f64> {
    if text.is_empty() {
        return Some(0.0);
    }
    let text = text.strip_prefix(['T', 't', ' '])?.trim();
    let (text, offset) = without_offset(text)?;
    let lower = text.to_ascii_lowercase();
    let (text, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(text), _) => (text.trim_end(), Some(0)),
        (_, Some(text)) => (text.trim_end(), Some(12)),
        _ => (lower.as_str(), None),
    };
    let mut parts = text.split(':');
    let two = |text: Option<&str>| -> Option<i64> {
        let text = text?;
        let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_number)
    };
    let hour = two(parts.next())?;
    let minute = two(parts.next())?;
    let second = match parts.next() {
        None => 0.0,
        Some(text) if text.starts_with(|c: char| c.is_ascii_digit()) => text.parse::<f64>().ok()?,
        Some(_) => return None,
    };
    let hour = match half {
        None => Some(hour).filter(|hour| *hour < 24),
        Some(half) => Some(hour % 12 + half).filter(|_| (1..=12).contains(&hour)),
    }?;
    let is_valid = parts.next().is_none() && minute < 60 && (0.0..61.0).contains(&second);
    is_valid.then_some((hour * 3600 + minute * 60) as f64 + second - offset)
}

/// A time without its offset from universal time, and the offset in seconds.
fn without_offset(text: &str) -> Option<(&str, f64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0.0));
    }
    for name in ["UTC", "GMT"] {
        if let Some(time) = text.strip_suffix(name) {
            return Some((time.trim_end(), 0.0));
        }
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, 0.0));
    };
    let digits: String = text[at + 1..].chars().filter(|c| *c != ':').collect();
    let is_offset = [2, 4].contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = digits.parse().ok().filter(|_| is_offset)?;
    let (hours, minutes) = if digits.len() == 2 {
        (number, 0)
    } else {
        (number / 100, number % 100)
    };
    let seconds = (hours * 3600 + minutes * 60) as f64;
    let seconds = if text[at..].starts_with('-') {
        -seconds
    } else {
        seconds
    };
    Some((text[..at].trim_end(), seconds))
}

impl DateOrder {
    /// The order of all these cells, which are trimmed and not missing.
    ///
    /// # Errors
    /// A cell is no date, or nothing shows whether day or month comes first.
    pub fn of<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> Result<DateOrder, NoDateOrder> {
        let mut order = None;
        let mut unclear = None;
        if cells.clone().next().is_some() && cells.clone().all(|text| time_of_day(text).is_some()) {
            return Ok(DateOrder::TimeOfDay);
        }
        for text in cells.clone() {
            let word = || NoDateOrder::Word(text.to_owned());
            match Cell::of(text).ok_or_else(word)?.order() {
                Ok(found) if order.is_some_and(|order| order != found) => return Err(word()),
                Ok(found) => order = Some(found),
                Err(true) => unclear = Some(text),
                Err(false) => return Err(word()),
            }
        }
        let Some(order) = order else {
            return Err(match unclear {
                Some(text) => NoDateOrder::Unclear(text.to_owned()),
                None => NoDateOrder::Word(String::new()),
            });
        };
        let mut cells = cells;
        match cells.find(|cell| order.seconds(cell).is_none()) {
            Some(wrong) => Err(NoDateOrder::Word(wrong.to_owned())),
            None => Ok(order),
        }
    }

    /// The order of cells that are whole numbers, where they are said to be dates: digits such as 20230131 if all are, otherwise
    /// the time since 1970 in the unit that fits their size. `None` if one is no whole number.
    pub fn of_numbers<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> Option<DateOrder> {
        let numbers = cells.clone().map(|cell| Some(whole_number(cell)?.unsigned_abs()));
        let largest = numbers.collect::<Option<Vec<u128>>>()?.into_iter().max()?;
        let mut all = cells;
        if all.all(|cell| DateOrder::Digits.seconds(cell).is_some()) {
            return Some(DateOrder::Digits);
        }
        // 10^11 seconds are in the year 5138, so many milliseconds in 1973.
        Some(DateOrder::SinceEpoch(match largest.checked_ilog10() {
            None | Some(..11) => 1,
            Some(11..14) => 1_000,
            Some(14..17) => 1_000_000,
            Some(_) => 1_000_000_000,
        }))
    }

    /// A date in this order, for messages.
    pub fn example(self) -> &'static str {
        match self {
            DateOrder::YearMonthDay => "2023-01-31",
            DateOrder::DayMonthYear => "31/01/2023",
            DateOrder::MonthDayYear => "01/31/2023",
            DateOrder::TimeOfDay => "18:30",
            DateOrder::Digits => "20230131",
            DateOrder::SinceEpoch(1) => "1675123200, in seconds since 1970",
            DateOrder::SinceEpoch(1_000) => "1675123200000, in milliseconds since 1970",
            DateOrder::SinceEpoch(1_000_000) => "1675123200000000, in microseconds since 1970",
            DateOrder::SinceEpoch(_) => "1675123200000000000, in nanoseconds since 1970",
        }
    }

    /// Whether a trimmed cell is a date in some order.
    pub(crate) fn is_date(text: &str) -> bool {
        time_of_day(text).is_some() || Cell::of(text).is_some_and(|cell| !matches!(cell.order(), Err(false)))
    }

    /// Seconds since 1970-01-01 00:00 of a date in this order.
    pub fn seconds(self, text: &str) -> Option<f64> {
        match self {
            DateOrder::TimeOfDay => return time_of_day(text),
            DateOrder::SinceEpoch(parts) => {
                let (number, parts) = (whole_number(text)?, i128::from(parts));
                let (seconds, rest) = (number.div_euclid(parts), number.rem_euclid(parts));
                // Years that have four digits.
                let is_near = (-62_167_219_200..253_402_300_800).contains(&seconds);
                return is_near.then_some(seconds as f64 + rest as f64 / parts as f64);
            }
            DateOrder::Digits => {
                let number = whole_number(text).filter(|_| text.len() == 8)?;
                let [year, month, day] = [number / 10_000, number / 100 % 100, number % 100];
                let date = CivilDate {
                    year: year as i64,
                    month: month as i64,
                    day: day as i64,
                };
                return date.is_valid().then(|| date.days() as f64 * 86_400.0);
            }
            DateOrder::YearMonthDay | DateOrder::DayMonthYear | DateOrder::MonthDayYear => {}
        }
        let cell = Cell::of(text)?;
        Some(cell.date(self)?.days() as f64 * 86_400.0 + cell.seconds)
    }
}

#[cfg(test)]
mod tests;

//! The numbers that vendors give their builds.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::Serialize;

/// More parts than any vendor's serial has.
const MAX_PARTS: usize = 8;
/// More digits than any vendor's number has; they fit into 64 bits.
const MAX_DIGITS: usize = 12;

/// A vendor's name for a build, numbers with dots or dashes between them: `20260725.1` (Ubuntu),
/// `10.13.0` or `10.1.5-20191015` (Debian), `4593.2.5` (Flatcar), `2211` (CentOS 7).
///
/// Serials are ordered by their numbers from left to right, as the vendors order them. Only those
/// of one channel can be compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Serial {
    text: String,
    numbers: Vec<u64>,
}

impl Serial {
    /// As the vendor writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its day, if one of its numbers is a date such as `20260725`, UTC.
    ///
    /// Numbers that are no dates are skipped: a Flatcar version such as `4593.2.5` has none.
    #[must_use]
    pub fn date(&self) -> Option<Date> {
        self.text.split(['.', '-']).find_map(plain_date)
    }
}

impl From<Date> for Serial {
    /// The serial of a build that only its day distinguishes from others: `20260725`.
    fn from(date: Date) -> Self {
        let number = u64::from(date.year().unsigned_abs()) * 10_000
            + u64::from(date.month().unsigned_abs()) * 100
            + u64::from(date.day().unsigned_abs());
        Self {
            text: format!("{number:08}"),
            numbers: vec![number],
        }
    }
}

/// `20260725` as a day, if it is in the era of cloud images.
fn plain_date(part: &str) -> Option<Date> {
    if part.len() != 8 || !part.starts_with("20") || !part.is_ascii() {
        return None;
    }
    let (year, month_and_day) = part.split_at(4);
    let (month, day) = month_and_day.split_at(2);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Not a serial such as `20260725.1`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a build's serial: numbers with `.` or `-` between them, such as `20260725.1`"
)]
pub struct ParseSerialError(String);

impl FromStr for Serial {
    type Err = ParseSerialError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Option<Vec<_>> = text.split(['.', '-']).map(number).collect();
        match numbers {
            Some(numbers) if numbers.len() <= MAX_PARTS => Ok(Self {
                text: text.to_owned(),
                numbers,
            }),
            _ => Err(ParseSerialError(text.chars().take(80).collect())),
        }
    }
}

/// Without leading zeros: another spelling of the same build would be another build.
fn number(part: &str) -> Option<u64> {
    let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let padded = part.len() > 1 && part.starts_with('0');
    if !digits || padded || part.len() > MAX_DIGITS {
        return None;
    }
    part.parse().ok()
}

impl PartialOrd for Serial {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Serial {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_number = self.numbers.cmp(&other.numbers);
        by_number.then_with(|| self.text.cmp(&other.text))
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Serial {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn serial(text: &str) -> Serial {
        text.parse().unwrap()
    }

    #[test]
    fn serials_are_ordered_by_number_and_not_by_letter() {
        for (older, newer) in [
            ("20260725.9", "20260725.10"),
            ("20260725", "20260725.1"),
            ("20260725.3", "20260801"),
            ("10.9.0", "10.13.0"),
            ("10.1.5", "10.1.5-20191015"),
            ("9.8-20260525.0", "9.8-20260525.1"),
            ("44-1.7", "44-1.14"),
            ("1503", "2211"),
        ] {
            assert!(serial(older) < serial(newer), "{older} {newer}");
        }
    }

    #[test]
    fn the_day_is_found_wherever_it_stands() {
        for (text, day) in [
            ("20260725.1", Some(date(2026, 7, 25))),
            ("10.1.5-20191015", Some(date(2019, 10, 15))),
            ("9.8-20260525.0", Some(date(2026, 5, 25))),
            ("20260230", None),
            ("99999999", None),
            ("4593.2.5", None),
        ] {
            assert_eq!(serial(text).date(), day, "{text}");
        }
        assert_eq!(Serial::from(date(2026, 7, 5)), serial("20260705"));
    }

    #[test]
    fn what_has_other_parts_than_numbers_is_no_serial() {
        for text in [
            "current",
            "20260725.",
            "20260725.01",
            "20260725_1",
            "+0260725",
            "1234567890123",
            "1.2.3.4.5.6.7.8.9",
            "..",
            "",
        ] {
            assert!(text.parse::<Serial>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_written_as_it_was_read(text in "[0-9.-]{0,20}|.{0,12}") {
            if let Ok(serial) = text.parse::<Serial>() {
                prop_assert_eq!(serial.to_string(), text);
                let _ = serial.date();
            }
        }

        #[test]
        fn equal_means_neither_before_nor_after(a in "[0-9]{1,2}([.-][0-9]{1,2}){0,2}", b in "[0-9]{1,2}([.-][0-9]{1,2}){0,2}") {
            if let (Ok(a), Ok(b)) = (a.parse::<Serial>(), b.parse::<Serial>()) {
                prop_assert_eq!(a == b, a.cmp(&b) == Ordering::Equal);
            }
        }
    }
}

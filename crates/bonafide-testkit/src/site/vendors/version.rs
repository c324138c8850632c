//! The names of builds: which is newer, and from when they are.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::site::SiteError;

/// The numbers in a version, in order. Comparing these tells which of two builds is newer: `9.10`
/// comes after `9.9`.
pub(crate) fn numbers(version: &str) -> Vec<u64> {
    version
        .split(|character: char| !character.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

/// 18:00 UTC of the day in a version, which is written in eight digits.
pub(crate) fn evening(version: &str) -> Option<Timestamp> {
    version
        .split(|character: char| !character.is_ascii_digit())
        .filter(|digits| digits.len() == 8)
        .find_map(|digits| evening_of(Date::strptime("%Y%m%d", digits).ok()?))
}

/// 18:00 UTC of a day.
pub(crate) fn evening_of(day: Date) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(day.at(18, 0, 0, 0)).ok()
}

/// Refuses what does not look like one of the examples. Any number stands for any other, and any
/// word in lower case for any other.
pub(crate) fn expect_like(
    version: &str,
    examples: &'static [&'static str],
) -> Result<(), SiteError> {
    let shape = shape(version);
    if examples.iter().any(|example| self::shape(example) == shape) {
        return Ok(());
    }
    Err(SiteError::Version {
        version: version.to_owned(),
        example: examples.first().copied().unwrap_or_default(),
    })
}

/// `0` for a number, `a` for a word, and what stands between them.
fn shape(version: &str) -> String {
    let mut shape = String::new();
    for character in version.chars() {
        let kind = match character {
            '0'..='9' => '0',
            'a'..='z' => 'a',
            other => other,
        };
        if !(kind.is_ascii_alphanumeric() && shape.ends_with(kind)) {
            shape.push(kind);
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("9.10-20270101") > numbers("9.9-20270601"));
        assert!(numbers("20260714.10") > numbers("20260714.9"));
        assert!(numbers("10.13.0") > numbers("10.1.5-20191015"));
        assert_eq!(numbers("1804_02"), [1804, 2]);
    }

    #[test]
    fn a_version_may_tell_its_day() {
        let told = evening("9.8-20260525.0").unwrap();
        assert_eq!(told.to_string(), "2026-05-25T18:00:00Z");
        for none in ["10.13.0", "20261301", "123456789", ""] {
            assert_eq!(evening(none), None, "{none}");
        }
    }

    #[test]
    fn only_what_looks_like_the_examples_is_taken() {
        let examples = &["10.13.0", "10.1.5-20191015"];
        for good in ["9.0.1", "12.1.4-20260101"] {
            expect_like(good, examples).unwrap();
        }
        for bad in ["", "10", "10.13.0/", "10..0", "../10.0.0", "buster"] {
            let error = expect_like(bad, examples).unwrap_err();
            let SiteError::Version { version, example } = error else {
                panic!("{error}");
            };
            assert_eq!((version.as_str(), example), (bad, "10.13.0"));
        }
        expect_like("trixie", &["bookworm"]).unwrap();
        assert!(expect_like("Trixie", &["bookworm"]).is_err());
    }
}

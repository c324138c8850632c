//! What the operator promises about an image's life (SCS-0102).

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use jiff::civil::Date;

use crate::InvalidValue;

/// Until when the image is kept up to date under its name: `provided_until`.
///
/// ```
/// use bonafide_properties::ProvidedUntil;
///
/// assert_eq!("notice".parse(), Ok(ProvidedUntil::Notice));
/// assert!("forever".parse::<ProvidedUntil>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProvidedUntil {
    /// Until this day, UTC.
    Date(Date),
    /// No promise.
    None,
    /// Until further notice.
    Notice,
}

impl fmt::Display for ProvidedUntil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => date.fmt(f),
            Self::None => f.write_str("none"),
            Self::Notice => f.write_str("notice"),
        }
    }
}

impl FromStr for ProvidedUntil {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "none" => Ok(Self::None),
            "notice" => Ok(Self::Notice),
            _ => plain_date(text).map(Self::Date).ok_or_else(|| {
                InvalidValue::new(
                    "provided_until",
                    text,
                    "a date `YYYY-MM-DD`, `none` or `notice`",
                )
            }),
        }
    }
}

/// How long a replaced image can still be used by its id: `uuid_validity`.
///
/// [`UuidValidity::allows_removal`] interprets it.
///
/// ```
/// use bonafide_properties::{ProvidedUntil, UuidValidity};
///
/// let validity: UuidValidity = "last-3".parse()?;
/// let today = "2026-11-23".parse().unwrap(); // a `jiff::civil::Date`
/// assert!(!validity.allows_removal(3, ProvidedUntil::Notice, today));
/// assert!(validity.allows_removal(4, ProvidedUntil::Notice, today));
/// # Ok::<(), bonafide_properties::InvalidValue>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UuidValidity {
    /// Until this day, UTC.
    Date(Date),
    /// Permanently.
    Forever,
    /// As long as it is among the last N images.
    Last(NonZeroU32),
    /// No promise.
    None,
    /// Until further notice.
    Notice,
}

impl UuidValidity {
    /// Whether an old image may be deleted today, UTC, when there are `newer` images of its kind
    /// that are newer (including the current one). `last-N` keeps N old ones beside the current
    /// one, which satisfies both readings of the standard, and ends with `provided_until`. The
    /// newest image is never old.
    #[must_use]
    pub fn allows_removal(self, newer: u32, provided_until: ProvidedUntil, today: Date) -> bool {
        let ended = matches!(provided_until, ProvidedUntil::Date(until) if until < today);
        newer > 0
            && match self {
                Self::Date(until) => until < today,
                Self::Forever | Self::Notice => false,
                Self::Last(count) => newer > count.get() || ended,
                Self::None => true,
            }
    }
}

impl fmt::Display for UuidValidity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => date.fmt(f),
            Self::Forever => f.write_str("forever"),
            Self::Last(count) => write!(f, "last-{count}"),
            Self::None => f.write_str("none"),
            Self::Notice => f.write_str("notice"),
        }
    }
}

impl FromStr for UuidValidity {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let parsed = match text {
            "forever" => Some(Self::Forever),
            "none" => Some(Self::None),
            "notice" => Some(Self::Notice),
            _ => match text.strip_prefix("last-") {
                Some(count) if count.starts_with(|c: char| matches!(c, '1'..='9')) => {
                    count.parse().ok().map(Self::Last)
                }
                Some(_) => None,
                None => plain_date(text).map(Self::Date),
            },
        };
        parsed.ok_or_else(|| {
            let expected =
                "`last-N` with N of 1 or more, a date `YYYY-MM-DD`, `none`, `notice` or `forever`";
            InvalidValue::new("uuid_validity", text, expected)
        })
    }
}

/// Exactly `YYYY-MM-DD`; jiff alone would also accept other forms of ISO 8601.
pub(crate) fn plain_date(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok()?;
    (date.to_string() == text).then_some(date)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_grammars_are_read_and_written_alike() {
        for text in ["2029-05-31", "none", "notice"] {
            assert_eq!(text.parse::<ProvidedUntil>().unwrap().to_string(), text);
        }
        for text in [
            "2029-05-31",
            "none",
            "notice",
            "forever",
            "last-1",
            "last-12",
        ] {
            assert_eq!(text.parse::<UuidValidity>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_the_standard_does_not_have_is_refused() {
        for text in [
            "forever",
            "last-3",
            "2029-02-30",
            "20290531",
            "2029-5-31",
            "None",
            "",
        ] {
            assert!(text.parse::<ProvidedUntil>().is_err(), "{text}");
        }
        for text in [
            "last-",
            "last-0",
            "last-03",
            "last-+3",
            "last--3",
            "LAST-3",
            "31.12.2027",
            "2027-12-31T00:00",
            "",
        ] {
            assert!(text.parse::<UuidValidity>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_written_as_it_was_read(
            text in "[a-z0-9-]{0,12}|last-[0-9]{1,12}|[0-9]{4}-[0-9]{2}-[0-9]{2}|.{0,20}",
        ) {
            if let Ok(until) = text.parse::<ProvidedUntil>() {
                prop_assert_eq!(until.to_string(), text.clone());
            }
            if let Ok(validity) = text.parse::<UuidValidity>() {
                prop_assert_eq!(validity.to_string(), text);
            }
        }
    }
}

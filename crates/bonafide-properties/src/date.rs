//! `image_build_date`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};

use crate::InvalidValue;
use crate::promise::plain_date;

/// When an image was built or, if that is earlier, until when it is patched; UTC.
///
/// SCS-0102 allows a day, a minute or a second, without a time zone.
///
/// ```
/// use bonafide_properties::BuildDate;
///
/// let date: BuildDate = "2026-11-10 13:45".parse()?;
/// assert_eq!(date.day().to_string(), "2026-11-10");
/// assert!("2026-11-10T13:45:00Z".parse::<BuildDate>().is_err());
/// # Ok::<(), bonafide_properties::InvalidValue>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuildDate {
    /// `2026-11-10`.
    Day(Date),
    /// `2026-11-10 13:45`.
    Minute(DateTime),
    /// `2026-11-10 13:45:30`.
    Second(DateTime),
}

impl BuildDate {
    /// The earliest time that it may mean.
    ///
    /// For a day, that is its midnight; for a minute, its first second.
    #[must_use]
    pub fn start(self) -> DateTime {
        match self {
            Self::Day(day) => day.to_datetime(jiff::civil::Time::midnight()),
            Self::Minute(at) | Self::Second(at) => at,
        }
    }

    /// Its day.
    #[must_use]
    pub fn day(self) -> Date {
        self.start().date()
    }
}

impl fmt::Display for BuildDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Minute(at) => write!(f, "{}", at.strftime("%Y-%m-%d %H:%M")),
            Self::Second(at) => write!(f, "{}", at.strftime("%Y-%m-%d %H:%M:%S")),
        }
    }
}

impl FromStr for BuildDate {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let read = |format| DateTime::strptime(format, text).ok();
        let date = match text.len() {
            10 => plain_date(text).map(Self::Day),
            16 => read("%Y-%m-%d %H:%M").map(Self::Minute),
            _ => read("%Y-%m-%d %H:%M:%S").map(Self::Second),
        };
        let expected = "a day `YYYY-MM-DD`, or with ` hh:mm` or ` hh:mm:ss`, in UTC";
        date.filter(|date| date.to_string() == text)
            .ok_or_else(|| InvalidValue::new("image_build_date", text, expected))
    }
}

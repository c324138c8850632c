//! What a vendor published.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::Serialize;
use url::Url;

/// What a channel offers, in the vendor's words; the same for each of its builds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Product {
    /// The channel's short name, for example `ubuntu-24.04`; unique among all sources.
    pub channel: String,
    /// The vendor's short name, which is also that of its keyring: `ubuntu`.
    pub vendor: &'static str,
    /// The distribution as a title: `Ubuntu`.
    pub title: &'static str,
    /// Glance's `os_distro`: `ubuntu`.
    pub distribution: &'static str,
    /// Glance's `os_version`: `24.04`.
    pub version: &'static str,
    /// The vendor's code name, if it has one: `noble`.
    pub codename: Option<&'static str>,
    /// Glance's `architecture`: `x86_64`.
    pub architecture: &'static str,
    /// The login name that the image comes with.
    pub default_user: &'static str,
    /// The page where the vendor describes the channel.
    pub page: Url,
    /// Until when the vendor maintains it without a contract, UTC.
    pub maintained_until: Date,
}

/// One build: everything in one dated directory, found once and never asked for again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Release {
    /// The channel that it belongs to.
    pub channel: String,
    /// Its date and count.
    pub serial: Serial,
    /// The dated directory, with a slash at its end.
    pub directory: Url,
    /// The list of checksums.
    pub list: Url,
    /// Where the list's signature is.
    pub signature: SignatureLocation,
}

/// Where the signature of a list is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignatureLocation {
    /// In a file of its own.
    Detached(Url),
}

/// The image file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImageFile {
    /// Its name in the signed list.
    pub name: String,
    /// Where it is: the dated URL at the vendor's.
    pub url: Url,
}

/// The date of a build and, if there were several on one day, which one: `20260725.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial {
    date: Date,
    respin: u32,
}

impl Serial {
    /// The date of the build, UTC.
    #[must_use]
    pub const fn date(&self) -> Date {
        self.date
    }
}

/// Not a serial such as `20260725` or `20260725.1`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a build serial such as `20260725` or `20260725.1`")]
pub struct ParseSerialError(String);

impl FromStr for Serial {
    type Err = ParseSerialError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_serial(text).ok_or_else(|| ParseSerialError(text.to_owned()))
    }
}

fn parse_serial(text: &str) -> Option<Serial> {
    let (date, respin) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if date.len() != 8 || !digits(date) || !digits(respin) || respin.len() > 6 {
        return None;
    }
    // A second spelling of the same build would be a second build.
    if respin != "0" && respin.starts_with('0') || text.ends_with(".0") {
        return None;
    }
    let (year, month_and_day) = date.split_at(4);
    let (month, day) = month_and_day.split_at(2);
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some(Serial {
        date,
        respin: respin.parse().ok()?,
    })
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = (self.date.year(), self.date.month(), self.date.day());
        write!(f, "{year:04}{month:02}{day:02}")?;
        match self.respin {
            0 => Ok(()),
            respin => write!(f, ".{respin}"),
        }
    }
}

impl Serialize for Serial {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn serials_are_ordered_by_number_and_not_by_letter() {
        let serial = |text: &str| text.parse::<Serial>().unwrap();
        assert!(serial("20260725.10") > serial("20260725.9"));
        assert!(serial("20260725.1") > serial("20260725"));
        assert!(serial("20260801") > serial("20260725.3"));
        assert_eq!(serial("20260725.12").to_string(), "20260725.12");
    }

    #[test]
    fn what_is_no_real_date_is_no_serial() {
        for text in [
            "20260230",
            "99999999",
            "2026072",
            "current",
            "20260725.",
            "20260725.0",
            "20260725.01",
            "20260725-1",
            "+0260725",
            "",
        ] {
            assert!(text.parse::<Serial>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_written_as_it_was_read(text in "[0-9]{8}(\\.[0-9]{0,7})?|.{0,12}") {
            if let Ok(serial) = text.parse::<Serial>() {
                prop_assert_eq!(serial.to_string(), text);
            }
        }
    }
}

//! Where an image comes from.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::InvalidValue;

/// The schemes that the public conformance test accepts.
const SCHEMES: [&str; 4] = ["ftp", "ftps", "http", "https"];

/// `image_source` (SCS-0102): the vendor's own URL, even if the bytes came from a mirror.
///
/// ```
/// use bonafide_properties::ImageSource;
///
/// assert_eq!("private".parse(), Ok(ImageSource::Private));
/// assert!("file:///x.img".parse::<ImageSource>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ImageSource {
    /// Not published anywhere.
    Private,
    /// The vendor's URL.
    Url(Url),
}

impl ImageSource {
    /// The first eight digits in the URL's path that are a date: the vendor's day of the build.
    pub(crate) fn day(&self) -> Option<jiff::civil::Date> {
        let Self::Url(url) = self else { return None };
        let digits = url.path().split(|c: char| !c.is_ascii_digit());
        let days = digits.filter(|digits| digits.len() == 8);
        let mut days = days.filter_map(|digits| jiff::civil::Date::strptime("%Y%m%d", digits).ok());
        days.find(|day| (2000..2100).contains(&day.year()))
    }
}

impl fmt::Display for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private => f.write_str("private"),
            Self::Url(url) => url.fmt(f),
        }
    }
}

impl FromStr for ImageSource {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if text == "private" {
            return Ok(Self::Private);
        }
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        match Url::parse(text) {
            Ok(url) if scheme.is_some_and(|s| SCHEMES.contains(&s)) && url.has_host() => {
                Ok(Self::Url(url))
            }
            _ => Err(InvalidValue::new(
                "image_source",
                text,
                "a URL of http(s) or ftp(s) with a host, in lower case, or `private`",
            )),
        }
    }
}

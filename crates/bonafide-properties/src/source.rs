//! Where an image comes from.

use std::fmt;

use url::Url;

/// `image_source` (SCS-0102): the vendor's own URL, even if the bytes came from a mirror.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ImageSource {
    /// Not published anywhere.
    Private,
    /// The URL at the vendor's.
    Url(Url),
}

impl fmt::Display for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private => f.write_str("private"),
            Self::Url(url) => url.fmt(f),
        }
    }
}

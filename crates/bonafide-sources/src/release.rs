//! A published build.

use jiff::civil::Date;
use serde::Serialize;
use url::Url;

use crate::{Product, Serial};

/// Where a build is described: a list of checksums, its signature, and other files to verify.
///
/// Its URLs are resolved once and never requested again through an alias that moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Release {
    /// The channel.
    pub channel: String,
    /// The build in the name of the directory or the list. `None` if one list has all builds: then
    /// the signed names have it.
    pub serial: Option<Serial>,
    /// The directory of the list, with a slash at its end.
    pub directory: Url,
    /// The list of checksums.
    pub list: Url,
    /// The form of the list, once it is verified.
    pub format: ListFormat,
    /// Where the list's signature is.
    pub signature: SignatureLocation,
    /// The file to which the list belongs, if the list may be a bare digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side_car_of: Option<String>,
    /// Another signed file, which names the build if the list does not.
    pub stamp: Option<VersionFile>,
}

impl Release {
    pub(crate) const fn new(
        channel: String,
        directory: Url,
        list: Url,
        signature: SignatureLocation,
    ) -> Self {
        Self {
            channel,
            serial: None,
            directory,
            list,
            format: ListFormat::Checksums,
            signature,
            side_car_of: None,
            stamp: None,
        }
    }

    pub(crate) fn serial(mut self, serial: Serial) -> Self {
        self.serial = Some(serial);
        self
    }

    pub(crate) const fn format(mut self, format: ListFormat) -> Self {
        self.format = format;
        self
    }

    pub(crate) fn stamp(mut self, stamp: VersionFile) -> Self {
        self.stamp = Some(stamp);
        self
    }
}

/// The form of a signed list.
///
/// A list in another form than this is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ListFormat {
    /// Any of these forms, or one bare digest.
    AnyForm,
    /// Lines with digests and names.
    Checksums,
    /// Ubuntu's JSON index `products:1.0`, whose names are paths.
    Simplestreams,
}

/// Where the signature of a list is.
///
/// The list is not verified yet: its text must not be used before its signature is valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignatureLocation {
    /// In one of several places: all are looked at, in this order, and the first valid signature
    /// decides which list is read. For vendors that have changed how they sign, or that do not sign
    /// yet and may begin to.
    AnyOf(Vec<SignedList>),
    /// Around the list, in the same file: only the text inside is signed.
    ClearSigned,
    /// In a file of its own.
    Detached(Url),
}

/// A list, and a place where a detached signature over it may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SignedList {
    /// The list.
    pub list: Url,
    /// Its signature.
    pub signature: Url,
}

impl SignedList {
    /// A list with a place where its signature may be.
    #[must_use]
    pub const fn new(list: Url, signature: Url) -> Self {
        Self { list, signature }
    }
}

/// A small signed file beside the list.
///
/// Flatcar's `version.txt` is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VersionFile {
    /// The file.
    pub url: Url,
    /// Its detached signature.
    pub signature: Url,
}

/// The verified contents of a release: names and texts that a pinned key signed.
///
/// Make one only from a verified list: a source trusts these names.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct VerifiedNames<'a> {
    /// The names in the signed list.
    pub names: &'a [&'a str],
    /// The text of the release's [`VersionFile`], if it has one.
    pub stamp: Option<&'a str>,
}

impl<'a> VerifiedNames<'a> {
    /// The names of a signed list.
    #[must_use]
    pub const fn names(names: &'a [&'a str]) -> Self {
        Self { names, stamp: None }
    }

    /// With the text of a signed version file.
    #[must_use]
    pub const fn stamp(mut self, text: &'a str) -> Self {
        self.stamp = Some(text);
        self
    }
}

/// The image file of a release.
///
/// [`Source::select`](crate::Source::select) returns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ImageFile {
    /// Its name in the signed list.
    pub name: String,
    /// Its URL at the vendor, which names the build.
    pub url: Url,
    /// Another URL of the vendor for the same bytes, for when `url` fails: at the host that does
    /// not redirect to mirrors.
    pub also_at: Option<Url>,
    /// The build. `None`: only the time of the signature distinguishes it from others.
    pub serial: Option<Serial>,
    /// When it was built, UTC. `None`: the vendor does not say; the day of the signature is used.
    pub build_date: Option<Date>,
    /// Glance's `os_version`, if each build has its own.
    pub version: Option<String>,
    /// A detached signature over the image itself, which must be valid **as well as** that of the
    /// list.
    pub signature: Option<Url>,
}

impl ImageFile {
    /// With the vendor's other host.
    pub(crate) fn also_at(mut self, product: &Product) -> Self {
        self.also_at = product.stable_url(&self.url);
        self
    }

    /// An image whose serial may contain its day.
    pub(crate) fn new(name: impl Into<String>, url: Url, serial: Serial) -> Self {
        Self {
            name: name.into(),
            url,
            also_at: None,
            build_date: serial.date(),
            serial: Some(serial),
            version: None,
            signature: None,
        }
    }
}

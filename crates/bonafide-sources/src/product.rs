//! What a channel offers, whatever its newest build is.

use jiff::civil::Date;
use serde::Serialize;
use url::Url;

/// What a channel offers, in the vendor's words; the same for each of its builds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Product {
    /// The channel's short name, for example `ubuntu-24.04`; unique among all sources.
    pub channel: String,
    /// The vendor's short name: `ubuntu`. A key counts for its own vendor only.
    pub vendor: String,
    /// The name of the keys that sign this channel. Vendors with a key for each release have
    /// several: `fedora-44`.
    pub keyring: String,
    /// Whether the vendor signs what it publishes, as far as is known.
    pub signing: Signing,
    /// The distribution as a title: `Ubuntu`.
    pub title: String,
    /// Glance's `os_distro`: `ubuntu`.
    pub distribution: String,
    /// The version as in the image's name and, unless [`ImageFile::version`] says more, Glance's
    /// `os_version`: `24.04`.
    ///
    /// [`ImageFile::version`]: crate::ImageFile::version
    pub version: String,
    /// The vendor's code name, if it has one: `noble`.
    pub codename: Option<String>,
    /// Glance's `architecture`: `x86_64`.
    pub architecture: String,
    /// The login name that the image comes with.
    pub default_user: String,
    /// The page where the vendor describes the channel or lists its files.
    pub page: Url,
    /// The vendor's own hosts: everything of this channel is below one of them.
    pub hosts: Vec<String>,
    /// Until when the vendor maintains it without a contract, UTC; `None` if it does not say.
    pub maintained_until: Option<Date>,
}

/// Whether a vendor signs what it publishes.
///
/// The signature is looked for in either case, and only what is signed by a pinned key counts. This
/// only tells a refusal that is expected from one that somebody should look into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// The vendor signs; a missing signature is an alarm.
    Signed,
    /// The vendor signs nothing today, so every build is refused until it does.
    Unsigned,
}

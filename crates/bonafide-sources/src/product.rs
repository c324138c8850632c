//! What a channel offers, independent of its newest build.

use jiff::civil::Date;
use serde::Serialize;
use url::Url;

use crate::urls::at;

/// What a channel offers, by the vendor's names; the same for each of its builds.
///
/// [`Source::product`](crate::Source::product) returns it.
///
/// ```
/// use bonafide_sources::{Rocky, Source};
///
/// let rocky = Rocky::new("10")?;
/// let product = rocky.product();
/// assert_eq!((&*product.channel, &*product.keyring), ("rocky-10", "rocky-10"));
/// # Ok::<(), bonafide_sources::SourceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Product {
    /// The channel's short name, for example `ubuntu-24.04`; unique among all sources.
    pub channel: String,
    /// The vendor's short name: `ubuntu`. A key is valid for its own vendor only.
    pub vendor: String,
    /// The name of the keyring for this channel. Vendors with a key for each release have several:
    /// `fedora-44`.
    pub keyring: String,
    /// Whether the vendor is known to sign its lists.
    pub signing: Signing,
    /// The distribution as a title: `Ubuntu`.
    pub title: String,
    /// Glance's `os_distro`: `ubuntu`.
    pub distribution: String,
    /// The version as in the image's name and, unless [`ImageFile::version`] differs, Glance's
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
    /// For a vendor whose first host redirects to mirrors: the host with the same paths that does
    /// not. It is asked if a mirror lacks a file or has a wrong one.
    pub stable_host: Option<String>,
    /// Until when the vendor maintains it without a contract, UTC; `None` if it does not say.
    pub maintained_until: Option<Date>,
}

impl Product {
    /// The values that most vendors share: one key, signed lists, names that follow from the
    /// vendor's name.
    pub(crate) fn usual(vendor: &str, title: &str, version: &str, host: &str, path: &str) -> Self {
        Self {
            channel: format!("{vendor}-{version}"),
            vendor: vendor.to_owned(),
            keyring: vendor.to_owned(),
            signing: Signing::Signed,
            title: title.to_owned(),
            distribution: vendor.to_owned(),
            version: version.to_owned(),
            codename: None,
            architecture: "x86_64".to_owned(),
            default_user: vendor.to_owned(),
            page: at(host, path),
            hosts: vec![host.to_owned()],
            stable_host: None,
            maintained_until: None,
        }
    }

    /// The same file at the vendor's own host, if `url` is at a host that redirects to mirrors.
    #[must_use]
    pub fn stable_url(&self, url: &Url) -> Option<Url> {
        let stable = self.stable_host.as_deref()?;
        let mut moved = url.clone();
        let own = url
            .host_str()
            .is_some_and(|host| self.hosts.iter().any(|own| own == host));
        let other = url.host_str() != Some(stable);
        (own && other && moved.set_host(Some(stable)).is_ok()).then_some(moved)
    }
}

/// Whether a vendor is known to sign its lists.
///
/// The signature is looked for in either case, and only one by a pinned key is valid. This decides
/// only whether a missing signature is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signing {
    /// The vendor signs, or has signed before; a missing signature is a failure.
    Signed,
    /// No signature of this vendor was ever found in any of the known places.
    Unsigned,
}

//! Which services and which of their addresses there are.

use std::fmt;

use url::Url;

/// A service of a cloud, by its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    BlockStorage,
    Compute,
    Image,
}

impl Service {
    pub(crate) const ALL: [Self; 3] = [Self::BlockStorage, Self::Compute, Self::Image];

    /// The official type, then the older names that catalogs still have for it.
    pub(crate) fn types(self) -> &'static [&'static str] {
        match self {
            Self::BlockStorage => &["block-storage", "volumev3", "volume"],
            Self::Compute => &["compute"],
            Self::Image => &["image"],
        }
    }

    /// The prefixes of its settings in `clouds.yaml`: the official type, then older names.
    pub(crate) fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::BlockStorage => &[
                "block_storage",
                "volumev3",
                "volumev2",
                "volume",
                "block_store",
            ],
            Self::Compute => &["compute"],
            Self::Image => &["image"],
        }
    }

    /// The supported version of its API.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::BlockStorage => "3",
            Self::Compute | Self::Image => "2",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BlockStorage => "block-storage",
            Self::Compute => "compute",
            Self::Image => "image",
        }
    }
}

/// Which of a service's URLs is used (Keystone v3 defines exactly these).
///
/// In `clouds.yaml` also with `URL` at the end, as `publicURL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// For administrators.
    Admin,
    /// For services inside the cloud.
    Internal,
    /// For all users; the default.
    Public,
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Admin => "admin",
            Self::Internal => "internal",
            Self::Public => "public",
        })
    }
}

/// The URL of a service, which must not contain a password.
pub(crate) fn service_url(text: &str) -> Result<Url, &'static str> {
    let Ok(mut url) = Url::parse(text) else {
        return Err("not a URL; write http:// or https:// and the host");
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("not a web URL; write http:// or https:// and the host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL with a user or password in it is not used");
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}
